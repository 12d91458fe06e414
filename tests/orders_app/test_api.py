"""Orders over HTTP: reading, cancelling, and leaving a position."""

from __future__ import annotations

from decimal import Decimal

import pytest

from books_app.models import AuditEvent
from orders_app.models import Order
from positions_app.models import Position
from tests.factories import Desk, Floor, a_desk
from tests.people import TRADER, VIEWER, at_the_api
from tests.trading import a_pending_order, open_a_position

pytestmark = pytest.mark.django_db(transaction=True)


def test_orders_and_fills_tell_how_they_came_about(desk: Desk, floor: Floor):
    """Sizing arithmetic, and the quote that a fill was made on."""
    position = open_a_position(desk, floor)
    viewer = at_the_api(VIEWER)

    order = viewer.get(f"/api/v1/orders/?position={position.pk}&status=filled").json()["results"][0]
    fill = viewer.get(f"/api/v1/fills/?order={order['id']}").json()["results"][0]

    assert "one contract costs" in order["sizing"]
    assert fill["price"] == order["average_price"]
    assert Decimal(fill["price"]) == Decimal(fill["quote"]["ask"])


def test_a_trader_closes_a_position(desk: Desk, floor: Floor):
    """202 with the exit order; the worker that is nudged does the rest."""
    position = open_a_position(desk, floor)

    answer = at_the_api(TRADER).post(f"/api/v1/positions/{position.pk}/close/", {})

    assert (answer.status_code, answer.json()["status"], answer.json()["reduce_only"]) == (
        202,
        "pending_execution",
        True,
    )
    floor.follow_nudges()
    position.refresh_from_db()
    assert (position.status, position.exit_reason) == ("closed", "manual")
    assert AuditEvent.objects.filter(entity="order", actor__startswith="user:trader", reason="manual").exists()


def test_closing_twice_makes_one_order(desk: Desk, floor: Floor):
    """A second click gets the first one's order."""
    position = open_a_position(desk, floor)
    trader = at_the_api(TRADER)

    answers = [trader.post(f"/api/v1/positions/{position.pk}/close/", {}).json()["id"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert Order.objects.filter(reduce_only=True).count() == 1


def test_a_part_can_be_closed_and_never_more_than_is_held(floor: Floor):
    """Asking for more is a refusal with the figures, not a smaller order."""
    desk = a_desk(sizing="fixed", sizing_value=2, limits={"max_exposure_per_position": 5000})
    position = open_a_position(desk, floor)
    trader = at_the_api(TRADER)

    refused = trader.post(f"/api/v1/positions/{position.pk}/close/", {"quantity": 3})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "exit_exceeds_held")
    assert "holds 2, asked to sell 3" in refused.json()["error"]["message"]

    assert trader.post(f"/api/v1/positions/{position.pk}/close/", {"quantity": 1}).json()["quantity"] == 1
    floor.follow_nudges()
    assert Position.objects.get().quantity == 1


@pytest.mark.parametrize("quantity", [0, -1, "two", 1.5, 10**30])
def test_a_quantity_is_a_whole_number_of_contracts(desk: Desk, floor: Floor, quantity):
    """Anything else is refused before a row is locked."""
    position = open_a_position(desk, floor)

    answer = at_the_api(TRADER).post(f"/api/v1/positions/{position.pk}/close/", {"quantity": quantity})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


def test_a_closed_position_cannot_be_closed(desk: Desk, floor: Floor):
    """409, with what closed it."""
    position = open_a_position(desk, floor)
    trader = at_the_api(TRADER)
    trader.post(f"/api/v1/positions/{position.pk}/close/", {})
    floor.follow_nudges()

    answer = trader.post(f"/api/v1/positions/{position.pk}/close/", {})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "position_not_open")
    assert trader.post("/api/v1/positions/999/close/", {}).status_code == 404


def test_a_trader_cancels_an_order_once(desk: Desk, floor: Floor):
    """What was reserved is free again; the second try is told that it has ended."""
    order = a_pending_order(desk, floor)
    trader = at_the_api(TRADER)

    first, second = (trader.post(f"/api/v1/orders/{order.pk}/cancel/") for _ in range(2))

    assert (first.status_code, first.json()["status"], first.json()["reason"]) == (
        200,
        "cancelled",
        "cancelled_by_operator",
    )
    assert (second.status_code, second.json()["error"]["code"]) == (409, "order_not_live")
    assert order.reservation.__class__.objects.get(order=order).amount == 0
    assert trader.post("/api/v1/orders/999/cancel/").status_code == 404


def test_a_viewer_neither_closes_nor_cancels(desk: Desk, floor: Floor):
    """Reading is all that the role allows."""
    position = open_a_position(desk, floor)
    viewer = at_the_api(VIEWER)

    assert viewer.post(f"/api/v1/positions/{position.pk}/close/", {}).status_code == 403
    assert viewer.post(f"/api/v1/orders/{position.orders.get().pk}/cancel/").status_code == 403
    assert Position.objects.get().status == "open"
