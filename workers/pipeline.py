"""One alert's way from stage to stage. Each stage is a transaction of its own and safe to repeat; after its commit the same
worker goes straight on with the next. Nudges and sweeps are there for the case that it dies in between.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.db import transaction

from books_app import clock
from domain.errors import OrderDenied, RuleBroken, VenueUnavailable
from domain.orders import OrderStatus
from domain.positions import Direction
from domain.rules.view import Action
from domain.signals import SignalStatus
from market_app import services as market
from orders_app import services as orders
from orders_app.queries import entry_orders_on, live_orders_of
from positions_app import services as positions
from positions_app.queries import held_on
from risk_app.services import lock_account
from signals_app import services as signals
from signals_app.services import ApprovedPlan
from workers.attempts import alone

log = structlog.get_logger(__name__)


def process_signal(signal_id: int) -> None:
    """Decide, and what is approved go straight on to the orders: the strategy's book first, then its shadow.

    All of it sees one reading of the market, so that the engines are compared on the same quotes.
    """
    with market.one_reading():
        sights = Sights()
        for plan in signals.decide_to_plans(signal_id=signal_id):
            if plan.signal_id == signal_id:
                _order(plan, sights)
            else:  # what goes wrong with a shadow is its own; the sweep takes it up again
                with alone("shadow", plan.signal_id):
                    _order(plan, sights)


def order_signal(signal_id: int) -> None:
    """Turn an approved plan into orders and send them. A refusal at this stage becomes the signal's reason."""
    plan = signals.approved_plan(signal_id)
    if plan is not None:
        _order(plan, Sights())


def _order(plan: ApprovedPlan, sights: Sights) -> None:
    try:
        _carry_out(plan, sights)
    except VenueUnavailable as e:
        signals.wait_or_reject(signal_id=plan.signal_id, until=plan.good_until, cause=e)
    except (OrderDenied, RuleBroken) as e:
        signals.reject(signal_id=plan.signal_id, cause=e)


def _carry_out(plan: ApprovedPlan, sights: Sights) -> None:
    if plan.action in (Action.OPEN, Action.ADD):
        _open(plan, sights)
    elif plan.action is Action.REVERSE:
        _reverse(plan, sights)
    else:
        _leave(plan)


class Sights:
    """The contracts found for one alert: what two books buy on it is chosen once, on one quote."""

    def __init__(self) -> None:
        self._found: dict[orders.Wish, orders.Candidate] = {}

    def candidate(self, request: orders.EntryRequest) -> orders.Candidate:
        """Raises what ``find_candidate`` raises."""
        wish = request.wish
        if wish not in self._found:
            self._found[wish] = orders.find_candidate(request)
        return self._found[wish]


def _open(plan: ApprovedPlan, sights: Sights) -> None:
    if clock.now() > plan.good_until:
        raise OrderDenied("stale_signal", f"too late to open: the alert was good until {plan.good_until:%H:%M:%S} UTC")
    request = entry_request(plan)
    candidate = sights.candidate(request)
    try:
        order_id = _make_entry(request, candidate)
    except OrderDenied:  # and with it went the record of what had been chosen
        orders.keep_selection(candidate.selection, signal_id=plan.signal_id)
        raise
    if order_id is not None:
        orders.execute_order(order_id=order_id)


@transaction.atomic
def _make_entry(request: orders.EntryRequest, candidate: orders.Candidate) -> int | None:
    """None when another worker has ordered or refused the signal meanwhile."""
    account = lock_account(request.account_id)  # before the signal, in the house's order
    signal = signals.locked_if_approved(signal_id=request.signal_id)
    if signal is None:
        return None
    order = orders.create_entry(request=request, candidate=candidate, locked=account)
    signals.mark_ordered(signal, order_ids=[order.pk])
    return order.pk


def _leave(plan: ApprovedPlan) -> None:
    """Cancel what rests, sell what the plan names; done when the orders are made."""
    with transaction.atomic():
        lock_account(plan.account_id)
        signal = signals.locked_if_approved(signal_id=plan.signal_id)
        if signal is None:
            return
        made = _make_exits(plan)
        if plan.closings and not made and not plan.cancel_order_ids:
            raise RuleBroken("nothing_to_close", f"{plan.text}: closed by others since the decision")
        signals.mark_ordered(signal, order_ids=made)
    for order_id in made:
        execute_exit(order_id)


