"""One thing that must be true of the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """code is the group's letter and a number; promise says it in one sentence; sql gives the rows that break it."""

    code: str
    promise: str
    sql: str


def words(values: Iterable[str]) -> str:
    """A list of SQL literals from words of our own (statuses, steps): ``'open', 'closed'``."""
    return ", ".join(f"'{value}'" for value in sorted(values))
