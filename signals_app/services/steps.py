"""Moving a signal along its table: shared by every service that decides on it or carries it out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from books_app import clock
from books_app.audit import Trail
from books_app.rows import locked_row
from domain.errors import TradingError
from domain.signals import LIVE, SignalStatus, check_step
from signals_app.models import Signal

MAX_ATTEMPTS = 5
SWEEP_AFTER = timedelta(seconds=5)  # a step that is not followed by the next within this time is taken up by a sweep
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=15)
S = SignalStatus


def signals_for_update() -> QuerySet[Signal]:
    return Signal.objects.select_for_update(of=("self",), no_key=True).order_by("pk")


def lock_signal(signal_id: int) -> Signal:
    return locked_row(Signal, signal_id)


def move(
    signal: Signal,
    following: SignalStatus,
    trail: Trail,
    *,
    reason: str = "",
    text: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """One step of the signal's table with its audit row. Saves the signal. Raises IllegalTransition."""
    before = S(signal.status)
    check_step(before, following)
    now = clock.now()
    signal.status, signal.updated_at, signal.due_at = following, now, now + SWEEP_AFTER
    if following in (S.REJECTED, S.DEAD):
        signal.reason, signal.reason_text = reason, text[:400]
    signal.save(update_fields=["status", "engine", "experiment", "reason", "reason_text", "due_at", "updated_at"])
    trail.note("signal", signal.pk, before, following, reason=reason, text=text, data=data)


def locked_if_approved(*, signal_id: int) -> Signal | None:
    """Lock the signal and look again: another worker may have ordered or refused it. For the running transaction."""
    signal = lock_signal(signal_id)
    return signal if signal.status in (S.APPROVED, S.CLOSING) else None


def mark_closing(signal: Signal) -> None:
    """A reversal has started to close what is held. Called under its lock, in the transaction that makes the exit orders."""
    if signal.status == S.APPROVED:
        trail = Trail("worker", signal.correlation_id)
        move(signal, S.CLOSING, trail, text="closes first, opens when flat")
        trail.write()


def mark_ordered(signal: Signal, *, order_ids: list[int]) -> None:
    """Orders carry the signal now. Called under its lock, in the transaction that makes them."""
    trail = Trail("worker", signal.correlation_id)
    move(signal, S.ORDERED, trail, data={"orders": order_ids})
    trail.write()


@transaction.atomic
def reject(*, signal_id: int, cause: TradingError, actor: str = "risk gate") -> None:
    """A later stage said no: the reason becomes the signal's."""
    signal = lock_signal(signal_id)
    if signal.status in LIVE:
        trail = Trail(actor, signal.correlation_id)
        move(signal, S.REJECTED, trail, reason=cause.code, text=cause.message)
        trail.write()


@transaction.atomic
def wait_or_reject(*, signal_id: int, until: datetime, cause: TradingError) -> None:
    """Something that may come has not come: look again soon, as the row says, until the alert has grown too old.

    An orderly wait is no failed try, so it clears the count of those.
    """
    signal = lock_signal(signal_id)
    if signal.status not in LIVE:
        return
    trail = Trail("worker", signal.correlation_id)
    now = clock.now()
    if now > until:
        move(signal, S.REJECTED, trail, reason=cause.code, text=f"waited until {until:%H:%M:%S} UTC: {cause.message}")
    else:
        waited = (now - signal.received_at) / 2
        signal.due_at = now + min(max(waited, SHORTEST_WAIT), LONGEST_WAIT)
        signal.attempts, signal.last_error = 0, str(cause)[:400]
        signal.save(update_fields=["attempts", "due_at", "last_error"])
    trail.write()


def reversals_waiting_on(order_id: int) -> list[int]:
    """The signal behind an exit order, while it is a reversal that waits for this to be closed."""
    waiting = Signal.objects.filter(status=S.CLOSING, orders=order_id)
    return list(waiting.values_list("pk", flat=True))
