"""The one clock. Everything that asks for the time asks here, so that a recorded day can be run through the same code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system_time() -> datetime:
    return datetime.now(UTC)


_read: Callable[[], datetime] = _system_time


def now() -> datetime:
    """The current time, UTC and aware; virtual inside ``running_on``."""
    return _read()


@contextmanager
def running_on(read: Callable[[], datetime]) -> Iterator[None]:
    """Let the whole process live by another clock: for the replay of a recorded day and for tests."""
    global _read
    before = _read
    _read = read
    try:
        yield
    finally:
        _read = before
