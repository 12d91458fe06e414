"""What an adapter needs to reach its provider: an address, keys, a budget, and how long it may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import Final, Protocol

from domain.errors import MarketDataUnavailable


class Trouble(StrEnum):
    """Why a provider gave no answer; the value is the reason code. Only some of them speak against its health."""

    NO_DATA = "no_market_data"  # it knows nothing of what was asked: not a failure
    FAILED = "market_data_failed"  # unreachable, refused connection, 5xx, an answer cut short
    TIMED_OUT = "provider_timed_out"
    NONSENSE = "provider_nonsense"  # an answer that is not of the documented shape
    LIMITED = "provider_rate_limited"  # it says that we ask too often
    REFUSED = "provider_refused"  # key, plan or address: asking again will not help
    BUDGET = "provider_budget_spent"  # our own limit, nothing was sent
    OPEN = "provider_breaker_open"  # it failed repeatedly and is left alone, nothing was sent


class ProviderTrouble(MarketDataUnavailable):
    """One provider's failure to answer. retry_after_s: how long the provider asks to be left alone, if it says so."""

    def __init__(self, trouble: Trouble, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(trouble.value, message)
        self.trouble = trouble
        self.retry_after_s = retry_after_s


class Meter(Protocol):
    """Counts what is asked of a provider, over all processes."""

    def spend(self, credits: int) -> None:
        """Called once before each request leaves. Raises ProviderTrouble (BUDGET) where it would go over a limit."""
        ...

    def charge(self, credits: int) -> None:
        """Called after an answer that cost more than was known before; never raises."""
        ...


class Unmetered:
    def spend(self, credits: int) -> None:
        """No limit."""

    def charge(self, credits: int) -> None:
        """No count."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to connect, between two pieces of an answer, and for a whole request including all of its body.

    largest_answer: bytes that are taken, packed and unpacked; None for what the wire takes from anybody.
    """

    connect_s: float = 2.0
    read_s: float = 4.0
    total_s: float = 8.0
    largest_answer: int | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """One account at one provider. url: without a slash at its end. key and secret are empty where none is needed."""

    url: str
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    feed: str = ""  # which of the provider's feeds, by its own word; empty: its best free one
    option_feed: str = ""
    trading_url: str = ""  # where contracts, clock and calendar are asked, if that is another address
    meter: Meter = field(default_factory=Unmetered)
    patience: Patience = field(default_factory=Patience)


_ends: ContextVar[float | None] = ContextVar("market_data_deadline", default=None)
NO_END: Final = float("inf")


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Every request inside ends within so many seconds; an outer deadline that ends earlier stays in force."""
    outer = _ends.get()
    inner = monotonic() + seconds
    token = _ends.set(inner if outer is None else min(outer, inner))
    try:
        yield
    finally:
        _ends.reset(token)


def remaining() -> float:
    """Seconds until the caller's deadline, negative after it; infinite without one."""
    ends = _ends.get()
    return NO_END if ends is None else ends - monotonic()
