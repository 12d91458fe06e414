"""What the chain sees of its providers, made known: a row for each capability, an audit row and an alarm for each change.

One outage that shows in several kinds of data raises one alarm; the others follow as warnings.

The chain calls ``observe`` after every question that went out, so this costs nothing while nothing changes. A process that
sees a better state waits until it has seen it for a while; a worse one is written at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import structlog
from django.db import DatabaseError, transaction

from books_app import clock
from books_app.audit import Trail
from domain.feeds import FeedHealth, FeedState, counts
from market_app.capabilities import Capability
from market_app.models import CapabilityHealth

log = structlog.get_logger(__name__)

READ_AGAIN: Final = timedelta(seconds=5)  # another process may have written meanwhile
ACTOR: Final = "market data"


class Observer:
    """One process's view. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[Capability, tuple[datetime, FeedState, str]] = {}  # what the row said when it was read
        self._seen: dict[
            Capability, tuple[datetime, FeedState]
        ] = {}  # since when this state has been seen without a break
        self._lock = Lock()

    def observe(self, capability: Capability, health: FeedHealth) -> None:
        """Write the row where its state or its provider has changed; after commit where a transaction is open."""
        now = clock.now()
        with self._lock:
            since, state = self._seen.get(capability, (now, health.state))
            if state is not health.state:
                since = now
            self._seen[capability] = (since, health.state)
            known = self._known.get(capability)
        if known is not None and now - known[0] < READ_AGAIN and known[1:] == (health.state, health.provider):
            return
        transaction.on_commit(lambda: self._write(capability, health, now - since, now), robust=True)

    def _write(self, capability: Capability, health: FeedHealth, seen_for: timedelta, now: datetime) -> None:
        try:
            state, provider = record(capability, health, seen_for=seen_for)
        except DatabaseError as e:  # prices must not fail because their health cannot be written down
            log.warning("feed_health_not_written", capability=capability.value, error=type(e).__name__)
            return
        with self._lock:
            self._known[capability] = (now, state, provider)


@transaction.atomic
def record(capability: Capability, health: FeedHealth, *, seen_for: timedelta) -> tuple[FeedState, str]:
    """The row's state and provider afterwards. One audit row and one alarm for each change of state."""
    now = clock.now()
    row, made = CapabilityHealth.objects.select_for_update().get_or_create(
        capability=capability.value, defaults={**_columns(health), "since": now}
    )
    before = FeedState(row.state)
    changed = (made and health.state is not FeedState.HEALTHY) or (
        not made and counts(before, health.state, seen_for=seen_for)
    )
    if changed or (not made and before is health.state and row.provider != health.provider):
        for name, value in _columns(health).items():
            setattr(row, name, value)
        row.since = now if changed else row.since
        row.save()
    if changed:
        _announce(row, "" if made else before.value, health)
    return FeedState(row.state), row.provider


def _columns(health: FeedHealth) -> dict[str, str]:
    feed = "" if health.feed is None else health.feed.value
    return {"state": health.state.value, "provider": health.provider, "feed": feed, "text": health.text[:400]}


def _announce(row: CapabilityHealth, before: str, health: FeedHealth) -> None:
    trail = Trail(ACTOR)
    trail.note(
        "market_data", row.pk, before, row.state, text=f"{row.capability} by {row.provider or 'nobody'}. {row.text}"
    )
    trail.write()
    tell = log.warning if health.state is FeedState.HEALTHY or _is_known(row) else log.error  # an error reaches Sentry
    tell(
        "market_data_state",
        capability=row.capability,
        before=before,
        state=row.state,
        provider=row.provider,
        feed=row.feed,
        why=row.text,
    )


def _is_known(row: CapabilityHealth) -> bool:
    """Another kind of data is in the same state by the same provider: one outage, and one call to whoever is on duty."""
    same = CapabilityHealth.objects.filter(state=row.state, provider=row.provider)
    return same.exclude(pk=row.pk).exists()
