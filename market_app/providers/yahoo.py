"""Yahoo's delayed quotes through yfinance: needs no key, promises nothing. Unofficial, so everything in it is doubted.

yfinance answers a failed request with an empty frame or with any exception; both become market_data_failed. Its option
rows carry no time of their own: they are stamped with the time of the underlying's quote in the same answer. Sizes of
options are unknown. yfinance and pandas are imported at the first question.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

from domain.errors import MarketDataUnavailable
from domain.quotes import Bar, FeedClass, Quote
from domain.sessions import Product, SessionState
from domain.symbols.occ import OptionContract
from market_app import sessions
from market_app.interface import Calendar, as_contract, interval_not_served, no_data
from market_app.memory import Memory

TIMEOUT_S: Final = 5.0  # each request; yfinance's own default is 30
DELAY: Final = timedelta(minutes=15)  # a bar may still change until this long after its end
ANSWER_KEPT: Final = timedelta(seconds=15)
EXPIRATIONS: Final = 12  # one request each, so the chain stops after the nearest
_INTERVALS: Final = {
    60: ("1m", "5d"),
    120: ("2m", "1mo"),
    300: ("5m", "1mo"),
    900: ("15m", "1mo"),
    1800: ("30m", "1mo"),
    3600: ("60m", "3mo"),
    86_400: ("1d", "1y"),
    604_800: ("1wk", "5y"),
}
_NAMES: Final = {
    "SPX": "^SPX",
    "SPXW": "^SPX",
    "VIX": "^VIX",
    "NDX": "^NDX",
    "RUT": "^RUT",
    "BRKB": "BRK-B",
    "BFB": "BF-B",
}
_PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class _Answer:
    """One request for a chain: the underlying's quote, and the rows of its contracts by compact symbol."""

    underlying: dict[str, Any]
    rows: dict[str, dict[str, Any]]
    stamped: datetime


