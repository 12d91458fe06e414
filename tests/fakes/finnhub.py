"""Finnhub: https://finnhub.io/docs/api, as of November 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar

from market_app.capabilities import Capability
from tests.fakes import market
from tests.fakes.faults import Fault, Row
from tests.fakes.server import Answer, Asked, FakeServer, Route

_SECONDS = {"1": 60, "5": 300, "15": 900, "30": 1_800, "60": 3_600, "D": market.DAY_S}
_ZEROS = {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}


class FakeFinnhub(FakeServer):
    name = "finnhub"
    base = "/api/v1"
    never: ClassVar[Mapping[Capability, frozenset[Fault]]] = {
        Capability.QUOTES: frozenset({Fault.WRONG_SYMBOL, Fault.CROSSED}),  # a quote names no symbol, and has no book
        Capability.BARS: frozenset({Fault.WRONG_SYMBOL}),
    }

    def routes(self) -> Sequence[Route]:
        return (
            Route(r"/quote", Capability.QUOTES, self.quote),
            Route(r"/stock/candle", Capability.BARS, self.candles),
            Route(r"/stock/market-status", Capability.SESSION, self.status),
        )

    def has_key(self, asked: Asked) -> bool:
        return asked.headers.get("X-Finnhub-Token") == self.key or asked.query.get("token") == self.key

    def unauthorised(self) -> Answer:
        return Answer(401, {"error": "Invalid API key"})

    def plan_refused(self) -> Answer:
        return Answer(403, {"error": "You don't have access to this resource."})

    def limited(self) -> Answer:
        return Answer(429, {"error": "API limit reached. Please try again later. Remaining Limit: 0"})

    def no_data(self, asked: Asked) -> Answer:
        return Answer(200, _ZEROS if asked.path.endswith("/quote") else {"s": "no_data"})

    def quote(self, asked: Asked) -> Answer:
        symbol = asked.query.get("symbol", "")
        if symbol not in market.SHARES:
            return self.no_data(asked)
        row = self.quote_row(symbol, asked)
        stamp = None if row["time"] is None else int(row["time"].timestamp())
        last, before = row["last"], row["previous_close"]
        return Answer(
            200, {"c": last, "d": 1.0, "dp": 0.4, "h": last, "l": before, "o": before, "pc": before, "t": stamp}
        )

    def candles(self, asked: Asked) -> Answer:
        symbol, interval_s = asked.query.get("symbol", ""), _SECONDS[asked.query["resolution"]]
        start, end = (datetime.fromtimestamp(int(asked.query[name]), UTC) for name in ("from", "to"))
        end += timedelta(seconds=1)
        rows = self.bar_rows(symbol, interval_s, start, end, asked) if symbol in market.SHARES else []
        if not rows:
            return self.no_data(asked)
        shorts = {"c": "close", "h": "high", "l": "low", "o": "open", "v": "volume"}
        columns: dict[str, Any] = {short: [row[name] for row in rows] for short, name in shorts.items()}
        return Answer(200, {**columns, "s": "ok", "t": [_stamp(row, interval_s) for row in rows]})

    def status(self, asked: Asked) -> Answer:
        is_open = None if asked.fault is Fault.NULL_FIELDS else market.is_open(self.market.now())
        stamp = int(self.market.now().timestamp())
        session = "regular" if is_open else None
        body = {"exchange": "US", "holiday": None, "isOpen": is_open, "session": session, "t": stamp}
        return Answer(200, {**body, "timezone": "America/New_York"})


def _stamp(row: Row, interval_s: int) -> int | None:
    """Days are midnight UTC."""
    at = row["time"]
    if at is not None and interval_s == market.DAY_S:
        at = datetime.combine(at.astimezone(market.NEW_YORK).date(), time(), UTC)
    return None if at is None else int(at.timestamp())
