"""Finding rows that stayed behind: after a lost nudge, a dead worker, or a wait that is over. Safe to run twice."""

from __future__ import annotations

from datetime import timedelta

from books_app import clock, nudges
from books_app.rows import fetched
from domain.signals import LIVE, SignalStatus
from orders_app.queries import due_orders
from workers import pipeline
from workers.attempts import alone

BATCH = 500
NEXT_LOOK = timedelta(seconds=30)  # longer than a nudge needs, so that a backlog is not nudged again and again
_TAKE_DUE = """
    WITH due AS (
        SELECT id FROM signals_app_signal WHERE status = ANY(%s::text[]) AND due_at <= %s
        ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE signals_app_signal AS signal SET due_at = %s FROM due WHERE signal.id = due.id RETURNING signal.id, status
"""


def sweep_signals() -> int:
    """Nudge signals whose time has come, each once in half a minute; several sweeps at once share the rows out."""
    now = clock.now()
    due = sorted(fetched(_TAKE_DUE, [sorted(LIVE), now, BATCH, now + NEXT_LOOK]))
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
