"""Writing the audit trail: every change of state leaves one row in the transaction that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django.db import connection

from books_app import clock

TEXT_LIMIT: Final = 400
# Plain SQL: every alert writes five of these, and through the ORM they cost more than the statements they tell of.
_INSERT: Final = """
    INSERT INTO books_app_auditevent
        (at, entity, entity_id, from_state, to_state, actor, reason, text, data, correlation_id) VALUES
"""
_ROW: Final = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


class Trail:
    """Audit rows of one transaction, written by one INSERT at its end.

    actor says who acts for all of them: ``webhook``, ``engine A``, ``paper venue``, ``user:anna`` …
    """

    def __init__(self, actor: str, correlation_id: str = "") -> None:
        self._actor = actor
        self._correlation_id = correlation_id
        self._events: list[tuple[Any, ...]] = []

    def note(
        self,
        entity: str,
        entity_id: int,
        from_state: str,
        to_state: str,
        *,
        reason: str = "",
        text: str = "",
        data: Mapping[str, Any] | None = None,
        correlation_id: str | None = None,
    ) -> None:
        correlation = self._correlation_id if correlation_id is None else correlation_id
        told = json.dumps(dict(data or {}))
        states = (from_state, to_state)
        self._events.append(
            (clock.now(), entity, entity_id, *states, self._actor, reason, text[:TEXT_LIMIT], told, correlation)
        )

    def write(self) -> None:
        """Insert what was noted. Call it last in the transaction; noting after it is a mistake that loses the note."""
        if self._events:
            with connection.cursor() as cursor:
                cursor.execute(
                    _INSERT + ", ".join([_ROW] * len(self._events)), [v for row in self._events for v in row]
                )
            self._events = []
