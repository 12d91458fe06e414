"""An order that breaks whoever works on it harms itself only, and is counted in its row."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

from orders_app import services as orders
from orders_app.models import Order
from orders_app.services.steps import SWEEP_AFTER
from positions_app.models import Position
from risk_app.models import Reservation
from signals_app.models import Signal
from signals_app.services.decide import decide
from tests.factories import Desk, Floor, a_desk, a_floor
from tradingsite.auditor import violations
from workers import pipeline
from workers.sweeps import sweep_orders

TRIES = 8


@pytest.fixture
def floor(transactional_db: None) -> Iterator[Floor]:
    with a_floor() as made:
        yield made


def _two_waiting_orders(floor: Floor) -> tuple[Desk, Order, Order]:
    desk = a_desk()
    floor.market.size = 0
    with mock.patch.object(pipeline.orders, "execute_order"):
        for symbol in ("AAPL", "MSFT"):
            desk.post(desk.alert(symbol))
        floor.follow_nudges()
    floor.market.size = None
    poison, sound = Order.objects.order_by("pk")
    return desk, poison, sound


def _broken_for(poison: Order) -> mock._patch[mock.MagicMock]:
    execute = orders.execute_order

    def break_on_poison(*, order_id: int) -> object:
        if order_id == poison.pk:
            raise ZeroDivisionError("a bug")
        return execute(order_id=order_id)

    return mock.patch.object(pipeline.orders, "execute_order", side_effect=break_on_poison)


def test_a_poison_order_does_not_stop_the_others_of_a_sweep(floor: Floor) -> None:
    """The sound one behind it is filled in the same round; the poison ends failed, its reservation given back."""
    _, poison, sound = _two_waiting_orders(floor)
    with _broken_for(poison):
        floor.clock.forward(6)
        sweep_orders()
        sound.refresh_from_db()
        assert sound.status == "filled"
        for _ in range(TRIES):
            floor.clock.forward(301)
            sweep_orders()

    poison.refresh_from_db()
    assert (poison.status, poison.reason) == ("failed", "order_failed")
    assert "ZeroDivisionError: a bug" in poison.reason_text
    assert Reservation.objects.get(order=poison).released_at is not None
    assert violations() == []


def test_a_poison_exit_is_tried_for_ever(floor: Floor) -> None:
    """Giving up an exit would leave a position unguarded: it stays live, with growing pauses."""
    desk = a_desk()
    desk.post(desk.alert())
    floor.follow_nudges()
    leaving = orders.create_exit(position_id=Position.objects.get().pk, reason="operator", text="", actor="test")
    with _broken_for(leaving):
        for _ in range(TRIES):
            floor.clock.forward(301)
            sweep_orders()
    leaving.refresh_from_db()
    assert leaving.status == "pending_execution"
    assert leaving.attempts == TRIES

    floor.clock.forward(301)
    sweep_orders()
    assert Position.objects.get().status == "closed"
    assert desk.account.positions.count() == 1


def test_an_order_that_is_being_sent_is_not_asked_about(floor: Floor) -> None:
    """A doubled nudge comes while the first worker waits for the venue's answer: it changes nothing."""
    _, _, order = _two_waiting_orders(floor)
    Order.objects.filter(pk=order.pk).update(
        status="submitting", submitted_at=floor.clock.at, due_at=floor.clock.at + SWEEP_AFTER
    )

    assert orders.execute_order(order_id=order.pk) == "submitting"
    floor.clock.forward(6)
    assert orders.execute_order(order_id=order.pk) == "pending_execution"


def test_an_alert_closes_what_is_left_when_a_rule_was_faster_with_one(floor: Floor) -> None:
    """Of two positions one has been closed since the decision; the other is sold all the same."""
    desk = a_desk(allow_adding=True)
    for number in range(2):
        desk.post(desk.alert(order_id=f"order-{number}"))
    floor.follow_nudges()
    desk.post(desk.alert(action="sell", order_id="out"))
    floor.lose_nudges()
    leaving = Signal.objects.latest("pk")
    decide(signal_id=leaving.pk)
    first = Position.objects.earliest("pk")
    pipeline.leave_position(first.pk, reason="stop_loss", text="", actor="exit rules")

    pipeline.order_signal(leaving.pk)

    assert set(Position.objects.values_list("status", flat=True)) == {"closed"}
    leaving.refresh_from_db()
    assert leaving.status == "ordered"
    assert violations() == []


def test_an_alert_that_finds_everything_closed_is_refused(floor: Floor) -> None:
    """It tells that others were faster, and no order is made for it."""
    desk = a_desk()
    desk.post(desk.alert())
    floor.follow_nudges()
    desk.post(desk.alert(action="sell", order_id="out"))
    floor.lose_nudges()
    leaving = Signal.objects.latest("pk")
    decide(signal_id=leaving.pk)
    pipeline.leave_position(Position.objects.get().pk, reason="stop_loss", text="", actor="exit rules")

    pipeline.order_signal(leaving.pk)

    leaving.refresh_from_db()
    assert (leaving.status, leaving.reason) == ("rejected", "nothing_to_close")
    assert violations() == []
