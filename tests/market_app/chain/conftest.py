"""What tests of the chain share: nothing remembered, a Redis of their own, and two providers over HTTP in a chain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis

from books_app import clock
from market_app.chain import guard, order, shared
from tests.fakes.massive import FakeMassive
from tests.market_app.chain.making import Two


@pytest.fixture(autouse=True)
def nothing_remembered_of_providers(redis_client: redis.Redis) -> Iterator[None]:
    for module in (guard, order, shared):
        module.forget()
    yield
    for module in (guard, order, shared):
        module.forget()


@pytest.fixture
def two() -> Iterator[Two]:
    """The first and the second provider of a chain."""
    with ExitStack() as running:
        both = Two(*(running.enter_context(FakeMassive()) for _ in range(2)))
        running.enter_context(clock.running_on(lambda: both.now))
        yield both
