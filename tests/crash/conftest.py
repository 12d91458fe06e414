"""A floor with empty tables for every test that kills."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.way import clear_the_floor
from tests.factories import Floor, a_floor


@pytest.fixture
def floor(transactional_db: None) -> Iterator[Floor]:
    with a_floor() as made:
        clear_the_floor()
        yield made
