"""Asking a provider's adapter for what it offers, beside the fake that it asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from domain.errors import MarketDataUnavailable
from market_app.capabilities import Capability
from market_app.providers.access import Access, Patience, ProviderTrouble, Trouble
from tests.fakes import market
from tests.fakes.faults import Fault
from tests.fakes.registry import Stand
from tests.fakes.server import FakeServer
from tests.fakes.truth import INTERVALS

C = Capability
OPTIONS: Final = [contract.symbol for contract in market.listed("AAPL", market.MOMENT.date())[:6]]  # of one expiration
_intervals: dict[str, list[int]] = {}


class Asker:
    """One adapter beside the server that it asks."""

    def __init__(self, stand: Stand, fake: FakeServer, patience: Patience | None = None, **access: Any) -> None:
        fake.forget()
        self.fake = fake
        self.access: Access = stand.access(fake, patience, **access)
        self.adapter = stand.adapter(self.access)
        self._interval_s = market.DAY_S

    @property
    def now(self) -> datetime:
        return self.fake.market.now()

    def ask(self, capability: Capability, symbol: str = "AAPL") -> Any:
        """The shortest question of a kind, which most providers answer with one request."""
        match capability:
            case C.QUOTES:
                return self.adapter.quotes([symbol], now=self.now)
            case C.OPTION_QUOTES:
                return self.adapter.quotes(OPTIONS[:1], now=self.now)
            case C.CHAIN:
                return self.adapter.chain(symbol, now=self.now)
            case C.ACTIVITY:
                return self.adapter.activity(symbol, now=self.now)
            case C.BARS:
                return self.adapter.bars(symbol, interval_s=self._interval_s, count=5, now=self.now)
            case C.SESSION:
                return self.adapter.market_open(now=self.now)

    def remember_interval(self) -> None:
        """Find out now which bars can be asked for, before any fault."""
        if C.BARS in self.adapter.offers:
            self._interval_s = self.intervals()[0]

    def intervals(self) -> list[int]:
        """Those of the usual ones that this provider has; the first time asked for in vain, to find out."""
        name = self.adapter.name
        if name not in _intervals:
            self.fake.inject(Fault.NO_DATA, times=None)
            _intervals[name] = [interval_s for interval_s in INTERVALS if self._serves(interval_s)]
            self.fake.forget()
        return _intervals[name]

    def _serves(self, interval_s: int) -> bool:
        try:
            self.adapter.bars("AAPL", interval_s=interval_s, count=1, now=self.now)
        except MarketDataUnavailable as refused:
            return refused.code != "interval_not_served"
        return True


class Meter:
    """Counts, and refuses above a limit."""

    def __init__(self, limit: int = 10_000) -> None:
        self.limit, self.spent = limit, 0

    def spend(self, credits: int) -> None:
        if self.spent + credits > self.limit:
            raise ProviderTrouble(Trouble.BUDGET, "spent")
        self.spent += credits

    def charge(self, credits: int) -> None:
        self.spent += credits
