"""What every source of market data can be asked, and the shapes that its answers have."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from domain.errors import MarketDataUnavailable
from domain.quotes import Bar, FeedClass, Quote
from domain.sessions import Product, SessionState
from domain.symbols.occ import BadOptionSymbol, OptionContract

_DATE_RIGHT_STRIKE = 15  # characters at the end of an option symbol


@dataclass(frozen=True, slots=True)
class Hours:
    """One day's regular session, UTC; note names what is unusual about it."""

    opens_at: datetime
    closes_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a market in its own time zone.

    hours(day) is None on a day without a session and raises MarketDataUnavailable (calendar_missing) for a day that the
    calendar does not reach.
    """

    name: str
    zone: ZoneInfo
    hours: Callable[[date], Hours | None]


class MarketData(Protocol):
    """One source of prices. Symbols are underlyings (SPY, BRK.B) or compact option symbols, mixed as needed.

    Every method raises MarketDataUnavailable: no_market_data where the source knows nothing of what is asked on that
    day, market_data_failed where it could not be asked. ``now`` is the moment that the caller lives in; nothing that
    became known later may be in an answer.
    """

    @property
    def name(self) -> str: ...

    @property
    def feed(self) -> FeedClass: ...

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        """Latest quote of each symbol; one that has none now is left out. Raises only where not one could be known."""
        ...

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        """Every listed contract that has not expired, ordered by expiration, right and strike."""
        ...

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """The last ``count`` completed bars of an underlying, oldest first; fewer where history is shorter."""
        ...

    def calendar(self, product: Product) -> Calendar: ...

    def session(self, product: Product, *, now: datetime) -> SessionState: ...

    def closing_price(self, symbol: str, *, day: date, now: datetime) -> Decimal:
        """Last price of an underlying's regular session on that day, once it is over."""
        ...


class Activity(NamedTuple):
    """What is held and traded in one contract; None where the source does not tell, which is not zero."""

    open_interest: int | None  # contracts open at the previous close, as published by now
    volume: int | None  # contracts traded today so far


@runtime_checkable
class OptionActivity(Protocol):
    """What a source may know beside prices; not every one does."""

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        """By compact symbol; a contract of which nothing is told may be left out.

        Raises MarketDataUnavailable: no_market_data where nothing is known of this underlying.
        """
        ...


@runtime_checkable
class InterestRates(Protocol):
    """What a recording may hold of its own time."""

    def interest_rate(self, *, now: datetime) -> float | None:
        """Risk-free rate in force on that day, a fraction a year; None where it is not known."""
        ...


@runtime_checkable
class Witnesses(Protocol):
    """What a source of several providers may be asked beside prices."""

    def witness(self, symbol: str, *, now: datetime, beside: str) -> Quote | None:
        """A good quote by another provider than the one named; None where nobody else has one."""
        ...


@runtime_checkable
class TellsSession(Protocol):
    """A source that knows by itself whether shares are traded now, beside our calendar."""

    def market_open(self, *, now: datetime) -> bool:
        """Raises MarketDataUnavailable."""
        ...


def no_data(symbol: str, day: date, provider: str) -> MarketDataUnavailable:
    return MarketDataUnavailable("no_market_data", f"{provider} has no data of {symbol} on {day}", symbol=symbol)


def interval_not_served(interval_s: int, provider: str) -> MarketDataUnavailable:
    return MarketDataUnavailable("interval_not_served", f"{provider} has no bars of {interval_s} s")


@lru_cache(maxsize=65_536)
def as_contract(symbol: str) -> OptionContract | None:
    """The contract that a compact option symbol names; None for anything else, which then is an underlying."""
    if len(symbol) <= _DATE_RIGHT_STRIKE:
        return None
    try:
        return OptionContract.parse(symbol)
    except BadOptionSymbol:
        return None
