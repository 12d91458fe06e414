"""The auditor: every invariant on one snapshot of the rows, read-only. It finds and tells; it mends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from books_app import clock
from tradingsite.invariants import ALL, Invariant

ROWS_TOLD = 20  # of each invariant; the count tells the rest
LONGEST_STATEMENT = "10min"


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant and the rows that break it: (what, found) pairs, the first ones of ``count``."""

    invariant: Invariant
    count: int
    rows: tuple[tuple[str, str], ...]

    @property
    def holds(self) -> bool:
        return self.count == 0


def audit(invariants: Iterable[Invariant] = ALL) -> Iterator[Finding]:
    """Each invariant as it was checked, all on the same snapshot."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST_STATEMENT}'")
        yield from findings(cursor, invariants, now=clock.now())


def findings(cursor: CursorWrapper, invariants: Iterable[Invariant], *, now: datetime) -> Iterator[Finding]:
    """The same on a cursor whose transaction the caller has chosen."""
    for invariant in invariants:
        cursor.execute(invariant.sql, {"now": now})
        rows = [(str(what), str(found)) for what, found in cursor.fetchall()]
        yield Finding(invariant, len(rows), tuple(rows[:ROWS_TOLD]))


def violations() -> list[Finding]:
    """What the audit finds broken now; empty when the books are clean."""
    return [finding for finding in audit() if not finding.holds]
