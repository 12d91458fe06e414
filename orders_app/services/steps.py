"""Moving an order along its table, and ending it: shared by every service that does either."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet

from books_app import clock
from books_app.audit import Trail
from books_app.models import Account
from books_app.rows import locked_row
from domain.orders import FINAL, OrderStatus, check_step
from orders_app.models import Order
from positions_app import services as positions
from risk_app.services import release_reservation

SWEEP_AFTER = timedelta(seconds=5)  # an order that nobody works on within this time is taken up by a sweep


# Finding and locking in one statement, as lock_account locks: every step of an order begins with it.
_LOCK_BOOK = """
    SELECT * FROM books_app_account WHERE id = (SELECT account_id FROM orders_app_order WHERE id = %s)
    FOR NO KEY UPDATE
"""
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


def lock_order(order_id: int) -> Order:
    """After its book's lock. Raises Order.DoesNotExist."""
    return locked_row(Order, order_id)


def lock_account_of(order_id: int) -> Account:
    """The book of an order under its row lock, which comes before the order's own. Raises Order.DoesNotExist."""
    for account in Account.objects.raw(_LOCK_BOOK, [order_id]):
        return account
    raise Order.DoesNotExist(f"there is no order {order_id}")


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
