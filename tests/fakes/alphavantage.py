"""Alpha Vantage: https://www.alphavantage.co/documentation, as of November 2026. Always HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

from domain.symbols.instrument import BadSymbol
from domain.symbols.spelling import Dialect, read, spelled
from market_app.capabilities import Capability
from tests.fakes import faults, market
from tests.fakes.faults import Fault, Row
from tests.fakes.rows import another
from tests.fakes.server import Answer, Asked, FakeServer, Route

_CALL = "Invalid API call. Please retry or visit the documentation (https://www.alphavantage.co/documentation/)"
_KINDS = {"TIME_SERIES_DAILY": Capability.BARS, "MARKET_STATUS": Capability.SESSION}


class FakeAlphaVantage(FakeServer):
    name = "alphavantage"
    never: ClassVar[Mapping[Capability, frozenset[Fault]]] = {
        Capability.QUOTES: frozenset({Fault.CROSSED}),
        Capability.BARS: frozenset({Fault.NO_TIME}),  # the day is the name of a bar
    }

    knows_today = False  # the free plan knows of a day after it is over

    def routes(self) -> Sequence[Route]:
        return (Route(r"/query", Capability.QUOTES, self.query),)

    def has_key(self, asked: Asked) -> bool:
        return asked.query.get("apikey") == self.key

    def kind(self, route: Route, asked: Asked) -> Capability | None:
        return _KINDS.get(asked.query.get("function", ""), Capability.QUOTES)

    def unauthorised(self) -> Answer:
        text = "the parameter apikey is invalid or missing. Please claim your free API key on (https://www.alphavantage.co)."
        return Answer(200, {"Error Message": text})

    def plan_refused(self) -> Answer:
        text = "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans"
        return Answer(200, {"Information": text})

    def limited(self) -> Answer:
        text = (
            "Thank you for using Alpha Vantage! Our standard API rate limit is 25 requests per day. Please subscribe to any "
            f"of the premium plans to instantly remove all daily rate limits. We have detected your API key as {self.key}"
        )
        return Answer(200, {"Information": text})

    def no_data(self, asked: Asked) -> Answer:
        return Answer(
            200, {"Global Quote": {}} if asked.query.get("function") == "GLOBAL_QUOTE" else {"Error Message": _CALL}
        )

    def query(self, asked: Asked) -> Answer:
        match asked.query.get("function"):
            case "GLOBAL_QUOTE":
                return self.global_quote(asked)
            case "TIME_SERIES_DAILY":
                return self.daily(asked)
            case "MARKET_STATUS":
                return self.status(asked)
        return Answer(200, {"Error Message": _CALL})

    def global_quote(self, asked: Asked) -> Answer:
        symbol = self._symbol(asked)
        if symbol is None:
            return self.no_data(asked)
        symbol = another(symbol, self.day) if asked.fault is Fault.WRONG_SYMBOL else symbol
        day: date | None = self._last_known()
        if asked.fault is Fault.STALE:
            day = market.last_trading_day(self.market.now() - timedelta(days=7))
        elif asked.fault is Fault.FUTURE:
            day = self.day + timedelta(days=2)
        assert day is not None
        price = market.closing_price(symbol, day)
        row = faults.spoiled(
            asked.fault, {"last": price, "previous_close": price - 1, "volume": 1_000_000, "time": day}
        )
        shown = {
            "01. symbol": spelled(symbol, Dialect.ALPHAVANTAGE),
            "05. price": _text(row["last"]),
            "06. volume": _text(row["volume"]),
            "07. latest trading day": None if row["time"] is None else row["time"].isoformat(),
            "08. previous close": _text(row["previous_close"]),
            "09. change": "1.0000",
            "10. change percent": "0.4000%",
        }
        return Answer(200, {"Global Quote": shown})

    def daily(self, asked: Asked) -> Answer:
        symbol = self._symbol(asked)
        if symbol is None:
            return self.no_data(asked)
        now = self.market.now()
        rows = self.bar_rows(symbol, market.DAY_S, now - timedelta(days=145), now + timedelta(days=4), asked)
        name = spelled(rows[0]["symbol"], Dialect.ALPHAVANTAGE)
        meta = {"1. Information": "Daily Prices (open, high, low, close) and Volumes", "2. Symbol": name}
        return Answer(200, {"Meta Data": meta, "Time Series (Daily)": dict(map(_bar, reversed(rows[-100:])))})

    def status(self, asked: Asked) -> Answer:
        word = "open" if market.is_open(self.market.now()) else "closed"
        row = {
            "market_type": "Equity",
            "region": "United States",
            "primary_exchanges": "NASDAQ, NYSE, AMEX, BATS",
            "local_open": "09:30",
            "local_close": "16:15",
            "current_status": None if asked.fault is Fault.NULL_FIELDS else word,
        }
        other = {**row, "region": "Japan", "current_status": "closed"}
        return Answer(200, {"endpoint": "Global Market Open & Close Status", "markets": [other, row]})

    def _last_known(self) -> date:
        now = self.market.now()
        day = market.last_trading_day(now)
        before = market.close_of(day) - timedelta(hours=7)
        return day if self.knows_today or market.close_of(day) <= now else market.last_trading_day(before)

    def _symbol(self, asked: Asked) -> str | None:
        try:
            symbol = read(asked.query.get("symbol", ""), Dialect.ALPHAVANTAGE)
        except BadSymbol:
            return None
        return symbol if symbol in market.SHARES else None


def _bar(row: Row) -> tuple[str, dict[str, Any]]:
    names = ("open", "high", "low", "close", "volume")
    figures = {f"{number}. {name}": _text(row[name]) for number, name in enumerate(names, start=1)}
    return row["time"].astimezone(market.NEW_YORK).date().isoformat(), figures


def _text(figure: Any) -> str | None:
    return None if figure is None else figure if isinstance(figure, str) else f"{float(figure):.4f}"
