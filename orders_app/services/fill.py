"""Booking what the venue reports: fill, order, position, cash, reservation and ledger move in one transaction."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from books_app import clock, ledger
from books_app.audit import Trail
from books_app.models import Account
from domain import pnl
from domain.errors import OverfillError
from domain.orders import LIVE, OrderStatus
from domain.positions import Direction
from domain.symbols.occ import OptionContract
from domain.venues import ExecutionReport, VenueReport
from orders_app.models import Fill, Order
from orders_app.services.quotes import keep_quote
from orders_app.services.steps import MOVING, advance, lock_account_of, lock_order
from positions_app import services as positions
from risk_app.services import shrink_reservation


@transaction.atomic
def apply_report(*, order_id: int, report: VenueReport, actor: str = "paper venue") -> Order:
    """Record that the venue has the order, and each execution exactly once. A second delivery changes nothing.

    Raises OverfillError when the venue reports more than was ordered; nothing of the report is booked then.
    """
    account = lock_account_of(order_id)
    order = lock_order(order_id)
    if order.status not in LIVE:
        return order
    order.venue_order_id = report.venue_order_id
    trail = Trail(actor, order.correlation_id)
    if order.status == OrderStatus.PENDING_EXECUTION:  # given up as never arrived while this answer was on its way
        advance(order, OrderStatus.SUBMITTING, trail, text="the venue has it after all")
    for execution in report.executions:
        _book_once(account, order, execution, trail)
    following = _status_after(order)
    if following != order.status:
        advance(order, following, trail, filled=order.filled_quantity, average_price=str(order.average_price or ""))
    else:
        order.updated_at = clock.now()
        order.save(update_fields=MOVING)
    trail.write()
    return order


def _status_after(order: Order) -> OrderStatus:
    if order.filled_quantity == order.quantity:
        return OrderStatus.FILLED
    return OrderStatus.PARTIALLY_FILLED if order.filled_quantity else OrderStatus.SUBMITTED


def _book_once(account: Account, order: Order, execution: ExecutionReport, trail: Trail) -> None:
    if order.filled_quantity and order.fills.filter(venue_fill_id=execution.venue_fill_id).exists():
        return
    filled = order.filled_quantity + execution.quantity
    if filled > order.quantity:
        raise OverfillError("overfill", f"{order.client_order_id}: fills sum to {filled}, ordered {order.quantity}")
    quote = dict(execution.quote) or None
    fill = Fill.objects.create(
        order=order,
        account=account,
        venue_fill_id=execution.venue_fill_id,
        quantity=execution.quantity,
        price=execution.price,
        commission=execution.commission,
        executed_at=execution.executed_at,
        recorded_at=clock.now(),
        quote=quote,
        quote_seen_id=None if order.quote_seen_id is None else keep_quote(quote),
    )
    order.average_price = pnl.average_price(
        order.filled_quantity, order.average_price or Decimal(0), fill.quantity, fill.price
    )
    order.filled_quantity = filled
    trail.note(
        "fill",
        fill.pk,
        "",
        "booked",
        text=f"{fill.quantity} at {fill.price.normalize():f}",
        data={"order": order.pk, "quote": fill.quote},
    )
    if order.reduce_only:
        _book_exit(account, order, fill, trail)
    else:
        _book_entry(account, order, fill, trail)


def _book_entry(account: Account, order: Order, fill: Fill, trail: Trail) -> None:
    cost = pnl.value(fill.quantity, fill.price, order.multiplier)
    bought = positions.Execution(fill.quantity, fill.price, fill.commission, fill.executed_at)
    if order.position_id is None:
        order.position = positions.open_position(_opening(order), bought, trail)
    else:
        positions.add_to_position(position_id=order.position_id, bought=bought)
    ledger.book_purchase(account, booking=f"fill:{fill.pk}", cost=cost, commission=fill.commission)
    if order.remaining:  # otherwise the order ends here, and gives all of it back
        reserved = order.reservation.initial_amount
        shrink_reservation(order_id=order.pk, remaining=pnl.part_of_cost(reserved, order.quantity, order.remaining))


def _book_exit(account: Account, order: Order, fill: Fill, trail: Trail) -> None:
    assert order.position_id is not None  # a constraint of the table
    proceeds = pnl.value(fill.quantity, fill.price, order.multiplier)
    sold = positions.Execution(fill.quantity, fill.price, fill.commission, fill.executed_at)
    cost = positions.reduce_position(position_id=order.position_id, sold=sold, trail=trail)
    ledger.book_sale(account, booking=f"fill:{fill.pk}", proceeds=proceeds, cost=cost, commission=fill.commission)


def _opening(order: Order) -> positions.Opening:
    assert order.signal_id is not None  # only an exit made by a rule or by hand has no signal
    contract = OptionContract.parse(order.symbol, multiplier=order.multiplier)
    return positions.Opening(
        account_id=order.account_id,
        strategy_id=order.strategy_id,
        signal_id=order.signal_id,
        correlation_id=order.correlation_id,
        contract=contract,
        underlying=order.underlying,
        thesis=Direction(order.thesis),
    )
