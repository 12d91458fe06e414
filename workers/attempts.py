"""Counting tries of a signal that fails: in the row, so that a poison row ends dead and others flow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F

from books_app import clock
from books_app.audit import Trail
from domain.signals import LIVE, SignalStatus
from orders_app import services as orders
from signals_app.models import Signal
from signals_app.services.steps import MAX_ATTEMPTS, move, signals_for_update

log = structlog.get_logger(__name__)

PAUSE = timedelta(seconds=30)


@contextmanager
def counted(kind: str, signal_id: int, *, swept: bool) -> Iterator[bool]:
    """Yields whether to work on the signal now.

    A row that a sweep found is counted before the work, in a transaction of its own, because its first try may have killed
    the process. An exception is counted after it, kept in the row, and not raised: the sweep owns the retries.
    """
    if swept and not _count_before(signal_id):
        yield False
        return
    try:
        yield True
    except (
        Exception
    ) as e:  # any bug in a stage belongs to this row alone; the row tells it and the log has the traceback
        log.exception("stage_failed", kind=kind, signal_id=signal_id)
        _count_after(signal_id, e, already_counted=swept)


@contextmanager
def alone(kind: str, row_id: int) -> Iterator[None]:
    """One row of a round: what goes wrong with it is told in the log, and in its order's row, and the others go on."""
    try:
        yield
    except Exception as e:  # any bug belongs to this row alone
        log.exception("stage_failed", kind=kind, row_id=row_id)
        if kind == "order":
            orders.count_failure(order_id=row_id, cause=e)


@transaction.atomic
def _count_before(signal_id: int) -> bool:
    signal = signals_for_update().filter(pk=signal_id, status__in=LIVE).first()
    if signal is None:
        return False
    if signal.attempts >= MAX_ATTEMPTS:
        _bury(signal)
        return False
    Signal.objects.filter(pk=signal_id).update(attempts=F("attempts") + 1, due_at=clock.now() + PAUSE)
    return True


@transaction.atomic
def _count_after(signal_id: int, cause: Exception, *, already_counted: bool) -> None:
    signal = signals_for_update().filter(pk=signal_id, status__in=LIVE).first()
    if signal is None:
        return
    signal.attempts += 0 if already_counted else 1
    signal.last_error = f"{type(cause).__name__}: {cause}"[:400]
    signal.due_at = clock.now() + timedelta(seconds=2**signal.attempts)
    signal.save(update_fields=["attempts", "last_error", "due_at"])
    if signal.attempts >= MAX_ATTEMPTS and not isinstance(cause, DatabaseError):
        _bury(signal)


def _bury(signal: Signal) -> None:
    trail = Trail("sweep", signal.correlation_id)
    text = f"{signal.attempts} tries; last error: {signal.last_error or 'the process ended'}"
    move(signal, SignalStatus.DEAD, trail, reason="retries_exhausted", text=text)
    trail.write()
    log.error("row_dead", signal_id=signal.pk, attempts=signal.attempts, error=signal.last_error)
