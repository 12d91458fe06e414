"""What the doctor finds, and that each finding that is not good says how to mend it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from books_app import clock, nudges
from market_app import sessions
from market_app.models import TradingSession
from positions_app.services.rules import seed_default_rules
from risk_app.models import RiskLimit
from risk_app.services import halt_book
from tests.factories import VirtualClock, a_book
from tests.people import ADMINISTRATOR, a_person
from tests.tradingsite.test_health import Silent, a_running_schedule, answering
from tradingsite import doctor, health
from tradingsite.doctor import examine
from tradingsite.findings import Level

pytestmark = pytest.mark.django_db
OFF_IN_TESTS = {"fsync", "full_page_writes", "synchronous_commit"}  # the test servers give up safety for speed


def findings():
    with nudges.delivered_to(answering):
        return {finding.subject: finding for finding in examine()}


@pytest.fixture
def a_seeded_system(redis_client):
    """As after `make up`."""
    a_book(name="paper")
    for code in RiskLimit.Code.values:
        RiskLimit.objects.create(code=code, value=1)
    seed_default_rules()
    today = clock.now().date()
    for name in TradingSession.Calendar.values:
        at = clock.now()
        TradingSession.objects.create(
            calendar=name, date=today + timedelta(days=60), opens_at=at, closes_at=at + timedelta(hours=6)
        )
    sessions.forget()
    a_running_schedule()
    a_person(ADMINISTRATOR)


def test_a_seeded_system_is_well(a_seeded_system):
    """But for what the test servers leave out on purpose, and an address that only this machine knows."""
    found = findings()

    bad = {subject for subject, finding in found.items() if finding.level is not Level.OK}
    assert bad <= OFF_IN_TESTS | {"public address", "disk"}
    assert set(found) >= OFF_IN_TESTS


def test_an_empty_system_is_told_what_to_do(redis_client):
    """Every failure and every warning has its fix."""
    found = findings()

    failed = {subject for subject, finding in found.items() if finding.level is Level.FAIL}
    assert {"schedule", "calendar XNYS", "exit rules", "books", "administrators"} <= failed
    assert all(finding.fix for finding in found.values() if finding.level is not Level.OK)
    assert not any(finding.fix for finding in found.values() if finding.level is Level.OK)


def test_a_clock_that_is_off_is_seen(redis_client):
    """Alerts are judged by their age."""
    with clock.running_on(VirtualClock(clock.now() - timedelta(seconds=3))):
        assert findings()["clock"].level is Level.WARN
    with clock.running_on(VirtualClock(clock.now() - timedelta(minutes=3))):
        assert findings()["clock"].level is Level.FAIL


def test_an_invalid_index_is_seen(redis_client):
    """A unique index that failed to build guards nothing."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'signal_once_per_alert'::regclass")

    assert "signal_once_per_alert" in findings()["indexes"].text


def test_a_halted_book_is_a_warning(redis_client):
    """With its reason and how to resume it."""
    halt_book(account_id=a_book(name="paper").pk, reason="drill", actor="test")

    found = findings()["halted books"]
    assert (found.level, found.text) == (Level.WARN, "paper (drill)")


def test_a_missing_redis_or_worker_is_a_failure_and_not_a_crash(monkeypatch):
    """The other checks go on."""
    monkeypatch.setattr(doctor, "client", Silent)
    monkeypatch.setattr(health, "PATIENCE_S", 0.05)
    with nudges.delivered_to(lambda task, args: None):
        found = {finding.subject: finding for finding in examine()}

    assert (found["redis"].level, found["workers"].level) == (Level.FAIL, Level.FAIL)
    assert found["administrators"].fix


def test_without_a_database_each_check_says_so(monkeypatch):
    """Nobody needs a traceback to know that PostgreSQL is away."""

    def gone():
        raise OperationalError("away")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (gone,))

    assert [(finding.level, finding.subject) for finding in examine()] == [(Level.FAIL, "gone")]


def test_the_command_ends_with_1_on_a_failure_and_prints_json(a_seeded_system):
    """For people line by line, for machines as one document."""
    for arguments in ([], ["--json"]):
        out = StringIO()
        with nudges.delivered_to(answering), pytest.raises(SystemExit) as ended:
            call_command("doctor", *arguments, stdout=out, no_color=True)
        assert ended.value.code == 1
    document = json.loads(out.getvalue())
    assert document["ok"] is False
    assert {finding["subject"] for finding in document["findings"] if finding["level"] == "fail"} <= OFF_IN_TESTS | {
        "disk"
    }


def test_the_command_ends_with_0_when_nothing_fails(a_seeded_system, monkeypatch):
    """Warnings do not count."""
    monkeypatch.setattr(doctor, "CHECKS", (doctor._settings, doctor._people))
    out = StringIO()

    call_command("doctor", stdout=out, no_color=True)

    assert "0 failures" in out.getvalue()
    assert "fix: TradingView reaches only https" in out.getvalue()
