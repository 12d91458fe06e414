"""A running stream in this process: the real alpaca-py on real sockets, the real exit rules, a market that a test moves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic

import pytest
import redis

from books_app import clock, nudges
from market_app.chain import shared
from market_app.providers import use_provider
from market_app.providers.access import Access, Patience
from market_app.providers.alpaca import Alpaca
from market_app.stream.streamer import Streamer, Terms
from tests.factories import WEDNESDAY, Desk, Floor, a_desk, a_floor, seed_exit_rules
from tests.fakes.alpaca import FakeAlpaca
from tests.fakes.alpaca_stream import FakeAlpacaStream
from tests.fakes.market import Market
from tests.fakes.server import KEY
from tests.market_app.stream.making import Running, RunningClock, StreamFirst, Streaming, until
from workers.guarding import PriceGuard


@pytest.fixture
def floor(transactional_db: None, redis_client: redis.Redis) -> Iterator[Floor]:
    shared.forget()
    with a_floor() as made, use_provider(StreamFirst(made.clock.at), all_threads=True) as market:
        made.market = market  # type: ignore[assignment]
        with clock.running_on(RunningClock()):
            yield made


@pytest.fixture
def desk(floor: Floor) -> Desk:
    seed_exit_rules()
    return a_desk()


@pytest.fixture
def lines() -> Iterator[FakeAlpacaStream]:
    with FakeAlpacaStream() as fake:
        yield fake


@pytest.fixture
def rest() -> Iterator[FakeAlpaca]:
    with FakeAlpaca(Market(WEDNESDAY)) as fake:
        yield fake


@pytest.fixture
def streaming(lines: FakeAlpacaStream, rest: FakeAlpaca) -> Streaming:
    """``with streaming(watched=(...), limit=30) as running``"""

    @contextmanager
    def start(*, watched: Collection[str] = (), limit: int = 30, deaf_after_s: float = 20.0) -> Iterator[Running]:
        access = Access(rest.url, key=KEY, secret=KEY, patience=Patience(0.5, 0.5, 1.0))
        adapter, terms = Alpaca(access), Terms(lines.url, limit, deaf_after_s)
        running = Running(
            lambda: Streamer(
                access,
                terms,
                PriceGuard(tuple(watched)),
                backfill=lambda symbols: adapter.quotes(symbols, now=clock.now()),
            )
        )
        thread = Thread(target=running.live, daemon=True, name="stream")
        with nudges.delivered_to(lambda task, args: running.nudges.put((task, args))):
            thread.start()
            until(lambda: running.streamer or running.error, "the stream starts")
            try:
                yield running
            finally:
                begun = monotonic()
                running.stop()
                thread.join(5)
                assert not thread.is_alive(), "the stream does not end"
                assert monotonic() - begun < 2, "the stream ends too slowly"
                assert running.error is None, running.error

    return start
