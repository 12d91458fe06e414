"""What the tests of market data share: a fresh memory, the recorded days, and a market of one's own making."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from market_app import sessions
from market_app.providers.lean import Lean

RECORDED = Path(os.environ.get("LEAN_DATA_DIR") or Path(__file__).parents[3] / "shared/data/lean")


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Calendar rows kept by the process are those of a database that is rolled back."""
    sessions.forget()
    yield
    sessions.forget()


@pytest.fixture(scope="session")
def recorded() -> Path:
    if not (RECORDED / "option").is_dir():
        pytest.skip(f"no recorded days at {RECORDED} (set LEAN_DATA_DIR)")
    return RECORDED


@pytest.fixture(scope="session")
def lean(recorded: Path) -> Lean:
    return Lean(recorded)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
