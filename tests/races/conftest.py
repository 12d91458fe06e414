"""Races on real PostgreSQL: threads with a connection each, released at one moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories import Floor, a_floor, seed_exit_rules


@pytest.fixture
def floor(transactional_db: None) -> Iterator[Floor]:
    with a_floor() as made:
        seed_exit_rules()
        yield made