def _make_exits(plan: ApprovedPlan) -> list[int]:
    for order_id in plan.cancel_order_ids:
        _cancel_if_live(order_id, plan)
    made = (_exit_of(plan, position_id, quantity) for position_id, quantity in plan.closings if quantity)
    return [order_id for order_id in made if order_id is not None]


def _exit_of(plan: ApprovedPlan, position_id: int, quantity: int) -> int | None:
    """None when a rule or a person has closed this one since the decision; the plan's other positions are left all the same."""
    try:
        order = orders.create_exit(
            position_id=position_id,
            quantity=quantity,
            reason="alert",
            text=plan.text,
            actor=f"engine {plan.engine}",
            signal_id=plan.signal_id,
        )
    except RuleBroken as e:
        log.info("position_left_already", position_id=position_id, code=e.code)
        return None
    return order.pk


def _cancel_if_live(order_id: int, plan: ApprovedPlan) -> None:
    actor = f"engine {plan.engine}"
    try:
        orders.cancel_order(order_id=order_id, actor=actor, reason="cancelled_by_alert", text=plan.text)
    except RuleBroken as e:
        log.info("nothing_left_to_cancel", order_id=order_id, code=e.code)


def _reverse(plan: ApprovedPlan, sights: Sights) -> None:
    """Close the other side first; open only when the book holds nothing of it, in this run or in a later one."""
    if plan.status == SignalStatus.APPROVED:
        with transaction.atomic():
            lock_account(plan.account_id)
            signal = signals.locked_if_approved(signal_id=plan.signal_id)
            if signal is None:
                return
            made = _make_exits(plan)
            signals.mark_closing(signal)
        for order_id in made:
            orders.execute_order(order_id=order_id)
    if _is_flat_against(plan):
        _open(plan, sights)
    else:
        waiting = RuleBroken("reversal_not_flat", f"the other side of {plan.underlying} is not closed yet")
        signals.wait_or_reject(signal_id=plan.signal_id, until=plan.good_until, cause=waiting)


def _is_flat_against(plan: ApprovedPlan) -> bool:
    other = Direction.SHORT if plan.thesis is Direction.LONG else Direction.LONG
    return not held_on(plan.account_id, plan.underlying, other) and not entry_orders_on(
        plan.account_id, plan.underlying, other
    )


def entry_request(plan: ApprovedPlan) -> orders.EntryRequest:
    """The wish to open, in the words of the orders."""
    assert plan.thesis is not None  # every plan that opens has one
    return orders.EntryRequest(
        account_id=plan.account_id,
        strategy_id=plan.strategy_id,
        signal_id=plan.signal_id,
        correlation_id=plan.correlation_id,
        underlying=plan.underlying,
        thesis=plan.thesis,
        contract=plan.contract,
        sizing=plan.sizing,
        allow_adding=plan.allow_adding,
        listed_symbol=plan.listed_symbol,
        limit_price=plan.limit_price,
        paired=plan.paired,
    )


def execute_exit(order_id: int) -> OrderStatus:
    """Send an exit, and when it was what a reversal waited for, let the reversal go on."""
    status = orders.execute_order(order_id=order_id)
    if status == OrderStatus.FILLED:
        for signal_id in signals.reversals_waiting_on(order_id):
            order_signal(signal_id)
    return status


def monitor_exits(*, only: Sequence[int] | None = None) -> int:
    """Ask the exit rules, make the exit orders and send them. Gives the number of positions that are being left."""
    wishes = positions.evaluate_exits(only=only)
    leaving = [wish for wish in wishes if wish.kind != "expired_contract"]  # that one is settled
    for wish in leaving:
        with alone("position", wish.position_id):
            leave_position(
                wish.position_id, quantity=wish.quantity, reason=wish.kind, text=wish.text, actor="exit rules"
            )
    return len(leaving)


def leave_position(
    position_id: int, *, reason: str, text: str, actor: str, quantity: int | None = None
) -> OrderStatus | None:
    """Make one exit order and send it. None when somebody else has closed the position meanwhile."""
    try:
        order = orders.create_exit(position_id=position_id, quantity=quantity, reason=reason, text=text, actor=actor)
    except RuleBroken as e:
        log.info("position_left_already", position_id=position_id, code=e.code)
        return None
    return execute_exit(order.pk)


def expire_and_settle() -> int:
    """End orders whose session is over, then settle contracts that expired. Gives the number of settled positions."""
    settled = 0
    for position_id in positions.expired_positions():
        with alone("position", position_id):
            for order_id in live_orders_of(position_id):
                orders.expire_order(order_id=order_id, contract_gone=True)
            settled += positions.settle_expired(position_id=position_id)
    return settled
