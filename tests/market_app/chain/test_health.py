"""What is seen of providers becomes a row, an audit row and an alarm, once for each change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from time import sleep

import pytest
from django.test import Client
from structlog.testing import capture_logs

from books_app import clock
from books_app.models import AuditEvent
from domain.feeds import STEADY_FOR, FeedHealth, FeedState
from domain.quotes import FeedClass
from market_app import services
from market_app.capabilities import Capability
from market_app.chain.health import Observer, record
from market_app.models import CapabilityHealth
from market_app.providers import use_provider
from tests.factories import VirtualClock
from tests.market_app.chain.making import Two

pytestmark = pytest.mark.django_db

GOOD = FeedHealth(FeedState.HEALTHY, "first", FeedClass.REAL_TIME, "")
SECOND = FeedHealth(FeedState.FALLBACK, "second", FeedClass.DELAYED, "first: provider_timed_out", "first")
NOBODY = FeedHealth(FeedState.DOWN, "", None, "first: provider_timed_out; second: provider_refused", "first")
NOW = timedelta()
Capture = Callable[..., AbstractContextManager[object]]


def states() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(entity="market_data").order_by("pk").values_list("from_state", "to_state"))


def test_a_good_start_is_no_news() -> None:
    """The first row of a healthy capability is written without an alarm."""
    with capture_logs() as logs:
        assert record(Capability.QUOTES, GOOD, seen_for=NOW) == (FeedState.HEALTHY, "first")

    assert CapabilityHealth.objects.get().feed == "real_time"
    assert not states() and not logs


def test_each_change_has_one_audit_row_and_one_alarm() -> None:
    """Healthy to fallback to down: two changes, two audit rows, two errors; telling again adds nothing."""
    record(Capability.QUOTES, GOOD, seen_for=NOW)
    with capture_logs() as logs:
        for seen in (SECOND, SECOND, NOBODY, NOBODY):
            record(Capability.QUOTES, seen, seen_for=NOW)

    assert states() == [("healthy", "fallback"), ("fallback", "down")]
    assert [(entry["log_level"], entry["state"]) for entry in logs] == [("error", "fallback"), ("error", "down")]


def test_better_is_told_after_it_has_lasted() -> None:
    """A moment's recovery changes nothing; a lasting one is written and told, not as an error."""
    record(Capability.QUOTES, NOBODY, seen_for=NOW)
    record(Capability.QUOTES, GOOD, seen_for=NOW)
    assert CapabilityHealth.objects.get().state == "down"

    with capture_logs() as logs:
        record(Capability.QUOTES, GOOD, seen_for=STEADY_FOR)
    assert CapabilityHealth.objects.get().state == "healthy"
    assert [entry["log_level"] for entry in logs] == ["warning"]


def test_another_provider_in_the_same_state_changes_the_row_only() -> None:
    """Who stands in may change without a second alarm."""
    record(Capability.QUOTES, SECOND, seen_for=NOW)
    record(Capability.QUOTES, FeedHealth(FeedState.FALLBACK, "third", FeedClass.REAL_TIME, ""), seen_for=NOW)

    assert CapabilityHealth.objects.get().provider == "third"
    assert states() == [("", "fallback")]


def test_one_outage_in_several_kinds_of_data_raises_one_alarm() -> None:
    """Quotes, chains and bars fall back to the same provider: each has its audit row, one of them is an error."""
    for capability in (Capability.QUOTES, Capability.CHAIN, Capability.BARS):
        record(capability, GOOD, seen_for=NOW)
    with capture_logs() as logs:
        for capability in (Capability.QUOTES, Capability.CHAIN, Capability.BARS):
            record(capability, SECOND, seen_for=NOW)

    assert [entry["log_level"] for entry in logs] == ["error", "warning", "warning"]
    assert states() == [("healthy", "fallback")] * 3


def test_whoever_stands_in_the_provider_that_is_missed_makes_the_outage() -> None:
    """Another kind of data falls back to another provider: no second alarm. One that misses another provider is one."""
    other_stand_in = replace(SECOND, provider="third")
    other_outage = replace(SECOND, missed="second", provider="third")
    with capture_logs() as logs:
        record(Capability.QUOTES, SECOND, seen_for=NOW)
        record(Capability.BARS, other_stand_in, seen_for=NOW)
        record(Capability.CHAIN, other_outage, seen_for=NOW)

    assert [entry["log_level"] for entry in logs] == ["error", "warning", "error"]