class Yahoo:
    """Quotes, the nearest expirations and bars of US shares and ETFs, about fifteen minutes late."""

    name = "yfinance"
    feed = FeedClass.DELAYED

    def __init__(self, ticker: Callable[[str], Any] | None = None) -> None:
        """ticker: makes an object with yfinance.Ticker's methods from Yahoo's name of an underlying."""
        self._ticker = ticker or _ticker
        self._answers: Memory[_Answer] = Memory(entries=128)

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        """One request for each underlying and each expiration among the symbols. Raises if not one could be asked."""
        found: dict[str, Quote] = {}
        failure: MarketDataUnavailable | None = None
        for (root, expiration), wanted in _grouped(symbols).items():
            try:
                answer = self._asked(root, expiration, now)
            except MarketDataUnavailable as failed:
                failure = failed
                continue
            for symbol in wanted:
                row = answer.underlying if expiration is None else answer.rows.get(symbol)
                if row:
                    found[symbol] = self._quote(symbol, row, answer.stamped, now)
        if failure is not None and not found:
            raise failure
        return found

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        today = now.astimezone(sessions.NEW_YORK).date()
        texts = self._ask(underlying, lambda ticker: ticker.options)
        days = [day for day in sorted(date.fromisoformat(text) for text in texts) if day >= today]
        if not days:
            raise no_data(f"{underlying} options", today, self.name)
        rows = (symbol for day in days[:EXPIRATIONS] for symbol in self._asked(underlying, day, now).rows)
        return sorted(contract for symbol in rows if (contract := as_contract(symbol)) is not None)

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        if interval_s not in _INTERVALS:
            raise interval_not_served(interval_s, self.name)
        length = timedelta(seconds=interval_s)
        bars = (bar for bar in self._history(symbol, *_INTERVALS[interval_s]) if bar.start + length + DELAY <= now)
        return list(bars)[-count:]

    def calendar(self, product: Product) -> Calendar:
        return sessions.exchange_calendar(product)

    def session(self, product: Product, *, now: datetime) -> SessionState:
        return sessions.state(product, at=now, calendar=self.calendar(product))

    def closing_price(self, symbol: str, *, day: date, now: datetime) -> Decimal:
        hours = self.calendar(Product.EQUITY).hours(day)
        if hours is not None and hours.closes_at + DELAY <= now:
            for bar in self._history(symbol, "1d", "1mo"):
                if bar.start.astimezone(sessions.NEW_YORK).date() == day:
                    return bar.close
        raise no_data(f"{symbol} after the close", day, self.name)

    def _asked(self, root: str, expiration: date | None, now: datetime) -> _Answer:
        """The chain of one expiration, or of the nearest, kept some seconds: a batch of contracts is one request."""

        def build() -> _Answer:
            day = None if expiration is None else expiration.isoformat()
            options = self._ask(root, lambda ticker: ticker.option_chain(day))
            underlying = (
                options.underlying or (expiration is None and self._ask(root, lambda ticker: ticker.info)) or {}
            )
            rows = {row["contractSymbol"]: row for part in (options.calls, options.puts) for row in _regular(part)}
            if not underlying.get("regularMarketTime") or (expiration is not None and not rows):
                raise no_data(f"{root} {day or ''}".rstrip(), now.astimezone(sessions.NEW_YORK).date(), self.name)
            return _Answer(underlying, rows, datetime.fromtimestamp(underlying["regularMarketTime"], UTC))

        return self._answers.get(self, (root, expiration), at=now, keep=ANSWER_KEPT, build=build)

    def _history(self, symbol: str, interval: str, period: str) -> list[Bar]:
        """Bars as Yahoo has them, the running one included. Raises where the frame is empty: that is how it fails."""
        frame = self._ask(
            symbol,
            lambda ticker: ticker.history(
                interval=interval, period=period, auto_adjust=False, prepost=False, timeout=TIMEOUT_S
            ),
        )
        if frame.empty:
            raise MarketDataUnavailable("market_data_failed", f"{self.name} answered nothing for {symbol} {interval}")
        columns = [frame.index, *(frame[name] for name in ("Open", "High", "Low", "Close", "Volume"))]
        return [
            _bar(stamp.to_pydatetime(), *numbers)
            for stamp, *numbers in zip(*columns, strict=True)
            if all(math.isfinite(number) for number in numbers)
        ]

    def _quote(self, symbol: str, row: dict[str, Any], stamped: datetime, now: datetime) -> Quote:
        bid, ask = _side(row.get("bid")), _side(row.get("ask"))
        bid_size, ask_size = (int(row[name]) if row.get(name) else None for name in ("bidSize", "askSize"))
        last = _side(row.get("regularMarketPrice", row.get("lastPrice")))
        return Quote(symbol, bid, ask, bid_size, ask_size, stamped, now, self.name, self.feed, last)

    def _ask(self, symbol: str, question: Callable[[Any], Any]) -> Any:
        name = _NAMES.get(symbol, symbol.replace(".", "-"))
        try:
            return question(self._ticker(name))
        except MarketDataUnavailable:
            raise
        except Exception as failed:  # yfinance lets through whatever Yahoo's page or the network made it raise
            text = f"{self.name} failed for {symbol}: {type(failed).__name__}: {str(failed)[:120]}"
            raise MarketDataUnavailable("market_data_failed", text) from failed


def _grouped(symbols: Iterable[str]) -> dict[tuple[str, date | None], list[str]]:
    groups: dict[tuple[str, date | None], list[str]] = {}
    for symbol in symbols:
        contract = as_contract(symbol)
        key = (symbol, None) if contract is None else (contract.root, contract.expiration)
        groups.setdefault(key, []).append(symbol)
    return groups


def _regular(frame: Any) -> list[dict[str, Any]]:
    """Rows of ordinary contracts; adjusted ones deliver something else than a hundred shares."""
    if frame is None or frame.empty:
        return []
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return [row for row in rows if row.get("contractSize") == "REGULAR"]


def _bar(start: datetime, opened: float, high: float, low: float, close: float, volume: float) -> Bar:
    return Bar(start.astimezone(UTC), _price(opened), _price(high), _price(low), _price(close), int(volume))


def _price(number: float) -> Decimal:
    """NaN and infinity stay what they are: the quote gate says so."""
    price = Decimal(repr(float(number)))
    return price.quantize(_PLACES) if price.is_finite() else price


def _side(number: float | None) -> Decimal | None:
    """Outside the session Yahoo writes 0 for a side that nobody quotes."""
    return None if not number else _price(number)


def _ticker(name: str) -> Any:
    import yfinance

    return yfinance.Ticker(name, session=_hasty_session())


@cache
def _hasty_session() -> Any:
    """A session whose requests end after TIMEOUT_S, whatever yfinance would have waited."""
    from curl_cffi import requests

    class Hasty(requests.Session):  # type: ignore[type-arg]
        def request(self, *args: Any, **kwargs: Any) -> Any:
            return super().request(*args, **{**kwargs, "timeout": TIMEOUT_S})

    return Hasty(impersonate="chrome")
