"""Uses of providers that tests ask, and many processes that ask at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.feeds import FeedHealth
from domain.quotes import FeedClass
from market_app.capabilities import Capability, Offer
from market_app.chain.budget import Budget
from market_app.chain.fallback import Fallback, Observe
from market_app.chain.quotes import KEPT
from market_app.chain.terms import Terms, Use
from market_app.providers.access import Access, Patience, ProviderTrouble, Trouble
from market_app.providers.massive import Massive
from tests.fakes.server import FakeServer

START_S = 20.0


def terms(**changed: Any) -> Terms:
    """No limits, five failures, a rest of a fifth of a second, and half a second for an answer."""
    usual = Terms(None, None, 5, 0.2, 0.2, 0.3, 0.5, ZoneInfo("UTC"), 0)
    return usual._replace(**changed)


def a_use(provider: str = "somebody", capability: Capability = Capability.QUOTES, **changed: Any) -> Use:
    """A provider whose adapter nobody asks: tests give the question themselves."""
    return Use(provider, capability, terms(**changed), Offer(FeedClass.REAL_TIME, 100), None)  # type: ignore[arg-type]


class Two:
    """Two providers of the same kind at two addresses, and chains that ask the first one first."""

    def __init__(self, first: FakeServer, second: FakeServer) -> None:
        self.first, self.second = first, second
        self.seen: list[tuple[Capability, FeedHealth]] = []

    @property
    def now(self) -> datetime:
        return self.first.market.now()

    def at(self, moment: datetime) -> None:
        for server in (self.first, self.second):
            server.market.at = moment

    def chain(self, *, kept: timedelta = KEPT, observe: Observe | None = None, **changed: Any) -> Fallback:
        """As another process would build it: with an adapter, a cache and a memory of its own."""
        uses = [self._use(name, fake, **changed) for name, fake in (("first", self.first), ("second", self.second))]

        def uses_of(capability: Capability) -> list[Use]:
            return [use._replace(capability=capability, offer=Massive.offers[capability]) for use in uses]

        return Fallback(observe or self._see, uses_of, kept)

    def _see(self, capability: Capability, health: FeedHealth) -> None:
        self.seen.append((capability, health))

    def _use(self, name: str, fake: FakeServer, **changed: Any) -> Use:
        own = terms(**changed)
        patience = Patience(own.connect_s, own.read_s, own.total_s)
        source = _named(name, Massive(Access(fake.url, fake.key, meter=Budget(name, lambda: own), patience=patience)))
        return Use(name, Capability.QUOTES, own, Massive.offers[Capability.QUOTES], source)


def _named(name: str, adapter: Massive) -> Massive:
    """Two accounts at one provider, told apart."""
    adapter.name = name
    return adapter


def fails(trouble: Trouble = Trouble.FAILED, **more: Any) -> Callable[[], str]:
    def ask() -> str:
        raise ProviderTrouble(trouble, f"somebody: {trouble.value}", **more)

    return ask


def answers() -> str:
    return "an answer"


def at_once_in_processes(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Results of work(number) in so many processes that wait for each other; forked, so that work may be a closure."""
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(count), context.SimpleQueue()

    def run(number: int) -> None:
        barrier.wait(START_S)
        results.put(work(number))

    processes = [context.Process(target=run, args=(number,), daemon=True) for number in range(count)]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join(START_S)
        assert process.exitcode == 0
    return found
