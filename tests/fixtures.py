"""Fixtures of the packages that trade: a floor to trade on, a desk to trade from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from signals_app.services import credentials
from tests.factories import Desk, Floor, a_desk, a_floor, seed_exit_rules


@pytest.fixture
def floor(db: None, redis_client: object) -> Iterator[Floor]:
    credentials.recent_callers.clear()
    with a_floor() as made:
        yield made


@pytest.fixture
def desk(floor: Floor) -> Desk:
    seed_exit_rules()
    return a_desk()
