"""Finding rows that stayed behind: after a lost nudge, a dead worker, or a wait that is over. Safe to run twice."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from books_app import clock, nudges
from domain.signals import LIVE, SignalStatus
from orders_app.queries import due_orders
from signals_app.models import Signal
from workers import pipeline
from workers.attempts import alone

BATCH = 500
NEXT_LOOK = timedelta(seconds=30)  # longer than a nudge needs, so that a backlog is not nudged again and again


def sweep_signals() -> int:
    """Nudge signals whose time has come, each once in half a minute; several sweeps at once share the rows out."""
    now = clock.now()
    with transaction.atomic():
        due = list(
            Signal.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
            .filter(status__in=LIVE, due_at__lte=now)
            .order_by("pk")
            .values_list("pk", "status")[:BATCH]
        )
        Signal.objects.filter(pk__in=[pk for pk, _ in due]).update(due_at=now + NEXT_LOOK)
    for pk, status in due:
        task = "workers.signals.process_signal" if status == SignalStatus.PENDING else "workers.orders.create_order"
        nudges.send(task, pk, True)
    return len(due)


def sweep_orders() -> int:
    """Work orders that are due: send those that wait, look up unproven ones, let resting ones meet the market."""
    due = due_orders(BATCH)
    for order_id in due:
        with alone("order", order_id):
            pipeline.execute_exit(order_id)
    return len(due)
