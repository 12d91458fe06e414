"""Halting a book while workers make and send entries for it."""

from __future__ import annotations

from threading import Event
from unittest import mock

from books_app.models import Account, AuditEvent
from orders_app.models import Order
from orders_app.services import entry
from risk_app.services import halt_book
from signals_app.models import Signal
from signals_app.services.decide import decide
from tests.factories import Desk, Floor, a_roomy_desk
from tests.races.starting_gun import PATIENCE_S, at_once
from tradingsite.auditor import violations
from workers import pipeline

WORKERS = 12


def _approved() -> tuple[Desk, list[int]]:
    desk = a_roomy_desk()
    for number in range(WORKERS):
        desk.post(desk.alert(order_id=f"order-{number}"))
    signal_ids = list(Signal.objects.order_by("pk").values_list("pk", flat=True))
    for pk in signal_ids:
        decide(signal_id=pk)
    return desk, signal_ids


def _halt(desk: Desk) -> object:
    return halt_book(account_id=desk.account.pk, reason="race", actor="test")


def test_without_the_lock_entries_are_made_after_the_halt(floor: Floor) -> None:
    """A worker that has read an active book goes on after the halt was committed."""
    desk, signal_ids = _approved()
    has_read, is_halted = Event(), Event()

    def read(account_id: int) -> Account:
        account = Account.objects.get(pk=account_id)
        has_read.set()
        is_halted.wait(PATIENCE_S)  # between the look and the leap
        return account

    def create() -> object:
        with mock.patch.object(pipeline, "lock_account", lambda account_id: None):
            return pipeline.order_signal(signal_ids[0])

    def halt() -> object:
        has_read.wait(PATIENCE_S)
        halted = _halt(desk)
        is_halted.set()
        return halted

    with mock.patch.object(entry, "lock_account", read):
        at_once([create, halt])

    assert Order.objects.count() == 1
    assert "F6" in {finding.invariant.code for finding in violations()}


def test_no_entry_is_made_or_sent_after_the_halt_is_committed(floor: Floor) -> None:
    """Twelve workers and a halt: what came before is sent or denied, nothing comes after, and the trail proves it."""
    desk, signal_ids = _approved()
    orders = [lambda pk=pk: pipeline.order_signal(pk) for pk in signal_ids]  # type: ignore[misc]
    answers = at_once([*orders, lambda: _halt(desk)])

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    halt = AuditEvent.objects.get(entity="account", to_state="halted")
    assert not AuditEvent.objects.filter(entity="order", to_state="submitting", pk__gt=halt.pk).exists()
    assert not AuditEvent.objects.filter(entity="order", from_state="", pk__gt=halt.pk).exists()
    assert set(Order.objects.values_list("status", flat=True)) <= {"filled", "denied"}
    assert violations() == []
