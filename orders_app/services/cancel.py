"""Taking an order back, and ending it with its session."""

from __future__ import annotations

from django.db import transaction

from books_app import clock
from books_app.audit import Trail
from domain.errors import RuleBroken
from domain.orders import LIVE, OrderStatus
from orders_app.models import Order
from orders_app.services.steps import advance, lock_account_of, lock_order


def _locked(order_id: int) -> Order:
    lock_account_of(order_id)
    return lock_order(order_id)


@transaction.atomic
def cancel_order(*, order_id: int, actor: str, reason: str = "cancelled_by_operator", text: str = "") -> Order:
    """Cancel what has not been filled yet. Raises RuleBroken ``order_not_live`` when the order has ended."""
    order = _locked(order_id)
    if order.status not in LIVE:
        raise RuleBroken("order_not_live", f"order {order.client_order_id} has ended: {order.status}")
    trail = Trail(actor, order.correlation_id)
    cancel_locked(order, trail, reason=reason, text=text)
    trail.write()
    return order


def cancel_locked(order: Order, trail: Trail, *, reason: str, text: str) -> None:
    """Cancel an order that the caller holds under its lock."""
    advance(order, OrderStatus.CANCELLED, trail, reason=reason, text=text)


@transaction.atomic
def expire_order(*, order_id: int, contract_gone: bool = False) -> Order:
    """End an order whose session is over. A second call, or one that comes too early, changes nothing.

    contract_gone: the contract has expired, so no session will come that the order could still be good for.
    """
    order = _locked(order_id)
    if order.status in LIVE and (contract_gone or order.expires_at <= clock.now()):
        ended_at = min(order.expires_at, clock.now())
        trail = Trail("session close", order.correlation_id)
        advance(
            order,
            OrderStatus.EXPIRED,
            trail,
            reason="order_expired",
            text=f"{order.filled_quantity} of {order.quantity} filled by {ended_at:%Y-%m-%d %H:%M} UTC",
        )
        trail.write()
    return order
