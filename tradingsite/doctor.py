"""Looking at everything that trading depends on: each finding is ok, a warning or a failure, and says how to mend it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from books_app import clock
from books_app.models import Account
from books_app.redis import client
from domain.errors import MarketDataUnavailable
from domain.feeds import FeedState
from domain.sessions import Product
from market_app import providers
from market_app import services as market
from market_app.chain.report import standings
from market_app.interface import TellsSession
from market_app.models import CapabilityHealth, TradingSession
from positions_app.models import ExitRule
from risk_app.models import RiskLimit
from signals_app.models import Signal, Strategy
from tradingsite.health import round_trip, schedule_age, unapplied_migrations

CALENDAR_REACHES: Final = timedelta(days=30)
CLOCK_WARNING_S, CLOCK_FAILURE_S = 0.5, 5.0
DISK_WARNING_GB, DISK_FAILURE_GB = 5, 1
SEED: Final = "run 'manage.py seed'"


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """fix is empty when there is nothing to mend."""

    level: Level
    subject: str
    text: str
    fix: str = ""


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


def _judge(bad: bool, subject: str, text: str, fix: str, *, level: Level = Level.FAIL) -> Finding:
    return Finding(level, subject, text, fix) if bad else Finding(Level.OK, subject, text)


def _settings() -> Iterator[Finding]:
    yield _judge(
        settings.DEBUG,
        "debug",
        f"DEBUG is {settings.DEBUG}",
        "set DEBUG=false where others can reach it",
        level=Level.WARN,
    )
    loopback = not settings.PUBLIC_URL.startswith("https://")
    yield _judge(
        loopback, "public address", settings.PUBLIC_URL,
        "TradingView reaches only https on a public name: set PUBLIC_URL and put a proxy in front", level=Level.WARN,
    )  # fmt: skip
    yield Finding(Level.OK, "trading mode", f"{settings.TRADING_MODE}, market data from {settings.MARKET_PROVIDER}")


def _postgresql() -> Iterator[Finding]:
    shown = {name: _setting(name) for name in ("server_version", "fsync", "full_page_writes", "synchronous_commit")}
    version = connection.cursor().connection.server_version
    yield _judge(
        version < 15_00_00,
        "postgresql",
        shown["server_version"],
        "version 15 or newer is needed: its unique constraints can treat NULLs as equal",
    )
    for name in ("fsync", "full_page_writes"):
        yield _judge(
            shown[name] != "on",
            name,
            shown[name],
            f"set {name} = on: a loss of power would lose alerts that were acknowledged",
        )
    yield _judge(
        shown["synchronous_commit"] == "off", "synchronous_commit", shown["synchronous_commit"],
        "set synchronous_commit = on: the last moments before a crash would be lost",
    )  # fmt: skip
    invalid = _rows("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid OR NOT indisready")
    yield _judge(
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
    yield _judge(bool(waiting), "migrations", ", ".join(waiting) or "all applied", "run 'manage.py migrate'")


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
    yield _judge(
        policy not in ("noeviction", "unknown"), "redis memory", policy,
        "set maxmemory-policy noeviction: dropped nudges cost seconds", level=Level.WARN,
    )  # fmt: skip


def _workers() -> Iterator[Finding]:
    answer = round_trip()
    text = f"a task came back in {answer['ms']} ms" if answer["ok"] else str(answer["error"])
    yield _judge(not answer["ok"], "workers", text, "start a worker: without one no alert is decided")


def _schedule() -> Iterator[Finding]:
    age = schedule_age()
    text = f"last job began {age['age_s']} s ago" if age["age_s"] is not None else "no job has ever run"
    silent = f"; silent: {', '.join(age['silent'])}" if age["silent"] else ""
    yield _judge(
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
    yield _judge(abs(offset) > CLOCK_WARNING_S, "clock", text, fix, level=level)


def _calendar() -> Iterator[Finding]:
    wanted = clock.now().date() + CALENDAR_REACHES
    for name in TradingSession.Calendar.values:
        last = TradingSession.objects.filter(calendar=name).order_by("-date").values_list("date", flat=True).first()
        text = f"reaches {last}" if last else "has no rows"
        yield _judge(
            last is None or last < wanted, f"calendar {name}", text, f"{SEED}: a day without rows counts as closed"
        )


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.BASE_DIR).free / 1e9
    level = Level.FAIL if free < DISK_FAILURE_GB else Level.WARN
    yield _judge(
        free < DISK_WARNING_GB,
        "disk",
        f"{free:.1f} GB free",
        "make room: PostgreSQL stops when the disk is full",
        level=level,
    )


def _market() -> Iterator[Finding]:
    named = [
        symbol
        for symbols in Strategy.objects.values_list("allowed_symbols", flat=True)
        for symbol in symbols
        if symbol != "*"
    ]
    symbol = named[0] if named else "SPY"
    provider = providers.current()
    try:
        quote = market.quote(symbol)
    except MarketDataUnavailable as e:
        level = Level.FAIL if e.code == "market_data_failed" else Level.WARN
        yield Finding(
            level,
            "market data",
            f"{provider.name}: {e.message}",
            "check the network and MARKET_PROVIDER; entries are refused without quotes",
        )
        return
    text = (
        f"{provider.name} has no quote of {symbol}"
        if quote is None
        else f"{symbol} {quote.bid} / {quote.ask} by {provider.name}, {quote.feed}"
    )
    yield _judge(quote is None, "market data", text, "normal while the market is closed", level=Level.WARN)


def _providers() -> Iterator[Finding]:
    """Each provider of the chain: without a key it is left out, and that is said."""
    if providers.current().name != "chain":
        return
    for standing in standings():
        subject = f"provider {standing.provider}"
        if not standing.used_for:
            yield Finding(Level.OK, subject, "switched off in admin")
        elif not standing.has_key:
            fix = "set its key in .env, or switch it off in admin"
            yield Finding(Level.WARN, subject, "left out: it has no key", fix)
        elif standing.spent is None or standing.left_alone is None:
            yield Finding(Level.WARN, subject, "Redis is away: each process counts for itself", "start Redis")
        else:
            spent, terms = standing.spent, standing.terms
            used = (
                f"{spent.minute} of {terms.per_minute or 'any'} a minute, {spent.day} of {terms.per_day or 'any'} a day"
            )
            text = "; ".join((used, *(f"left alone for {what}" for what in standing.left_alone)))
            fix = "read the cause; it is tried again by itself"
            yield _judge(bool(standing.left_alone), subject, text, fix, level=Level.WARN)
    for row in CapabilityHealth.objects.exclude(state=FeedState.HEALTHY):
        text = f"{row.state} since {row.since:%Y-%m-%d %H:%M:%S} UTC, by {row.provider or 'nobody'}. {row.text}"
        level = Level.FAIL if row.state == FeedState.DOWN else Level.WARN
        yield Finding(level, f"market data: {row.capability}", text, "read the cause; nothing needs to be restarted")


def _session() -> Iterator[Finding]:
    """The calendar beside a provider's own word: an unscheduled closure is in the one and not yet in the other."""
    provider = providers.current()
    if not isinstance(provider, TellsSession):
        return
    now = clock.now()
    ours = market.session_state(Product.EQUITY, now).open
    try:
        theirs = provider.market_open(now=now)
    except MarketDataUnavailable as e:
        yield Finding(
            Level.WARN, "session", f"no provider tells whether the market is open: {e.message}", "none needed"
        )
        return
    words = {True: "open", False: "closed"}
    text = f"{words[ours]} by the calendar, {words[theirs]} by the provider"
    fix = "if the provider is right, add a session override in admin: it counts from the next decision on"
    yield _judge(ours is not theirs, "session", text, fix, level=Level.WARN)


