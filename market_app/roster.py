"""Every provider that the chain can ask: where its adapter is, whether it needs a key, and what its free plan allows.

Adapters are imported when they are first needed: their SDKs weigh more than the rest of a worker together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

from django.conf import settings

from market_app.capabilities import Capability, Offer, Source
from market_app.providers.access import Access, Meter, Patience


class Member(NamedTuple):
    """place: module and class. Limits are those of the free plan; None where none is known. The day starts in that zone."""

    place: tuple[str, str]
    needs_key: bool = True
    per_minute: int | None = None
    per_day: int | None = None
    day_zone: str = "UTC"
    day_starts: time = time()


# In the default order of the chain.
ROSTER: Final[Mapping[str, Member]] = {
    "alpaca": Member(("market_app.providers.alpaca", "Alpaca"), per_minute=200),
    "massive": Member(("market_app.providers.massive", "Massive"), per_minute=5),
    "marketdata": Member(
        ("market_app.providers.marketdata", "MarketDataApp"),
        per_minute=100,
        per_day=100,
        day_zone="America/New_York",
        day_starts=time(9, 30),
    ),
    "twelvedata": Member(("market_app.providers.twelvedata", "TwelveData"), per_minute=8, per_day=800),
    "finnhub": Member(("market_app.providers.finnhub", "Finnhub"), per_minute=60),
    "cboe": Member(("market_app.providers.cboe", "Cboe"), needs_key=False, per_minute=30),
    "yfinance": Member(("market_app.providers.yahoo", "Yahoo"), needs_key=False, per_minute=60),
    "alphavantage": Member(("market_app.providers.alphavantage", "AlphaVantage"), per_minute=5, per_day=25),
}


@cache
def adapter(name: str) -> Any:
    """The adapter's class."""
    module, class_name = ROSTER[name].place
    return getattr(import_module(module), class_name)


def offers(name: str) -> Mapping[Capability, Offer]:
    """What the provider can be asked for."""
    found: Mapping[Capability, Offer] = adapter(name).offers
    return found


def has_key(name: str) -> bool:
    """Whether this provider can be asked: it needs no key, or all that its account needs is set."""
    account = settings.MARKET_ACCOUNTS[name]
    return not ROSTER[name].needs_key or all(account[part] for part in ("key", "secret") if part in account)


def built(name: str, meter: Meter, patience: Patience) -> Source:
    """An adapter that counts on this meter."""
    made: Source = adapter(name)(Access(**settings.MARKET_ACCOUNTS[name], meter=meter, patience=patience))
    return made
