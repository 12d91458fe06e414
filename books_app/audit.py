"""Writing the audit trail: every change of state leaves one row in the transaction that made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from books_app import clock
from books_app.models import AuditEvent

TEXT_LIMIT = 400


class Trail:
    """Audit rows of one transaction, written by one INSERT at its end.

    actor says who acts for all of them: ``webhook``, ``engine A``, ``paper venue``, ``user:anna`` …
    """

    def __init__(self, actor: str, correlation_id: str = "") -> None:
        self._actor = actor
        self._correlation_id = correlation_id
        self._events: list[AuditEvent] = []

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
        self._events.append(
            AuditEvent(
                at=clock.now(),
                entity=entity,
                entity_id=entity_id,
                from_state=from_state,
                to_state=to_state,
                actor=self._actor,
                reason=reason,
                text=text[:TEXT_LIMIT],
                data=dict(data or {}),
                correlation_id=self._correlation_id if correlation_id is None else correlation_id,
            )
        )

    def write(self) -> None:
        """Insert what was noted. Call it last in the transaction; noting after it is a mistake that loses the note."""
        if self._events:
            AuditEvent.objects.bulk_create(self._events)
            self._events = []