def test_an_outage_that_gets_worse_calls_again() -> None:
    """Once, when the first kind of data is served by nobody; getting better calls nobody, even half-way."""
    with capture_logs() as logs:
        for seen in (SECOND, NOBODY):
            for capability in (Capability.QUOTES, Capability.BARS):
                record(capability, seen, seen_for=NOW)
        record(Capability.QUOTES, SECOND, seen_for=STEADY_FOR)

    assert [(entry["log_level"], entry["state"]) for entry in logs] == [
        ("error", "fallback"), ("warning", "fallback"), ("error", "down"), ("warning", "down"), ("warning", "fallback"),
    ]  # fmt: skip


def test_a_provider_that_answers_at_the_second_try_calls_nobody() -> None:
    """Degraded is written down and told as a warning: entries and exits go on."""
    slow = FeedHealth(FeedState.DEGRADED, "first", FeedClass.REAL_TIME, "first: provider_timed_out", "first")
    record(Capability.QUOTES, GOOD, seen_for=NOW)
    with capture_logs() as logs:
        record(Capability.QUOTES, slow, seen_for=NOW)
        record(Capability.QUOTES, SECOND, seen_for=NOW)

    assert [(entry["log_level"], entry["state"]) for entry in logs] == [("warning", "degraded"), ("error", "fallback")]


def test_every_change_is_counted(client: Client) -> None:
    """By kind of data, by what it was and by what it became: as many as there are audit rows."""
    for seen in (GOOD, SECOND, NOBODY, GOOD, SECOND):
        record(Capability.QUOTES, seen, seen_for=STEADY_FOR)
    record(Capability.BARS, SECOND, seen_for=NOW)

    counted = "trading_market_data_changes_total{capability="
    found = [line for line in client.get("/metrics").content.decode().splitlines() if line.startswith(counted)]
    assert sorted(line.removeprefix(counted) for line in found) == [
        '"bars",from="unknown",to="fallback"} 1.0',
        '"quotes",from="down",to="healthy"} 1.0',
        '"quotes",from="fallback",to="down"} 1.0',
        '"quotes",from="healthy",to="fallback"} 2.0',
    ]
    assert len(states()) == 5


def test_a_recovery_is_noticed_where_nobody_asks(two: Two, django_capture_on_commit_callbacks: Capture) -> None:
    """Every kind of data that fell back is asked for by the schedule, and healthy again when its provider is."""
    time = VirtualClock(two.now)
    chain = two.chain(observe=Observer().observe)
    with clock.running_on(time), use_provider(chain), django_capture_on_commit_callbacks(execute=True):
        two.first.stop()
        for capability in Capability:
            chain.look_again(capability, "SPY", now=time.at)
    assert set(CapabilityHealth.objects.values_list("state", flat=True)) == {"fallback"}
    two.first.start()
    for _ in range(3):
        time.forward(20)
        two.at(time.at)
        sleep(0.25)  # the first one's rest
        with clock.running_on(time), use_provider(chain), django_capture_on_commit_callbacks(execute=True):
            looked = services.look_again()

    assert set(CapabilityHealth.objects.values_list("state", flat=True)) == {"healthy"}
    assert looked == []
    assert services.look_again() == []  # and a single provider has nothing to look at


def test_an_observer_writes_only_what_changed(
    django_assert_num_queries: object, django_capture_on_commit_callbacks: object
) -> None:
    """While nothing changes, a question costs no statement; a lasting recovery is noticed by its own clock."""
    time, observer = VirtualClock(), Observer()
    with clock.running_on(time), django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        observer.observe(Capability.QUOTES, NOBODY)
    with clock.running_on(time), django_assert_num_queries(0):  # type: ignore[operator]
        for _ in range(10):
            observer.observe(Capability.QUOTES, NOBODY)
    for _ in range(12):
        time.forward(1)
        with clock.running_on(time), django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            observer.observe(Capability.QUOTES, GOOD)

    assert states() == [("", "down"), ("down", "healthy")]
