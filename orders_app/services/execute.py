"""Sending an order once: ``submitting`` is committed before the first byte leaves, the answer is its own transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction

from books_app import clock
from books_app.audit import Trail
from books_app.models import Account
from books_app.rows import row
from domain.errors import OutcomeUnknown, VenueRejected, VenueUnavailable
from domain.orders import AT_VENUE, LIVE, OrderStatus, OrderType, Side
from domain.venues import Broker, Ticket, VenueReport
from orders_app.brokers import broker_for
from orders_app.models import Order
from orders_app.services.cancel import expire_order
from orders_app.services.fill import apply_report
from orders_app.services.steps import SWEEP_AFTER, advance, lock_account_of, lock_order

log = structlog.get_logger(__name__)

LONGEST_BACK_OFF = timedelta(minutes=1)
LONGEST_BACK_OFF_OF_EXIT = timedelta(seconds=10)
S = OrderStatus


def execute_order(*, order_id: int, broker_of: Callable[[Account], Broker] = broker_for) -> OrderStatus:
    """Take an order one step further: send it, look up an unproven one, or work one that rests. Safe to repeat."""
    order = row(Order, order_id)
    if order.status in LIVE and order.expires_at <= clock.now():
        return S(expire_order(order_id=order_id).status)
    if order.status == S.PENDING_EXECUTION:
        return _send(order_id, broker_of)
    if order.status in AT_VENUE and not _being_sent(order):
        return _look(order, broker_of(order.account))
    return S(order.status)


def _being_sent(order: Order) -> bool:
    """Somebody is sending it at this moment: until its due time nobody else asks the venue, which may not have it yet."""
    return order.status == S.SUBMITTING and order.due_at > clock.now()


def _send(order_id: int, broker_of: Callable[[Account], Broker]) -> OrderStatus:
    begun, status = _begin(order_id)
    if begun is None:
        return status
    try:
        report = broker_of(begun.account).submit(_ticket(begun))
    except VenueRejected as e:
        return _end(order_id, S.REJECTED, e.code, e.message)
    except VenueUnavailable as e:
        return _wait_or_give_up(order_id, e)
    except OutcomeUnknown as e:
        log.warning("outcome_unknown", order=begun.client_order_id, code=e.code)
        return S.SUBMITTING  # stays as it is: the sweep asks the venue by client_order_id
    return S(apply_report(order_id=order_id, report=report).status)


def _look(order: Order, broker: Broker) -> OrderStatus:
    _look_again_later(order)
    try:
        report: VenueReport | None = broker.lookup(_ticket(order))
    except VenueUnavailable as e:
        log.info("venue_not_asked", order=order.client_order_id, code=e.code)
        return S(order.status)
    if report is None:
        return _never_arrived(order.pk)
    return S(apply_report(order_id=order.pk, report=report).status)


def _look_again_later(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(due_at=clock.now() + SWEEP_AFTER)


@transaction.atomic
def _begin(order_id: int) -> tuple[Order | None, OrderStatus]:
    """pending_execution → submitting, or denied when its book was halted meanwhile (exits are never denied).

    The order comes back only to the one caller that moved it and may therefore send it.
    """
    account = lock_account_of(order_id)
    order = lock_order(order_id)
    order.account = account
    if order.status != S.PENDING_EXECUTION:
        return None, S(order.status)
    trail = Trail("risk gate", order.correlation_id)
    if account.status == Account.Status.HALTED and not order.reduce_only:
        advance(
            order, S.DENIED, trail, reason="book_halted", text=f"book {account.name} is halted: {account.halt_reason}"
        )
    elif account.dry_run and not order.reduce_only:
        advance(order, S.DRY_RUN, trail, reason="dry_run", text=f"book {account.name} makes orders and sends none")
    else:
        order.attempts += 1
        order.submitted_at = clock.now()
        order.due_at = clock.now() + SWEEP_AFTER
        advance(order, S.SUBMITTING, trail)
    trail.write()
    return (order if order.status == S.SUBMITTING else None), S(order.status)


@transaction.atomic
def _never_arrived(order_id: int) -> OrderStatus:
    """The venue proves that it never saw the order, so it may be sent again under the same id."""
    lock_account_of(order_id)
    order = lock_order(order_id)
    if order.status == S.SUBMITTING:
        trail = Trail("venue lookup", order.correlation_id)
        order.due_at = clock.now()
        if order.attempts >= settings.ORDER_MAX_ATTEMPTS and not order.reduce_only:
            advance(
                order, S.FAILED, trail, reason="order_failed", text=f"{order.attempts} tries never reached the venue"
            )
        else:
            advance(order, S.PENDING_EXECUTION, trail, text="the venue never saw it")
        trail.write()
    return S(order.status)


@transaction.atomic
def _wait_or_give_up(order_id: int, cause: VenueUnavailable) -> OrderStatus:
    """Nothing happened at the venue: try again with growing pauses, kept in the row, as often as configured."""
    lock_account_of(order_id)
    order = lock_order(order_id)
    if order.status != S.SUBMITTING:
        return S(order.status)
    trail = Trail("paper venue", order.correlation_id)
    order.reason, order.reason_text = cause.code, cause.message[:400]
    if order.attempts >= settings.ORDER_MAX_ATTEMPTS and not order.reduce_only:
        advance(
            order, S.FAILED, trail, reason="no_quote_gave_up", text=f"{order.attempts} tries; last: {cause.message}"
        )
    else:
        longest = LONGEST_BACK_OFF_OF_EXIT if order.reduce_only else LONGEST_BACK_OFF
        order.due_at = clock.now() + min(back_off(order.attempts), longest)
        advance(order, S.PENDING_EXECUTION, trail, reason=cause.code, text=f"waits for a good quote: {cause.message}")
    trail.write()
    return S(order.status)


@transaction.atomic
def count_failure(*, order_id: int, cause: Exception) -> OrderStatus:
    """Working on an order broke on something unforeseen: try later; an entry has failed after as many tries as configured.

    An exit is tried for ever, and so is anything while only the database fails.
    """
    lock_account_of(order_id)
    order = lock_order(order_id)
    if order.status not in LIVE:
        return S(order.status)
    order.attempts += 1
    order.due_at = clock.now() + min(back_off(order.attempts), LONGEST_BACK_OFF)
    text = f"{type(cause).__name__}: {cause}"[:400]
    if order.attempts >= settings.ORDER_MAX_ATTEMPTS and not order.reduce_only and not isinstance(cause, DatabaseError):
        trail = Trail("sweep", order.correlation_id)
        advance(order, S.FAILED, trail, reason="order_failed", text=f"{order.attempts} tries; last: {text}")
        trail.write()
    else:
        order.reason_text = text
        order.save(update_fields=["attempts", "due_at", "reason_text"])
    return S(order.status)


def back_off(attempts: int) -> timedelta:
    """1, 2, 4 … seconds."""
    return timedelta(seconds=2 ** min(max(attempts, 1) - 1, 10))


@transaction.atomic
def _end(order_id: int, status: OrderStatus, reason: str, text: str) -> OrderStatus:
    lock_account_of(order_id)
    order = lock_order(order_id)
    if order.status == S.SUBMITTING:
        trail = Trail("venue", order.correlation_id)
        advance(order, status, trail, reason=reason, text=text)
        trail.write()
    return S(order.status)


def _ticket(order: Order) -> Ticket:
    return Ticket(
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        symbol=order.symbol,
        underlying=order.underlying,
        side=Side(order.side),
        order_type=OrderType(order.order_type),
        limit_price=order.limit_price,
        quantity=order.quantity,
        filled_quantity=order.filled_quantity,
        reduce_only=order.reduce_only,
    )
