"""Looking at everything that trading depends on: each finding is ok, a warning or a failure, and says how to mend it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from books_app import clock
from books_app.models import Account
from books_app.redis import client
from positions_app.models import ExitRule
from risk_app.models import RiskLimit
from signals_app.models import Signal
from tradingsite.doctor_jury import JURY_CHECKS
from tradingsite.doctor_market import MARKET_CHECKS, SEED
from tradingsite.findings import Finding, Level, judged
from tradingsite.health import round_trip, schedule_age, unapplied_migrations

CALENDAR_REACHES: Final = timedelta(days=30)
CLOCK_WARNING_S, CLOCK_FAILURE_S = 0.5, 5.0
DISK_WARNING_GB, DISK_FAILURE_GB = 5, 1


def examine() -> Iterator[Finding]:
    """Every check in turn; one that cannot be made for want of the database is a failure, not an exception."""
    for check in CHECKS:
        try:
            yield from check()
        except (DatabaseError, InterfaceError) as e:
            yield Finding(
                Level.FAIL, _name(check), f"PostgreSQL did not answer: {type(e).__name__}", "start it; see DATABASE_URL"
            )


def _name(check: Callable[..., Any]) -> str:
    return check.__name__.strip("_").replace("_", " ")


def _settings() -> Iterator[Finding]:
    yield judged(
        settings.DEBUG,
        "debug",
        f"DEBUG is {settings.DEBUG}",
        "set DEBUG=false where others can reach it",
        level=Level.WARN,
    )
    loopback = not settings.PUBLIC_URL.startswith("https://")
    yield judged(
        loopback, "public address", settings.PUBLIC_URL,
        "TradingView reaches only https on a public name: set PUBLIC_URL and put a proxy in front", level=Level.WARN,
    )  # fmt: skip
    yield Finding(Level.OK, "trading mode", f"{settings.TRADING_MODE}, market data from {settings.MARKET_PROVIDER}")


def _postgresql() -> Iterator[Finding]:
    shown = {name: _setting(name) for name in ("server_version", "fsync", "full_page_writes", "synchronous_commit")}
    version = connection.cursor().connection.server_version
    yield judged(
        version < 15_00_00,
        "postgresql",
        shown["server_version"],
        "version 15 or newer is needed: its unique constraints can treat NULLs as equal",
    )
    for name in ("fsync", "full_page_writes"):
        yield judged(
            shown[name] != "on",
            name,
            shown[name],
            f"set {name} = on: a loss of power would lose alerts that were acknowledged",
        )
    yield judged(
        shown["synchronous_commit"] == "off", "synchronous_commit", shown["synchronous_commit"],
        "set synchronous_commit = on: the last moments before a crash would be lost",
    )  # fmt: skip
    invalid = _rows("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid OR NOT indisready")
    yield judged(
        bool(invalid), "indexes", ", ".join(invalid) or "all valid", "REINDEX them: they guard uniqueness or speed"
    )


def _setting(name: str) -> str:
    return _rows("SELECT current_setting(%s)", name)[0]


def _rows(sql: str, *parameters: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [str(value) for (value,) in cursor.fetchall()]


def _migrations() -> Iterator[Finding]:
    waiting = unapplied_migrations()
    yield judged(bool(waiting), "migrations", ", ".join(waiting) or "all applied", "run 'manage.py migrate'")


def _redis() -> Iterator[Finding]:
    began = time.perf_counter()
    try:
        client().ping()
        took = (time.perf_counter() - began) * 1000
        policy = str(client().config_get("maxmemory-policy").get("maxmemory-policy", "unknown"))
    except RedisError as e:
        yield Finding(
            Level.FAIL,
            "redis",
            type(e).__name__,
            "start it; see REDIS_URL. Alerts are taken meanwhile, and worked on later",
        )
        return
    yield Finding(Level.OK, "redis", f"answers in {took:.1f} ms")
    yield judged(
        policy not in ("noeviction", "unknown"), "redis memory", policy,
        "set maxmemory-policy noeviction: dropped nudges cost seconds", level=Level.WARN,
    )  # fmt: skip


def _workers() -> Iterator[Finding]:
    answer = round_trip()
    text = f"a task came back in {answer['ms']} ms" if answer["ok"] else str(answer["error"])
    yield judged(not answer["ok"], "workers", text, "start a worker: without one no alert is decided")


def _schedule() -> Iterator[Finding]:
    age = schedule_age()
    text = f"last job began {age['age_s']} s ago" if age["age_s"] is not None else "no job has ever run"
    silent = f"; silent: {', '.join(age['silent'])}" if age["silent"] else ""
    yield judged(
        not age["ok"], "schedule", text + silent, "start beat and a worker; look at the periodic tasks in admin"
    )


def _clock() -> Iterator[Finding]:
    """The database's clock against this process's, half the question's own time taken off."""
    before = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
    after = clock.now()
    offset = (theirs - (before + (after - before) / 2)).total_seconds()
    fix = "run NTP on both machines: alerts are judged by their age"
    text = f"PostgreSQL is {offset:+.3f} s from this process"
    level = Level.FAIL if abs(offset) > CLOCK_FAILURE_S else Level.WARN
    yield judged(abs(offset) > CLOCK_WARNING_S, "clock", text, fix, level=level)


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.BASE_DIR).free / 1e9
    level = Level.FAIL if free < DISK_FAILURE_GB else Level.WARN
    yield judged(
        free < DISK_WARNING_GB,
        "disk",
        f"{free:.1f} GB free",
        "make room: PostgreSQL stops when the disk is full",
        level=level,
    )


def _rules() -> Iterator[Finding]:
    missing = sorted(
        set(RiskLimit.Code.values) - set(RiskLimit.objects.filter(account=None).values_list("code", flat=True))
    )
    yield judged(
        bool(missing),
        "limits",
        f"no default for {', '.join(missing)}" if missing else "a default for each",
        f"{SEED}; the built-in values count until then",
        level=Level.WARN,
    )
    guarding = ExitRule.objects.filter(strategy=None, symbol="", enabled=True)
    stops = guarding.filter(kind="stop_loss").exists()
    yield judged(
        not stops,
        "exit rules",
        f"{guarding.count()} default rules enabled, {'a' if stops else 'no'} stop loss among them",
        f"{SEED}, or enable one in admin",
    )


def _books() -> Iterator[Finding]:
    books = list(Account.objects.order_by("name"))
    yield judged(not books, "books", ", ".join(b.name for b in books) or "none", SEED)
    halted = [f"{b.name} ({b.halt_reason})" for b in books if b.status == Account.Status.HALTED]
    yield judged(
        bool(halted),
        "halted books",
        ", ".join(halted) or "none",
        "'manage.py resume --book NAME' when the cause is gone",
        level=Level.WARN,
    )
    dead = Signal.objects.filter(status="dead").count()
    yield judged(
        bool(dead),
        "dead rows",
        str(dead),
        "read their last error in admin under signals, attention: dead rows",
        level=Level.WARN,
    )


def _people() -> Iterator[Finding]:
    count = get_user_model().objects.filter(is_superuser=True, is_active=True).count()
    yield judged(
        not count, "administrators", str(count), "run 'manage.py createsuperuser', or set ADMIN_PASSWORD and seed"
    )


CHECKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    _settings,
    _postgresql,
    _migrations,
    _redis,
    _workers,
    _schedule,
    _clock,
    _disk,
    *MARKET_CHECKS,
    _rules,
    _books,
    *JURY_CHECKS,
    _people,
)
