"""Moving an order along its table, and ending it: shared by every service that does either."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet

from books_app import clock
from books_app.audit import Trail
from books_app.models import Account
from domain.orders import FINAL, OrderStatus, check_step
from orders_app.models import Order
from positions_app import services as positions
from risk_app.services import accounts_for_update, release_reservation

SWEEP_AFTER = timedelta(seconds=5)  # an order that nobody works on within this time is taken up by a sweep


# The columns that an order's way changes; all others are written once.
MOVING = (
    "venue_order_id",
    "position",
    "filled_quantity",
    "average_price",
    "status",
    "reason",
    "reason_text",
    "attempts",
    "due_at",
    "submitted_at",
    "terminal_at",
    "updated_at",
)


def orders_for_update() -> QuerySet[Order]:
    return Order.objects.select_for_update(of=("self",), no_key=True).order_by("pk")


def lock_account_of(order_id: int) -> Account:
    """The book of an order under its row lock, which comes before the order's own."""
    return accounts_for_update().get(pk=Order.objects.filter(pk=order_id).values("account_id")[:1])


def advance(
    order: Order, following: OrderStatus, trail: Trail, *, reason: str = "", text: str = "", **data: object
) -> None:
    """Take one step of the table, with its audit row; an ending gives back what the order reserved or guarded.

    Saves the order. Raises IllegalTransition.
    """
    before = OrderStatus(order.status)
    check_step(before, following)
    now = clock.now()
    order.status, order.updated_at = following, now
    if reason:
        order.reason, order.reason_text = reason, text[:400]
    if following in FINAL:
        order.terminal_at = now
    order.save(update_fields=MOVING)
    trail.note(
        "order", order.pk, before, following, reason=reason, text=text, data=data, correlation_id=order.correlation_id
    )
    if following in FINAL:
        _let_go(order, trail)


def _let_go(order: Order, trail: Trail) -> None:
    if order.reduce_only:
        if order.position_id is not None:
            positions.exit_ended(position_id=order.position_id, sold=order.filled_quantity, trail=trail)
    else:
        release_reservation(order_id=order.pk)
