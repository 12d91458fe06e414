"""Making an exit: one reduce-only order for a position, never for more than is held."""

from __future__ import annotations

from django.db import transaction

from books_app import clock, nudges
from books_app.audit import Trail
from domain.errors import RuleBroken
from domain.orders import LIVE, OrderStatus, Side
from domain.positions import Direction, PositionStatus
from market_app import quoting
from orders_app.models import Order
from orders_app.services.cancel import cancel_locked
from orders_app.services.steps import SWEEP_AFTER, orders_for_update
from positions_app import services as positions
from positions_app.models import Position
from risk_app.services import lock_account


@transaction.atomic
def create_exit(
    *, position_id: int, reason: str, text: str, actor: str, quantity: int | None = None, signal_id: int | None = None
) -> Order:
    """Start leaving a position: lock it, take back what still buys, and insert one reduce-only order.

    quantity None leaves all of it; more than is held is cut to what is held. A live exit order that covers the wish is
    given back; one that does not is taken back and replaced by one for both wishes. Raises RuleBroken
    ``position_not_open``.
    """
    account_id = Position.objects.values_list("account_id", flat=True).get(pk=position_id)
    lock_account(account_id)
    live = list(orders_for_update().filter(position_id=position_id, status__in=LIVE))
    position = positions.lock_position(position_id)
    if position.status == PositionStatus.CLOSED:
        raise RuleBroken("position_not_open", f"position {position_id} is closed ({position.exit_reason})")
    leaving = next((order for order in live if order.reduce_only), None)
    covered = leaving.remaining if leaving is not None else 0
    wanted = min(position.quantity if quantity is None else quantity + covered, position.quantity)
    if leaving is not None and covered >= wanted:
        return leaving
    if wanted < 1:
        raise RuleBroken("bad_quantity", f"{quantity} contracts of position {position_id} are nothing to sell")
    trail = Trail(actor, position.correlation_id)
    for order in live:
        cancel_locked(order, trail, reason="position_closing", text=f"position {position_id} is being left: {reason}")
    position.refresh_from_db()  # an exit order that was taken back has put it under its rules again
    order = _insert(position, wanted, signal_id)
    trail.note("order", order.pk, "", OrderStatus.PENDING_EXECUTION, reason=reason, text=text)
    positions.begin_closing(position, reason=reason, text=text, trail=trail)
    trail.write()
    return order


@transaction.atomic
def request_exit(*, position_id: int, actor: str, reason: str, text: str, quantity: int | None = None) -> Order:
    """``create_exit`` for somebody who does not send it himself: a worker is told once it is committed."""
    order = create_exit(position_id=position_id, actor=actor, reason=reason, text=text, quantity=quantity)
    nudges.after_commit("workers.positions.execute_exit", order.pk)
    return order


def _insert(position: Position, quantity: int, signal_id: int | None) -> Order:
    now = clock.now()
    made_before = Order.objects.filter(position=position, reduce_only=True).count()
    return Order.objects.create(
        client_order_id=f"position-{position.pk}-exit-{made_before + 1}",
        account_id=position.account_id,
        signal_id=signal_id,
        strategy_id=position.strategy_id,
        position=position,
        correlation_id=position.correlation_id,
        purpose=Order.Purpose.EXIT,
        side=Side.SELL if position.direction == Direction.LONG else Side.BUY,
        reduce_only=True,
        thesis=position.thesis,
        symbol=position.symbol,
        underlying=position.underlying,
        multiplier=position.multiplier,
        quantity=quantity,
        due_at=now + SWEEP_AFTER,
        expires_at=quoting.option_session(position.underlying, now).closes_at,
        created_at=now,
        updated_at=now,
    )
