"""What a source of market data can be asked for, and how good its answers can be at best."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from domain.quotes import FeedClass
from market_app.interface import as_contract


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


def kind_of(symbol: str) -> Capability:
    """Which of the two kinds of quotes a symbol asks for."""
    return Capability.QUOTES if as_contract(symbol) is None else Capability.OPTION_QUOTES


def batches(symbols: Collection[str], per_call: int) -> list[list[str]]:
    """The symbols in as few groups as requests of that size allow, in their order."""
    wanted = list(symbols)
    return [wanted[start : start + per_call] for start in range(0, len(wanted), per_call)]
