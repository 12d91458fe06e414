"""The provider that this process asks, chosen by the setting MARKET_PROVIDER, and a way to put another in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings

from domain.errors import RuleBroken
from market_app.interface import MarketData

NAMES: Final = ("simulated", "lean", "yfinance", "chain")

_chosen: ContextVar[MarketData | None] = ContextVar("market_provider", default=None)
_everywhere: MarketData | None = None


def current() -> MarketData:
    """The provider put in place by use_provider, else the one of the settings, built at the first question."""
    return _chosen.get() or _everywhere or _built(*_settings())


@contextmanager
def use_provider(provider: MarketData, *, all_threads: bool = False) -> Iterator[MarketData]:
    """Ask this provider inside the block: in this context, or in every thread of the process (a replay's server)."""
    global _everywhere
    before, token = _everywhere, _chosen.set(provider)
    if all_threads:
        _everywhere = provider
    try:
        yield provider
    finally:
        _chosen.reset(token)
        _everywhere = before


def _settings() -> tuple[str, int, str]:
    return str(settings.MARKET_PROVIDER), int(settings.SIMULATED_SEED), str(settings.LEAN_DATA_DIR)


@lru_cache(maxsize=4)
def _built(name: str, seed: int, folder: str) -> MarketData:
    """Imports only the provider that is asked for: numpy and yfinance stay out of processes that ask for no prices."""
    if name == "simulated":
        from market_app.providers.simulated import Simulated

        return Simulated(seed)
    if name == "lean":
        from market_app.providers.lean import Lean

        return Lean(Path(folder))
    if name == "yfinance":
        from market_app.providers.yahoo import Yahoo

        return Yahoo()
    if name == "chain":
        from market_app.chain.fallback import Fallback
        from market_app.chain.health import Observer

        return Fallback(Observer().observe)
    raise RuleBroken("unknown_provider", f"MARKET_PROVIDER is {name!r}, allowed are {', '.join(NAMES)}")
