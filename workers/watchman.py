"""The dead-man alarm for beat itself: kept by the workers, because a dead beat cannot tell that it is dead."""

from __future__ import annotations

import threading
from typing import Any

import structlog
from celery.signals import worker_ready, worker_shutting_down
from django.db import DatabaseError, close_old_connections

from workers.schedule import silent_jobs

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 60.0
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
    while not _stop.wait(LOOK_EVERY_SECONDS):
        look()


def look() -> list[str]:
    """Tell of every scheduled job that is silent: an error in the log, and so in Sentry."""
    close_old_connections()
    try:
        silent = silent_jobs()
    except DatabaseError as e:  # the database's own absence is told by whoever needs it; the watch goes on
        log.warning("watch_without_database", error=type(e).__name__)
        return []
    for name in silent:
        log.error("schedule_silent", job=name)
    return silent
