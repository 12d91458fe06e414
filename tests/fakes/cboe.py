"""Cboe's delayed quotes, as public tools that read them describe the files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from domain.symbols.spelling import Dialect, spelled
from market_app.capabilities import Capability
from tests.fakes import market
from tests.fakes.faults import Row
from tests.fakes.server import Answer, Asked, FakeServer, Route

_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)
_BLOCKED = b"<html><head><title>403 Forbidden</title></head><body>Request blocked.</body></html>"
_QUOTE = {"bid": "bid", "ask": "ask", "bid_size": "bid_size", "ask_size": "ask_size"}


class FakeCboe(FakeServer):
    name = "cboe"
    base = "/api/global/delayed_quotes"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.late_by = timedelta(minutes=15)

    def routes(self) -> Sequence[Route]:
        return (Route(r"/options/(?P<name>[^/]+)\.json", Capability.QUOTES, self.file),)

    def unauthorised(self) -> Answer:
        return Answer(403, _BLOCKED, {"Content-Type": "text/html"})

    def plan_refused(self) -> Answer:
        return self.unauthorised()

    def limited(self) -> Answer:
        return Answer(429, _BLOCKED, {"Content-Type": "text/html", "Retry-After": "30"})

    def server_error(self) -> Answer:
        return Answer(503, b"<html>Service Unavailable</html>", {"Content-Type": "text/html"})

    def no_data(self, asked: Asked) -> Answer:
        return Answer(403, _DENIED, {"Content-Type": "application/xml"})

    def file(self, asked: Asked) -> Answer:
        underlying = next((s for s in market.UNDERLYINGS if spelled(s, Dialect.CBOE) == asked.parts["name"]), None)
        if underlying is None:
            return self.no_data(asked)
        row = self.quote_row(underlying, asked)
        rows = self.contract_rows(underlying, asked, with_adjusted=True)
        options = [_option(option) for option in rows]
        gone = {"option": market.expired(underlying, self.day).symbol, "bid": 0.0, "ask": 0.05, "open_interest": 7}
        data = {
            "symbol": spelled(row["symbol"], Dialect.CBOE).replace("_", "^"),
            "security_type": "stock",
            "current_price": row["last"],
            "close": row["last"],
            "prev_day_close": row["previous_close"],
            "iv30": 18.2,
            **{name: row[own] for name, own in _QUOTE.items()},
            "options": [gone, *options],
        }
        made = None if row["time"] is None else f"{row['time'] + self.late_by:%Y-%m-%d %H:%M:%S}"
        return Answer(200, {"timestamp": made, "data": data, "symbol": spelled(row["symbol"], Dialect.CBOE)})


def _option(row: Row) -> dict[str, Any]:
    risk = row["risk"]
    return {
        "option": row["symbol"],
        **{name: row[own] for name, own in _QUOTE.items()},
        "iv": risk.volatility,
        "open_interest": row["open_interest"],
        "volume": row["volume"],
        "delta": risk.delta,
        "gamma": risk.gamma,
        "vega": risk.vega,
        "theta": risk.theta,
        "rho": risk.rho,
        "theo": row["last"],
        "tick": "up",
        "last_trade_price": row["last"],
        "last_trade_time": None if row["time"] is None else row["time"].astimezone(market.NEW_YORK).isoformat()[:19],
        "prev_day_close": row["previous_close"],
    }
