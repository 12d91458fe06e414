"""Twelve Data: https://twelvedata.com/docs, as of November 2026. Errors have HTTP 200, numbers are texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from market_app.capabilities import Capability
from tests.fakes import market
from tests.fakes.faults import Fault, Row
from tests.fakes.server import Answer, Asked, FakeServer, Route

_SECONDS = {
    "1min": 60, "5min": 300, "15min": 900, "30min": 1_800, "45min": 2_700, "1h": 3_600, "1day": market.DAY_S,
}  # fmt: skip
_NO_BOOK = frozenset({Fault.CROSSED})


class FakeTwelveData(FakeServer):
    name = "twelvedata"
    never: ClassVar[Mapping[Capability, frozenset[Fault]]] = {Capability.QUOTES: _NO_BOOK}

    def routes(self) -> Sequence[Route]:
        return (
            Route(r"/quote", Capability.QUOTES, self.quote),
            Route(r"/time_series", Capability.BARS, self.time_series),
        )

    def has_key(self, asked: Asked) -> bool:
        return asked.headers.get("Authorization") == f"apikey {self.key}" or asked.query.get("apikey") == self.key

    def cost(self, asked: Asked) -> int:
        return len(asked.query.get("symbol", "").split(","))

    def unauthorised(self) -> Answer:
        return _error(
            401, "**apikey** parameter is incorrect or not specified. You can get your free API key instantly."
        )

    def plan_refused(self) -> Answer:
        return _error(403, "This symbol is available starting with Grow plan. Consider upgrading your API Key now.")

    def limited(self) -> Answer:
        text = "You have run out of API credits for the current minute. 9 API credits were used, the current limit being 8."
        return _error(429, text)

    def server_error(self) -> Answer:
        return _error(500, "Internal server error")

    def no_data(self, asked: Asked) -> Answer:
        return _error(404, "**symbol** or **figi** parameter is missing or invalid. Please provide a valid symbol.")

    def quote(self, asked: Asked) -> Answer:
        wanted = asked.query.get("symbol", "").split(",")
        answers = {symbol: self._quote(symbol, asked) for symbol in wanted}
        return Answer(200, answers if len(wanted) > 1 else answers[wanted[0]])

    def time_series(self, asked: Asked) -> Answer:
        symbol, interval = asked.query.get("symbol", ""), asked.query["interval"]
        if symbol not in market.SHARES:
            return self.no_data(asked)
        interval_s, count, now = _SECONDS[interval], int(asked.query["outputsize"]), self.market.now()
        days = 4 + (count * 2 if interval_s == market.DAY_S else count * interval_s // 16_000)
        rows = self.bar_rows(symbol, interval_s, now - timedelta(days=days), now + timedelta(days=4), asked)[-count:]
        meta = {
            "symbol": rows[0]["symbol"],
            "interval": interval,
            "currency": "USD",
            "exchange_timezone": "America/New_York",
            "exchange": "NASDAQ",
            "type": "Common Stock",
        }
        values = [_bar(row, interval_s) for row in reversed(rows)]
        return Answer(200, {"meta": meta, "values": values, "status": "ok"})

    def _quote(self, symbol: str, asked: Asked) -> Any:
        if symbol not in market.SHARES:
            return self.no_data(asked).body
        row = self.quote_row(symbol, asked)
        stamp = row["time"]
        day = self.day.isoformat()
        opened = int(datetime.combine(self.day, market.OPENS, market.NEW_YORK).timestamp())
        return {
            "symbol": row["symbol"],
            "name": row["symbol"],
            "exchange": "NASDAQ",
            "mic_code": "XNGS",
            "currency": "USD",
            "datetime": day,
            "timestamp": None if stamp is None else opened,
            "last_quote_at": None if stamp is None else int(stamp.timestamp()),
            "open": _text(row["previous_close"]),
            "close": _text(row["last"]),
            "volume": _text(row["volume"]),
            "previous_close": _text(row["previous_close"]),
            "is_market_open": None if asked.fault is Fault.NULL_FIELDS else market.is_open(self.market.now()),
            "fifty_two_week": {"low": "1.00000", "high": "9999.00000"},
        }


def _bar(row: Row, interval_s: int) -> dict[str, Any]:
    local = None if row["time"] is None else row["time"].astimezone(market.NEW_YORK)
    pattern = "%Y-%m-%d" if interval_s == market.DAY_S else "%Y-%m-%d %H:%M:%S"
    figures = {name: _text(row[name]) for name in ("open", "high", "low", "close", "volume")}
    return {"datetime": None if local is None else f"{local:{pattern}}", **figures}


def _text(figure: Any) -> str | None:
    """Five places, as they write prices; what is broken stays broken."""
    return None if figure is None else figure if isinstance(figure, str) else f"{float(figure):.5f}"


def _error(code: int, text: str) -> Answer:
    return Answer(200, {"code": code, "message": text, "status": "error", "meta": {"symbol": "", "interval": ""}})
