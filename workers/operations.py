"""Housekeeping: sweeps, the dead-man alarm, pruning, and the answer to a health probe."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task

from books_app import clock
from books_app.models import SignInTries
from workers.models import Probe, ScheduleRun
from workers.schedule import once_per_tick, silent_jobs
from workers.sweeps import sweep_orders, sweep_signals

log = structlog.get_logger(__name__)

KEPT = timedelta(days=2)


@shared_task(name="workers.operations.sweep")
@once_per_tick("workers.operations.sweep")
def sweep() -> str:
    return f"{sweep_signals()} signals nudged, {sweep_orders()} orders worked"


@shared_task(name="workers.operations.dead_man")
@once_per_tick("workers.operations.dead_man")
def dead_man() -> str:
    """An error in the log, and so in Sentry, for every job that missed its ticks."""
    silent = silent_jobs()
    for name in silent:
        log.error("schedule_silent", job=name)
    return f"silent: {', '.join(silent) or 'none'}"


@shared_task(name="workers.operations.prune")
@once_per_tick("workers.operations.prune")
def prune() -> str:
    """Ticks, probes and counted sign-ins are kept for two days; nothing that tells of money is ever deleted."""
    before = clock.now() - KEPT
    runs, _ = ScheduleRun.objects.filter(tick_at__lt=before).delete()
    probes, _ = Probe.objects.filter(sent_at__lt=before).delete()
    SignInTries.objects.filter(counted_until__lt=before).delete()
    return f"{runs} ticks and {probes} probes removed"


@shared_task(name="workers.operations.answer_probe")
def answer_probe(probe_id: int) -> None:
    Probe.objects.filter(pk=probe_id, answered_at__isnull=True).update(answered_at=clock.now())
