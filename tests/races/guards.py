"""Taking a unique key away for one test, to show what it holds back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection


@contextmanager
def without_unique(*names: str) -> Iterator[None]:
    """Drop these unique constraints or indexes; all rows are gone when they come back."""
    with connection.cursor() as cursor:
        restore = [_dropped(cursor, name) for name in names]
    try:
        yield
    finally:
        call_command("flush", interactive=False, verbosity=0)
        with connection.cursor() as cursor:
            for statement in restore:
                cursor.execute(statement)


def _dropped(cursor: object, name: str) -> str:
    """Drops one and gives the statement that makes it again."""
    execute, fetchone = cursor.execute, cursor.fetchone  # type: ignore[attr-defined]
    execute("SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
    constraint = fetchone()
    if constraint is not None:
        table, definition = constraint
        execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        return f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
    execute("SELECT pg_get_indexdef(%s::regclass)", [name])
    (definition,) = fetchone()
    execute(f"DROP INDEX {name}")
    return str(definition)
