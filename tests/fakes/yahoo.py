"""Yahoo's unofficial endpoints as browsers use them: a cookie, a crumb, quotes, options and charts."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from domain.symbols.instrument import BadSymbol
from domain.symbols.occ import Right
from domain.symbols.spelling import Dialect, read, spelled
from market_app.capabilities import Capability
from tests.fakes import market
from tests.fakes.faults import Fault, Row
from tests.fakes.rows import Asked
from tests.fakes.server import Answer, FakeServer, Route

CRUMB = "pXq.Fake/Crumb"
COOKIE = "d=AQABBFake&S=AQAAAlRF"
_SECONDS = {"1m": 60, "2m": 120, "5m": 300, "15m": 900, "30m": 1_800, "60m": 3_600, "1d": market.DAY_S}
_DAYS = {"1d": 1, "5d": 7, "1mo": 31, "3mo": 92, "1y": 366}
_NO_PLANS = frozenset({Fault.PLAN_REFUSED})


class FakeYahoo(FakeServer):
    name = "yfinance"
    never: ClassVar[Mapping[Capability, frozenset[Fault]]] = dict.fromkeys(Capability, _NO_PLANS)
    gives_crumbs = True  # else it says that there were too many requests, with status 429

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.late_by = timedelta(minutes=15)

    def routes(self) -> Sequence[Route]:
        return (
            Route(r"/?", None, self.cookie),
            Route(r"/v1/test/getcrumb", None, self.crumb),
            Route(r"/v7/finance/quote", Capability.QUOTES, self.quote),
            Route(r"/v7/finance/options/(?P<name>[^/]+)", Capability.OPTION_QUOTES, self.options),
            Route(r"/v8/finance/chart/(?P<name>[^/]+)", Capability.BARS, self.chart),
        )

    def has_key(self, asked: Asked) -> bool:
        """Charts are for everybody."""
        guarded = asked.path.startswith("/v7/")
        return not guarded or (asked.query.get("crumb") == CRUMB and COOKIE in asked.headers.get("Cookie", ""))

    def unauthorised(self) -> Answer:
        error = {"code": "Unauthorized", "description": "Invalid Crumb"}
        return Answer(401, {"finance": {"result": None, "error": error}})

    def limited(self) -> Answer:
        return Answer(429, b"Too Many Requests\r\n", {"Content-Type": "text/html"})

    def no_data(self, asked: Asked) -> Answer:
        if "/chart/" in asked.path:
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return Answer(404, {"chart": {"result": None, "error": error}})
        return _told("optionChain" if "/options/" in asked.path else "quoteResponse", [])

    def cookie(self, asked: Asked) -> Answer:
        """Of fc.yahoo.com: a page that is not there, with a cookie."""
        expires = "Expires=Wed, 18 Nov 2037 16:40:30 GMT; Max-Age=31557600; Path=/; HttpOnly"
        return Answer(404, b"<html>Not Found</html>", {"Set-Cookie": f"A3={COOKIE}; {expires}"})

    def crumb(self, asked: Asked) -> Answer:
        if not self.gives_crumbs:
            return self.limited()
        if COOKIE not in asked.headers.get("Cookie", ""):
            return Answer(401, {"finance": {"result": None, "error": {"code": "Unauthorized"}}})
        return Answer(200, CRUMB.encode(), {"Content-Type": "text/plain"})

    def quote(self, asked: Asked) -> Answer:
        known = [symbol for name in asked.query.get("symbols", "").split(",") if (symbol := _ours(name))]
        return _told("quoteResponse", [_quote(self.quote_row(symbol, asked)) for symbol in known])

    def options(self, asked: Asked) -> Answer:
        underlying = _ours(asked.parts["name"])
        if not underlying:
            return self.no_data(asked)
        rows = self.contract_rows(underlying, asked, with_adjusted=True)
        days = sorted({row["contract"].expiration for row in rows})
        wanted = int(asked.query.get("date", _epoch(days[0])))
        part = [row for row in rows if _epoch(row["contract"].expiration) == wanted]
        sides = {
            name: [_option(row) for row in part if row["contract"].right is right]
            for name, right in (("calls", Right.CALL), ("puts", Right.PUT))
        }
        quote = _quote(self.quote_row(underlying, asked))
        told = {
            "underlyingSymbol": quote["symbol"],
            "expirationDates": [_epoch(day) for day in days],
            "strikes": sorted({float(row["contract"].strike) for row in rows}),
            "hasMiniOptions": False,
            "quote": quote,
            "options": [{"expirationDate": wanted, "hasMiniOptions": False, **sides}] if part else [],
        }
        return _told("optionChain", [told])

    def chart(self, asked: Asked) -> Answer:
        symbol = _ours(asked.parts["name"])
        if not symbol:
            return self.no_data(asked)
        interval_s = _SECONDS[asked.query["interval"]]
        end = self.market.now()
        rows = self.bar_rows(symbol, interval_s, end - timedelta(days=_DAYS[asked.query["range"]]), end, asked)
        names = ("open", "high", "low", "close", "volume")
        columns = {name: [_dusty(row[name]) for row in rows] for name in names}
        told: dict[str, Any] = {
            "meta": {
                "currency": "USD",
                "symbol": spelled(rows[0]["symbol"] if rows else symbol, Dialect.YAHOO),
                "exchangeTimezoneName": "America/New_York",
                "regularMarketTime": int((end - self.late_by).timestamp()),
                "dataGranularity": asked.query["interval"],
                "range": asked.query["range"],
            },
            "timestamp": [_stamp(row["time"], interval_s) for row in rows],
            "indicators": {"quote": [columns]},
        }
        return _told("chart", [told])


def _told(envelope: str, results: list[dict[str, Any]]) -> Answer:
    return Answer(200, {envelope: {"result": results, "error": None}})


def _ours(name: str) -> str:
    """Our symbol of an underlying that is known; empty for anything else."""
    try:
        symbol = read(name, Dialect.YAHOO)
    except BadSymbol:
        return ""
    return symbol if symbol in market.UNDERLYINGS else ""


def _quote(row: Row) -> dict[str, Any]:
    return {
        "language": "en-US",
        "quoteType": "EQUITY",
        "symbol": spelled(row["symbol"], Dialect.YAHOO),
        "marketState": "REGULAR",
        "exchangeDataDelayedBy": 15,
        "bid": row["bid"],
        "ask": row["ask"],
        "bidSize": 8,  # lots
        "askSize": 11,
        "regularMarketPrice": row["last"],
        "regularMarketTime": None if row["time"] is None else int(row["time"].timestamp()),
    }


def _option(row: Row) -> dict[str, Any]:
    contract = row["contract"]
    return {
        "contractSymbol": contract.symbol,
        "strike": contract.strike,
        "currency": "USD",
        "lastPrice": row["last"],
        "bid": row["bid"],
        "ask": row["ask"],
        "volume": row["volume"],
        "openInterest": row["open_interest"],
        "contractSize": "REGULAR" if contract.multiplier == 100 else "MINI",
        "expiration": _epoch(contract.expiration),
        "lastTradeDate": None if row["time"] is None else int(row["time"].timestamp()),
        "impliedVolatility": row["risk"].volatility,
        "inTheMoney": False,
    }


def _dusty(value: Any) -> Any:
    """Prices of charts are floats of four bytes, written as ones of eight."""
    if not isinstance(value, Decimal):
        return value
    return struct.unpack("f", struct.pack("f", float(value)))[0]


def _stamp(start: datetime | None, interval_s: int) -> int | None:
    """Days are stamped with their opening."""
    if start is None:
        return None
    if interval_s == market.DAY_S:
        start = datetime.combine(start.astimezone(market.NEW_YORK).date(), market.OPENS, market.NEW_YORK)
    return int(start.timestamp())


def _epoch(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