def _rules() -> Iterator[Finding]:
    missing = sorted(
        set(RiskLimit.Code.values) - set(RiskLimit.objects.filter(account=None).values_list("code", flat=True))
    )
    yield _judge(
        bool(missing),
        "limits",
        f"no default for {', '.join(missing)}" if missing else "a default for each",
        f"{SEED}; the built-in values count until then",
        level=Level.WARN,
    )
    guarding = ExitRule.objects.filter(strategy=None, symbol="", enabled=True)
    stops = guarding.filter(kind="stop_loss").exists()
    yield _judge(
        not stops,
        "exit rules",
        f"{guarding.count()} default rules enabled, {'a' if stops else 'no'} stop loss among them",
        f"{SEED}, or enable one in admin",
    )


def _books() -> Iterator[Finding]:
    books = list(Account.objects.order_by("name"))
    yield _judge(not books, "books", ", ".join(b.name for b in books) or "none", SEED)
    halted = [f"{b.name} ({b.halt_reason})" for b in books if b.status == Account.Status.HALTED]
    yield _judge(
        bool(halted),
        "halted books",
        ", ".join(halted) or "none",
        "'manage.py resume --book NAME' when the cause is gone",
        level=Level.WARN,
    )
    dead = Signal.objects.filter(status="dead").count()
    yield _judge(
        bool(dead),
        "dead rows",
        str(dead),
        "read their last error in admin under signals, attention: dead rows",
        level=Level.WARN,
    )


def _people() -> Iterator[Finding]:
    count = get_user_model().objects.filter(is_superuser=True, is_active=True).count()
    yield _judge(
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
    _calendar,
    _disk,
    _market,
    _providers,
    _session,
    _rules,
    _books,
    _people,
)
