"""The dead-man alarm for beat and for Redis, kept by the workers: who is dead cannot tell, and exits must not wait for it.

Scheduled jobs come as messages. When they stop coming, because beat or Redis is away, each worker keeps the schedule by
itself; the ticks are rows, so that several workers together still run each of them once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from celery.signals import worker_ready, worker_shutting_down
from django.db import DatabaseError, close_old_connections

from workers import market, operations, positions
from workers.schedule import silent_jobs

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 5.0
SILENT_AFTER_SECONDS = 15  # three periods of the quickest jobs
TELL_EVERY_SECONDS = 60.0
STAND_IN: Mapping[str, Callable[[], str]] = {
    "workers.operations.sweep": operations.sweep,
    "workers.market.refresh_positions": market.refresh_positions,
    "workers.positions.monitor_exits": positions.monitor_exits,
    "workers.positions.expire_and_settle": positions.expire_and_settle,
}
_stop = threading.Event()


@worker_ready.connect
def start(**signal: Any) -> None:
    """One thread a worker; it ends with the process."""
    _stop.clear()
    threading.Thread(target=_watch, name="watchman", daemon=True).start()


@worker_shutting_down.connect
def stop(**signal: Any) -> None:
    _stop.set()


def _watch() -> None:
    warm_up()
    told_at = -TELL_EVERY_SECONDS
    while not _stop.wait(LOOK_EVERY_SECONDS):
        silent = look()
        if silent and time.monotonic() - told_at >= TELL_EVERY_SECONDS:
            told_at = time.monotonic()
            log.error("schedule_silent", jobs=silent)


def warm_up() -> None:
    """Load what the first alert would otherwise wait for: numerics, and the provider of prices."""
    from domain import indicators  # noqa: F401
    from domain.options import bsm  # noqa: F401
    from market_app import providers

    providers.current()


def look() -> list[str]:
    """Name the scheduled jobs that are silent, and do those that trading cannot wait for."""
    close_old_connections()
    try:
        silent = silent_jobs(at_least=SILENT_AFTER_SECONDS)
    except DatabaseError as e:  # whoever needs the database tells of its absence; the watch goes on
        log.warning("watch_without_database", error=type(e).__name__)
        return []
    for name in silent:
        if name in STAND_IN:
            _do(name)
    return silent


def _do(name: str) -> None:
    try:
        STAND_IN[name]()
    except Exception:  # the job has recorded its failure; the next one, and the watch, go on
        log.exception("stand_in_failed", job=name)
