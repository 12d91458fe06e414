"""A stage of its own for every test that breaks things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.stage import Stage, a_stage


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path) -> Iterator[Stage]:
    tmp_path.chmod(0o755)
    with a_stage(tmp_path) as made:
        yield made
