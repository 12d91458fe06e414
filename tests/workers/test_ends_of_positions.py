"""Positions that end by expiry, and exits that end without having sold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from orders_app import services as orders
from orders_app.models import Order
from positions_app.models import Position
from tests.factories import Floor, a_desk, a_floor
from tradingsite.auditor import violations
from workers import pipeline


@pytest.fixture
def floor(transactional_db: None) -> Iterator[Floor]:
    with a_floor() as made:
        yield made


def _held(floor: Floor, contracts: int = 1) -> Position:
    desk = a_desk(sizing_value=contracts, limits={"max_exposure_per_position": 5_000})
    desk.post(desk.alert())
    floor.follow_nudges()
    return Position.objects.get()


def test_settlement_leaves_no_exit_order_behind(floor: Floor) -> None:
    """An exit asked for after the last bell is good until the next session, which this contract does not see."""
    position = _held(floor)
    floor.clock.at = floor.market.at = position.expires_at + timedelta(hours=1)
    orders.create_exit(position_id=position.pk, reason="operator", text="", actor="user:anna")

    assert pipeline.expire_and_settle() == 1

    position.refresh_from_db()
    assert (position.status, position.exit_reason) == ("closed", "expired_settled")
    assert Order.objects.get(reduce_only=True).status == "expired"
    assert violations() == []


def test_a_scale_out_that_sold_nothing_may_come_again(floor: Floor) -> None:
    """Only contracts that were sold count as scaled out."""
    position = _held(floor, contracts=3)
    leaving = orders.create_exit(position_id=position.pk, reason="scale_out", text="", actor="exit rules", quantity=1)
    orders.cancel_order(order_id=leaving.pk, actor="user:anna")
    position.refresh_from_db()
    assert (position.status, position.scaled_out) == ("open", False)

    pipeline.leave_position(position.pk, reason="scale_out", text="", actor="exit rules", quantity=1)
    position.refresh_from_db()
    assert (position.status, position.quantity, position.scaled_out) == ("open", 2, True)
    assert violations() == []
