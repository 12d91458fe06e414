"""The beat schedule and its guard: one run for each tick, however many beats or workers there are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from books_app import clock
from workers.models import ScheduleRun

log = structlog.get_logger(__name__)

EVERY_SECONDS = {
    "workers.operations.sweep": 5,
    "workers.market.refresh_positions": 5,
    "workers.positions.monitor_exits": 5,
    "workers.positions.expire_and_settle": 60,
    "workers.operations.dead_man": 60,
    "workers.experiments.guard": 60,
    "workers.market.look_again": 20,
    "workers.market.record_gamma": 900,
    "workers.operations.prune": 3600,
}
QUEUES = {
    "workers.operations.sweep": "default",
    "workers.market.refresh_positions": "market",
    "workers.positions.monitor_exits": "exits",
    "workers.positions.expire_and_settle": "exits",
    "workers.operations.dead_man": "default",
    "workers.experiments.guard": "default",
    "workers.market.look_again": "market",
    "workers.market.record_gamma": "default",
    "workers.operations.prune": "default",
}
Outcome = ScheduleRun.Outcome


def tick_of(at: datetime, seconds: int) -> datetime:
    """The start of the slot that a moment lies in, in UTC: slots do not move with daylight saving."""
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def once_per_tick(name: str) -> Callable[[Callable[[], Any]], Callable[[], str]]:
    """Run a scheduled job at most once in its slot, and record how it went; a second message in the slot does nothing."""
    seconds = EVERY_SECONDS[name]

    def decorate(job: Callable[[], Any]) -> Callable[[], str]:
        @functools.wraps(job)
        def run() -> str:
            run_row = _begin(name, tick_of(clock.now(), seconds))
            if run_row is None:
                return "ran already"
            try:
                result = str(job())
            except Exception as e:  # recorded and raised again: whatever went wrong must be seen in both places
                _finish(run_row, Outcome.FAILED, f"{type(e).__name__}: {e}")
                raise
            _finish(run_row, Outcome.DONE, result)
            return result

        return run

    return decorate


def _begin(name: str, tick_at: datetime) -> ScheduleRun | None:
    try:
        with transaction.atomic():
            return ScheduleRun.objects.create(name=name, tick_at=tick_at, started_at=clock.now())
    except IntegrityError:
        return None


def _finish(run: ScheduleRun, outcome: str, result: str) -> None:
    ScheduleRun.objects.filter(pk=run.pk).update(finished_at=clock.now(), outcome=outcome, result=result[:400])


def silent_jobs(*, tolerance: int = 3, at_least: int = 60) -> list[str]:
    """Scheduled jobs that have not begun for so many of their periods, and at least so many seconds.

    A job whose turn cannot have come yet, because nothing has run for that long, is not silent; where nothing has ever
    run, all are.
    """
    now = clock.now()
    first = ScheduleRun.objects.order_by("tick_at").values_list("tick_at", flat=True).first()
    silent = []
    for name, seconds in EVERY_SECONDS.items():
        since = now - timedelta(seconds=max(seconds * tolerance, at_least))
        if first is not None and first > since:
            continue
        if not ScheduleRun.objects.filter(name=name, tick_at__gte=since).exists():
            silent.append(name)
    return silent


def install_schedule() -> int:
    """Rows of django-celery-beat for every job; an operator's changes to interval or switch are kept."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    made = 0
    for task, seconds in EVERY_SECONDS.items():
        interval, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
        _, created = PeriodicTask.objects.get_or_create(
            name=task,
            defaults={"task": task, "interval": interval, "queue": QUEUES[task], "expire_seconds": seconds},
        )
        made += created
    return made
