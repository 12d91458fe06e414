"""Whether this process lives, whether the site can take alerts, and whether work really gets done behind it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from books_app import clock, nudges
from books_app.redis import client
from domain.orders import LIVE as LIVE_ORDERS
from domain.signals import LIVE as LIVE_SIGNALS
from orders_app.models import Order
from signals_app.models import Signal
from tradingsite.access import for_operators
from workers.models import Probe, ScheduleRun
from workers.schedule import silent_jobs

PATIENCE_S: Final = 2.0
LOOK_EVERY_S: Final = 0.02
OLDEST_ALLOWED: Final = timedelta(minutes=1)  # a sweep comes by every five seconds


def alive(request: HttpRequest) -> JsonResponse:
    """This process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """503 unless PostgreSQL answers and has the schema of this code. Redis is told only: alerts are taken without it."""
    checks = {"postgresql": _postgresql(), "redis": _redis()}
    return JsonResponse(
        {"status": "ok" if checks["postgresql"]["ok"] else "fail", "checks": checks},
        status=200 if checks["postgresql"]["ok"] else 503,
    )


@for_operators
def deep(request: HttpRequest) -> JsonResponse:
    """A task goes through the queue and back; the schedule's age and the oldest undone rows stand beside it."""
    checks: dict[str, dict[str, Any]] = {"postgresql": _postgresql(), "redis": _redis()}
    if checks["postgresql"]["ok"]:
        checks |= {"round_trip": round_trip(), "schedule": schedule_age(), "undone": undone()}
    ok = all(check["ok"] for check in checks.values())
    return JsonResponse({"status": "ok" if ok else "fail", "checks": checks}, status=200 if ok else 503)


def _postgresql() -> dict[str, Any]:
    try:
        waiting = unapplied_migrations()
    except (DatabaseError, InterfaceError) as e:
        return {"ok": False, "error": type(e).__name__}
    return {"ok": not waiting, "unapplied_migrations": waiting}


def unapplied_migrations() -> list[str]:
    """Migrations that this code has and the database has not; one query. Raises DatabaseError."""
    return sorted(f"{app}.{name}" for app, name in _on_disk() - set(MigrationRecorder(connection).applied_migrations()))


@cache
def _on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _redis() -> dict[str, Any]:
    try:
        client().ping()
    except RedisError as e:
        return {
            "ok": False,
            "error": type(e).__name__,
            "effect": "alerts are taken; sweeps find the work within seconds",
        }
    return {"ok": True}


def round_trip() -> dict[str, Any]:
    """Ask a worker through the queue and wait for its answer in the row."""
    probe = Probe.objects.create(sent_at=clock.now())
    started = time.monotonic()
    if not nudges.send("workers.operations.answer_probe", probe.pk):
        return {"ok": False, "error": "the queue did not take the message"}
    while time.monotonic() - started < PATIENCE_S:
        if Probe.objects.filter(pk=probe.pk, answered_at__isnull=False).exists():
            return {"ok": True, "ms": round((time.monotonic() - started) * 1000, 1)}
        time.sleep(LOOK_EVERY_S)
    return {"ok": False, "error": f"no worker answered within {PATIENCE_S:.0f} s"}


def schedule_age() -> dict[str, Any]:
    """How long ago any scheduled job began, and which jobs have missed their ticks."""
    last = ScheduleRun.objects.order_by("-started_at").values_list("started_at", flat=True).first()
    silent = silent_jobs()
    return {"ok": last is not None and not silent, "age_s": None if last is None else _age(last), "silent": silent}


def undone() -> dict[str, Any]:
    """Age of the oldest row that nobody has taken up although it was due."""
    ages = oldest_undone()
    return {"ok": all(age is None or age < OLDEST_ALLOWED.total_seconds() for age in ages.values()), "oldest_s": ages}


def oldest_undone() -> dict[str, float | None]:
    """Seconds since the longest overdue signal and order were due; None where none is overdue."""
    now = clock.now()
    signal = (
        Signal.objects.filter(status__in=LIVE_SIGNALS, due_at__lt=now)
        .order_by("due_at")
        .values_list("due_at", flat=True)
    )
    order = (
        Order.objects.filter(status__in=LIVE_ORDERS, due_at__lt=now).order_by("due_at").values_list("due_at", flat=True)
    )
    return {
        name: None if (due := rows.first()) is None else _age(due)
        for name, rows in (("signal", signal), ("order", order))
    }


def _age(at: datetime) -> float:
    return round((clock.now() - at).total_seconds(), 3)
