"""The audit is silent on a world made by the real services, reads one snapshot and cannot write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from orders_app.models import Fill, Order
from positions_app.models import Position
from signals_app.models import Signal, WebhookEvent
from tests.factories import Floor, a_floor
from tests.tradingsite.world import live_through_some_days
from tradingsite.auditor import audit
from tradingsite.invariants import ALL


@pytest.fixture
def world(transactional_db: None) -> Iterator[Floor]:
    with a_floor() as floor:
        live_through_some_days(floor)
        yield floor


def test_a_world_made_by_the_services_breaks_nothing(world: Floor) -> None:
    """Held, closed, settled, reversed, halted, half-filled: the books are clean at every one of them."""
    assert Order.objects.filter(status="partially_filled").exists()
    assert Position.objects.filter(status="closing").exists()
    assert Position.objects.filter(exit_reason="expired_settled").exists()
    assert Signal.objects.filter(status="rejected").exists()
    assert set(WebhookEvent.objects.values_list("outcome", flat=True)) == {"accepted", "duplicate", "refused"}
    assert Fill.objects.count() >= 8

    broken = {finding.invariant.code: finding.rows for finding in audit() if not finding.holds}

    assert broken == {}


def test_the_command_ends_well_on_clean_books(world: Floor) -> None:
    """``manage.py audit --json`` tells every invariant and returns normally."""
    out = StringIO()
    call_command("audit", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["clean"] is True
    assert len(told["invariants"]) == len(ALL)


def test_the_command_ends_with_one_and_shows_the_rows(world: Floor) -> None:
    """A broken invariant makes the exit status 1 and names the rows."""
    account = Signal.objects.earliest("pk").account
    type(account).objects.filter(pk=account.pk).update(cash=account.cash + 7)
    out = StringIO()
    try:
        with pytest.raises(SystemExit) as ended:
            call_command("audit", stdout=out)
    finally:
        type(account).objects.filter(pk=account.pk).update(cash=account.cash)

    assert ended.value.code == 1
    assert "E2  BROKEN  Cash is what the book started with" in out.getvalue()
    assert f"book {account.pk}: " in out.getvalue()


def test_the_audit_cannot_write(world: Floor) -> None:
    """Its transaction is read-only, so even a mistaken check changes nothing."""
    checks = audit()
    next(checks)
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("on",)
    checks.close()
