"""Nudges: Celery messages that say where to look. Rows are the work; a nudge may be lost or doubled without harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

Sink = Callable[[str, tuple[Any, ...]], None]

QUEUES = {
    "workers.signals.process_signal": "signals",
    "workers.orders.create_order": "orders",
    "workers.orders.execute_order": "orders",
    "workers.positions.execute_exit": "exits",
    "workers.positions.check_exits": "exits",
    "workers.operations.answer_probe": "default",
}
EXPIRES_SECONDS = 60  # the sweep has long been there by then


def _publish(task: str, args: tuple[Any, ...]) -> None:
    current_app.send_task(task, args=args, queue=QUEUES[task], expires=EXPIRES_SECONDS, ignore_result=True)


_sink: Sink = _publish


def send(task: str, *args: Any) -> bool:
    """Tell a worker now. False when the broker is away: the sweep will find the row."""
    try:
        _sink(task, args)
    except (OperationalError, RedisError, OSError) as e:
        log.warning("nudge_lost", task=task, args=args, error=type(e).__name__)
        return False
    return True


def after_commit(task: str, *args: Any) -> None:
    """Tell a worker once the running transaction is committed; never undo what was committed for a lost nudge."""
    transaction.on_commit(partial(send, task, *args))


@contextmanager
def delivered_to(sink: Sink) -> Iterator[None]:
    """Hand nudges to a function of this process instead of the broker: for the replay and for tests."""
    global _sink
    before = _sink
    _sink = sink
    try:
        yield
    finally:
        _sink = before
