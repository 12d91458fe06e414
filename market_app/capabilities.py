"""What a source of market data can be asked for, and how good its answers can be at best."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from domain.quotes import Bar, FeedClass, Quote
from domain.symbols.occ import OptionContract
from market_app.interface import Activity, as_contract


class Capability(StrEnum):
    """One kind of question. Order, breaker and state of health are kept for each of them apart."""

    QUOTES = "quotes"  # of underlyings
    OPTION_QUOTES = "option_quotes"
    CHAIN = "chain"  # listed contracts
    ACTIVITY = "activity"  # open interest and volume by contract
    BARS = "bars"
    SESSION = "session"  # whether the market is open, by the provider's own word


class Offer(NamedTuple):
    """feed: the best class of an answer; each value carries its own. per_call: symbols that one request can carry."""

    feed: FeedClass
    per_call: int = 1
    note: str = ""


class Source(Protocol):
    """One provider's adapter. It has the methods of what it offers, and only those are called.

    Every method raises ProviderTrouble, and leaves out what the provider does not have of a longer question.
    """

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]: ...

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]: ...

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]: ...

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]: ...

    def market_open(self, *, now: datetime) -> bool: ...


@runtime_checkable
class LooksAgain(Protocol):
    """A source of several providers, which can be asked whether a kind of data is served again."""

    def look_again(self, capability: Capability, symbol: str, *, now: datetime) -> None:
        """Ask something small of that kind. Raises MarketDataUnavailable."""
        ...


def kind_of(symbol: str) -> Capability:
    """Which of the two kinds of quotes a symbol asks for."""
    return Capability.QUOTES if as_contract(symbol) is None else Capability.OPTION_QUOTES


def batches(symbols: Collection[str], per_call: int) -> list[list[str]]:
    """The symbols in as few groups as requests of that size allow, in their order."""
    wanted = list(symbols)
    return [wanted[start : start + per_call] for start in range(0, len(wanted), per_call)]
