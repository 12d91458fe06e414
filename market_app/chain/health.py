"""What the chain sees of its providers, made known: a row for each capability, and of each change an audit row and a line.

The audit rows are what the metric counts. The line is an error, and so an alarm, where a provider leaves a kind of data to
others or to nobody; one outage that shows in several kinds of data raises one alarm, and the rest of it are warnings.

The chain calls ``observe`` after every question that went out, so this costs nothing while nothing changes. A process that
sees a better state waits until it has seen it for a while; a worse one is written at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import structlog
from django.db import DatabaseError, connection, transaction

from books_app import clock
from books_app.audit import Trail
from domain.feeds import FeedHealth, FeedState, as_bad_as, counts
from market_app.capabilities import Capability
from market_app.models import CapabilityHealth

log = structlog.get_logger(__name__)

READ_AGAIN: Final = timedelta(seconds=5)  # another process may have written meanwhile
ACTOR: Final = "market data"
ALARMING: Final = frozenset({FeedState.FALLBACK, FeedState.DOWN})
ONE_AT_A_TIME: Final = 0x66656564  # "feed"; an advisory lock


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
    """The row's state and provider afterwards. One audit row and one line in the log for each change of state."""
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
    return {
        "state": health.state.value,
        "provider": health.provider,
        "missed": health.missed,
        "feed": feed,
        "text": health.text[:400],
    }


def _announce(row: CapabilityHealth, before: str, health: FeedHealth) -> None:
    trail = Trail(ACTOR)
    trail.note(
        "market_data", row.pk, before, row.state, text=f"{row.capability} by {row.provider or 'nobody'}. {row.text}"
    )
    trail.write()
    tell = log.error if _is_alarming(row, before) else log.warning  # an error reaches Sentry
    tell(
        "market_data_state",
        capability=row.capability,
        before=before,
        state=row.state,
        provider=row.provider,
        missed=row.missed,
        feed=row.feed,
        why=row.text,
    )


def _is_alarming(row: CapabilityHealth, before: str) -> bool:
    """Whether whoever is on duty is called: it got worse, and no other kind of data is as badly off by the same outage.

    Kinds of data change at the same moment in several processes. Each waits here for those before it to be committed, or
    all of them would be the first.
    """
    state = FeedState(row.state)
    if state not in ALARMING or (before and before in as_bad_as(state)):
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    same = CapabilityHealth.objects.filter(missed=row.missed, state__in=as_bad_as(state))
    return not same.exclude(pk=row.pk).exists()
