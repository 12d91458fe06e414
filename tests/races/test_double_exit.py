"""A rule, a person and an alert that all leave one position at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier
from unittest import mock

from django.db.models import Sum

from orders_app.models import Fill, Order
from orders_app.services import exit as exits
from positions_app.models import Position
from positions_app.services.refresh import refresh_marks
from signals_app.models import Signal
from tests.factories import Desk, Floor, a_desk
from tests.races.guards import without_unique
from tests.races.starting_gun import PATIENCE_S, at_once
from tradingsite.auditor import violations
from workers import pipeline

CONTRACTS = 3
LEAVERS = 9


def _held(floor: Floor) -> tuple[Desk, Position]:
    desk = a_desk(limits={"max_exposure_per_position": 5_000}, sizing_value=CONTRACTS)
    desk.post(desk.alert())
    floor.follow_nudges()
    position = Position.objects.get()
    assert position.quantity == CONTRACTS
    return desk, position


def _leave_in_every_way(floor: Floor, desk: Desk, position: Position) -> list[object]:
    """Three rules fire, three people close, three alerts say flat."""
    for number in range(3):
        desk.post(desk.alert(action="sell", order_id=f"exit-{number}"))
    floor.lose_nudges()
    alerts = list(Signal.objects.filter(status="pending").values_list("pk", flat=True))
    floor.market.option_factor /= 3
    refresh_marks()

    def by_hand() -> object:
        return pipeline.leave_position(position.pk, reason="operator", text="closed by hand", actor="user:anna")

    by_alert = [lambda pk=pk: pipeline.process_signal(pk) for pk in alerts]  # type: ignore[misc]
    return at_once([pipeline.monitor_exits] * 3 + [by_hand] * 3 + by_alert)


@contextmanager
def _no_locks(leavers: int) -> Iterator[None]:
    """Rows are read without their locks, everybody reads before anybody writes, and no unique key comes to the rescue."""
    everybody_has_looked = Barrier(leavers)

    def read(position_id: int) -> Position:
        position = Position.objects.get(pk=position_id)
        everybody_has_looked.wait(PATIENCE_S)
        return position

    with (
        without_unique("one_live_exit_per_position", "client_order_id_once_per_book"),
        mock.patch.object(exits, "lock_account", lambda account_id: None),
        mock.patch.object(exits, "orders_for_update", Order.objects.all),
        mock.patch.object(exits.positions, "lock_position", read),
        mock.patch.object(exits.positions, "begin_closing"),
    ):
        yield


def test_without_the_lock_each_contract_is_sold_three_times(floor: Floor) -> None:
    """Three who read the position before anyone has written make three exit orders for all of it."""
    with _no_locks(3):
        _, position = _held(floor)
        at_once([lambda: exits.create_exit(position_id=position.pk, reason="naive", text="", actor="test")] * 3)

        assert [order.quantity for order in Order.objects.filter(reduce_only=True)] == [CONTRACTS] * 3
        assert "D4" in {finding.invariant.code for finding in violations()}


def test_rule_person_and_alert_at_once_sell_each_contract_once(floor: Floor) -> None:
    """Whoever comes first makes the exit order; the others find it, or the position closed."""
    desk, position = _held(floor)
    answers = _leave_in_every_way(floor, desk, position)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    position.refresh_from_db()
    assert (position.status, position.quantity) == ("closed", 0)
    sold = Fill.objects.filter(order__reduce_only=True).aggregate(sum=Sum("quantity"))["sum"]
    assert sold == CONTRACTS
    assert Order.objects.filter(reduce_only=True).count() == 1
    assert violations() == []


def test_reductions_at_once_never_add_up_to_more_than_is_held(floor: Floor) -> None:
    """Nine wishes to sell two of three contracts sell three in all."""
    _, position = _held(floor)

    def sell_two() -> object:
        return pipeline.leave_position(position.pk, reason="operator", text="", actor="user:anna", quantity=2)

    answers = at_once([sell_two] * LEAVERS)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert Fill.objects.filter(order__reduce_only=True).aggregate(sum=Sum("quantity"))["sum"] == CONTRACTS
    assert violations() == []
