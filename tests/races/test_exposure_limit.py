"""Sixteen workers and one exposure limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from threading import Barrier
from unittest import mock

from django.db.models import Sum

from books_app.models import Account
from domain.signals import SignalStatus
from orders_app.models import Order
from orders_app.services import entry
from positions_app.models import Position
from risk_app.models import Reservation
from signals_app.models import Signal
from signals_app.services.decide import decide
from tests.factories import Desk, Floor, a_desk
from tests.races.starting_gun import PATIENCE_S, at_once
from tradingsite.auditor import violations
from workers import pipeline

WORKERS = 16
LIMIT = 2_000


def _approved(floor: Floor) -> tuple[Desk, list[int]]:
    """A desk with room for a few of sixteen approved alerts."""
    limits = {
        "max_exposure": LIMIT,
        "max_open_positions": 100,
        "max_positions_per_symbol": 100,
        "max_orders_per_minute": 100,
    }
    desk = a_desk(limits=limits, allow_adding=True)
    for number in range(WORKERS):
        desk.post(desk.alert(order_id=f"order-{number}"))
    signal_ids = list(Signal.objects.order_by("pk").values_list("pk", flat=True))
    assert {decide(signal_id=pk) for pk in signal_ids} == {SignalStatus.APPROVED}
    return desk, signal_ids


def _reserved_and_held(account: Account) -> Decimal:
    reserved = Reservation.objects.filter(account=account, released_at=None).aggregate(sum=Sum("amount"))["sum"]
    held = Position.objects.filter(account=account).aggregate(sum=Sum("cost"))["sum"]
    return (reserved or Decimal(0)) + (held or Decimal(0))


@contextmanager
def _no_lock_on_the_book() -> Iterator[None]:
    """The book is read without its row lock, and everybody reads before anybody writes."""
    everybody_has_looked = Barrier(WORKERS)
    look = entry.standing_of

    def look_and_wait(*args: object, **kwargs: object) -> object:
        seen = look(*args, **kwargs)  # type: ignore[arg-type]
        everybody_has_looked.wait(PATIENCE_S)
        return seen

    def read(account_id: int) -> Account:
        return Account.objects.get(pk=account_id)

    with (
        mock.patch.object(entry, "lock_account", read),
        mock.patch.object(pipeline, "lock_account", read),
        mock.patch.object(entry, "standing_of", look_and_wait),
    ):
        yield


def test_without_the_lock_the_limit_is_exceeded(floor: Floor) -> None:
    """Sixteen workers see the same free room and all take it."""
    desk, signal_ids = _approved(floor)
    with _no_lock_on_the_book():
        at_once([lambda pk=pk: pipeline.order_signal(pk) for pk in signal_ids])  # type: ignore[misc]

    assert _reserved_and_held(desk.account) > LIMIT
    assert "F1" in {finding.invariant.code for finding in violations()}


def test_sixteen_workers_never_exceed_the_limit(floor: Floor) -> None:
    """Under the book's row lock some fit, the others are refused with the figures, and the books are clean."""
    desk, signal_ids = _approved(floor)
    answers = at_once([lambda pk=pk: pipeline.order_signal(pk) for pk in signal_ids])  # type: ignore[misc]

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert Decimal(LIMIT) / 2 < _reserved_and_held(desk.account) <= LIMIT
    assert 0 < Order.objects.count() < WORKERS
    refused = Signal.objects.filter(status="rejected")
    assert refused.count() == WORKERS - Order.objects.count()
    assert set(refused.values_list("reason", flat=True)) <= {"size_zero", "max_exposure"}
    assert violations() == []
