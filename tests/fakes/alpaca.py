"""Alpaca's market data and the parts of its trading API that tell of the market: https://docs.alpaca.markets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from time import time
from typing import Any, ClassVar

from domain.symbols.occ import Right
from market_app.capabilities import Capability
from tests.fakes import market
from tests.fakes.faults import Fault, Row
from tests.fakes.rows import Asked
from tests.fakes.server import Answer, FakeServer, Route

_VALID = re.compile(r"[A-Z]{1,6}(\.[A-Z]{1,3})?")
_VALID_CONTRACT = re.compile(r"[A-Z]{1,6}\d?\d{6}[CP]\d{8}")
_TIMEFRAME = re.compile(r"(\d+)(Min|Hour|Day|Week)")
_SECONDS = {"Min": 60, "Hour": 3_600, "Day": market.DAY_S, "Week": 7 * market.DAY_S}

_BAD_PAGE = Answer(400, {"message": "invalid page_token"})


class FakeAlpaca(FakeServer):
    """Data and trading API on one address, as their paths differ."""

    name = "alpaca"
    never: ClassVar[Mapping[Capability, frozenset[Fault]]] = {
        Capability.SESSION: frozenset({Fault.NO_DATA}),  # its clock always says something
        Capability.ACTIVITY: frozenset({Fault.NAN}),  # open interest is text
        Capability.CHAIN: frozenset({Fault.NAN}),
    }
    page = 20  # contracts on one page, however many are asked for; the real one has 10,000
    plan = ("iex", "indicative")  # the feeds that the account may read at once
    overloaded: int | None = None  # the status that it answers everything with
    refused: frozenset[str] = frozenset()  # symbols that it calls invalid, whatever they look like

    def routes(self) -> Sequence[Route]:
        return (
            Route(r"/v2/stocks/quotes/latest", Capability.QUOTES, self.stock_quotes),
            Route(r"/v1beta1/options/quotes/latest", Capability.OPTION_QUOTES, self.option_quotes),
            Route(r"/v2/stocks/bars", Capability.BARS, self.bars),
            Route(r"/v2/options/contracts", Capability.CHAIN, self.contracts),
            Route(r"/v2/clock", Capability.SESSION, self.clock),
        )

    def has_key(self, asked: Asked) -> bool:
        given = (asked.headers.get("APCA-API-KEY-ID"), asked.headers.get("APCA-API-SECRET-KEY"))
        return given == (self.key, self.key)

    def unauthorised(self) -> Answer:
        return Answer(401, {"message": "unauthorized."})

    def plan_refused(self) -> Answer:
        return Answer(403, {"message": "subscription does not permit querying recent SIP data"})

    def limited(self) -> Answer:
        headers = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time()) + 7)}
        return Answer(429, {"code": 42910000, "message": "rate limit exceeded"}, headers)

    def server_error(self) -> Answer:
        return Answer(500, {"code": 50010000, "message": "internal server error occurred"})

    def no_data(self, asked: Asked) -> Answer:
        if asked.path.endswith("/contracts"):
            return Answer(200, {"option_contracts": [], "next_page_token": None})
        if asked.path.endswith("/bars"):
            return Answer(200, {"bars": {}, "next_page_token": None})
        return Answer(200, {"quotes": {}})

    def stock_quotes(self, asked: Asked) -> Answer:
        return self._quotes(asked, _VALID, market.SHARES)

    def option_quotes(self, asked: Asked) -> Answer:
        if len(asked.query.get("symbols", "").split(",")) > 100:
            return Answer(400, {"message": "too many symbols: 100 are allowed"})
        return self._quotes(asked, _VALID_CONTRACT, None)

    def bars(self, asked: Asked) -> Answer:
        if not self._may_read(asked) and _at(asked.query["end"]) > self.market.now() - timedelta(minutes=15):
            return self.plan_refused()
        symbol = asked.query["symbols"]
        if symbol not in market.SHARES:
            return self.no_data(asked)
        number, unit = _TIMEFRAME.fullmatch(asked.query["timeframe"]).groups()  # type: ignore[union-attr]
        start, end = _at(asked.query["start"]), _at(asked.query["end"])
        rows = self.bar_rows(symbol, int(number) * _SECONDS[unit], start, end + timedelta(seconds=1), asked)
        if asked.query.get("sort") == "desc":
            rows.reverse()
        first = _place(asked)
        if first is None:
            return _BAD_PAGE
        limit = min(int(asked.query.get("limit", "1000")), 10_000)
        part = rows[first : first + limit]
        told = {rows[0]["symbol"]: [_bar(row) for row in part]} if part else {}
        return Answer(200, {"bars": told, "next_page_token": _token(first + limit, len(rows))})

    def contracts(self, asked: Asked) -> Answer:
        underlying = asked.query.get("underlying_symbols", "")
        if underlying not in market.SHARES:
            return self.no_data(asked)
        rows = self.contract_rows(underlying, asked, with_adjusted=True)
        earliest, latest = (asked.query[f"expiration_date_{bound}"] for bound in ("gte", "lte"))
        rows = [row for row in rows if earliest <= row["contract"].expiration.isoformat() <= latest]
        first = _place(asked)
        if first is None:
            return _BAD_PAGE
        size = min(self.page, int(asked.query.get("limit", "100")))
        told = [self._contract(row) for row in rows[first : first + size]]
        return Answer(200, {"option_contracts": told, "next_page_token": _token(first + size, len(rows))})

    def clock(self, asked: Asked) -> Answer:
        now = self.market.now()
        opens, closes = _session_after(now)
        row = {"timestamp": now, "is_open": market.is_open(now), "next_open": opens, "next_close": closes}
        told = {name: value.astimezone(market.NEW_YORK).isoformat() if isinstance(value, datetime) else value
                for name, value in row.items()}  # fmt: skip
        return Answer(200, dict.fromkeys(told) if asked.fault is Fault.NULL_FIELDS else told)

    def _quotes(self, asked: Asked, valid: re.Pattern[str], known: Sequence[str] | None) -> Answer:
        if self.overloaded is not None:
            return Answer(self.overloaded, {"message": "too much to do"})
        symbols = asked.query.get("symbols", "").split(",")
        for symbol in symbols:
            if symbol in self.refused or not valid.fullmatch(symbol):
                return Answer(400, {"message": f"invalid symbol: {symbol}"})
        if not self._may_read(asked):
            return self.plan_refused()
        told = {}
        for symbol in symbols:
            try:
                row = self.quote_row(symbol, asked)
            except (KeyError, ValueError):
                continue
            if known is None or symbol in known:
                told[row["symbol"]] = _quote(row)
        return Answer(200, {"quotes": told})

    def _may_read(self, asked: Asked) -> bool:
        return asked.query.get("feed", self.plan[0]) in (*self.plan, "delayed_sip")

    def _contract(self, row: Row) -> dict[str, Any]:
        contract = row["contract"]
        held = row["open_interest"]
        return {
            "id": f"00000000-0000-4000-8000-{abs(hash(contract.symbol)) % 10**12:012d}",
            "symbol": contract.symbol,
            "name": f"{row['underlying']} {contract.expiration:%b %d %Y} {contract.strike}",
            "status": "active",
            "tradable": True,
            "expiration_date": _day(contract.expiration),
            "root_symbol": contract.root,
            "underlying_symbol": row["underlying"],
            "underlying_asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
            "type": "call" if contract.right is Right.CALL else "put",
            "style": "american",
            "strike_price": None if row["bid_size"] is None else f"{contract.strike.normalize():f}",
            "multiplier": "100",
            "size": str(contract.multiplier),
            "open_interest": held if held is None else str(held),
            "open_interest_date": _day(self.market.now().date() - timedelta(days=1)),
            "close_price": str(row["last"]),
            "close_price_date": _day(self.market.now().date() - timedelta(days=1)),
            "ppind": False,
        }


def quote_message(symbol: str, row: Row) -> dict[str, Any]:
    """The figures of a quote under the names that REST and stream share, without its time."""
    figures = {"bp": row["bid"], "ap": row["ask"], "bs": row["bid_size"], "as": row["ask_size"]}
    return {**figures, "bx": "V", "ax": "V", "c": ["R"], "z": "C"}


def _quote(row: Row) -> dict[str, Any]:
    return {"t": _stamp(row["time"]), **quote_message(row["symbol"], row)}


def _bar(row: Row) -> dict[str, Any]:
    figures = {
        short: row[name] for short, name in zip("ohlcv", ("open", "high", "low", "close", "volume"), strict=True)
    }
    return {"t": _stamp(row["time"]), **figures, "n": 17, "vw": row["close"]}


def _stamp(at: datetime | None) -> str | None:
    """Nanoseconds, as quotes have them."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.000000123Z")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _place(asked: Asked) -> int | None:
    """Where a page begins; None for a token that was never given."""
    token = asked.query.get("page_token") or "0"
    return int(token) if token.isdigit() else None


def _token(reached: int, total: int) -> str | None:
    return str(reached) if reached < total else None


def _session_after(now: datetime) -> tuple[datetime, datetime]:
    """Next opening and next close."""
    day, opens, closes = now.astimezone(market.NEW_YORK).date(), None, None
    while opens is None or closes is None:
        if market.is_trading_day(day):
            opening = datetime.combine(day, market.OPENS, market.NEW_YORK)
            opens = opens or (opening if opening > now else None)
            closes = closes or (market.close_of(day) if market.close_of(day) > now else None)
        day += timedelta(days=1)
    return opens, closes


def _day(day: date) -> str:
    return day.isoformat()
