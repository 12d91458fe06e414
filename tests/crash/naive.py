"""How the same way is often built, so that the harness can be seen to find what is wrong with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.db.transaction import Atomic

from domain.orders import OrderStatus
from orders_app.models import Order
from orders_app.services import apply_report
from tests.crash.harness import Tell
from tests.crash.venue import RememberingVenue
from tests.factories import Desk


@contextmanager
def torn_transactions() -> Iterator[None]:
    """The real code without its transactions and row locks: fill, position, cash and order are saved one by one."""
    enter, leave = Atomic.__enter__, Atomic.__exit__
    locks = connection.features.has_select_for_update
    Atomic.__enter__ = lambda self: None  # type: ignore[method-assign]
    Atomic.__exit__ = lambda self, kind, error, trace: None  # type: ignore[method-assign]
    connection.features.has_select_for_update = False
    try:
        yield
    finally:
        Atomic.__enter__, Atomic.__exit__ = enter, leave  # type: ignore[method-assign]
        connection.features.has_select_for_update = locks


def answer_first(desk: Desk, body: bytes, tell: Tell) -> None:
    """Answer at once and store in the background, to be fast."""
    tell("202")
    desk.post(body)


def send_first(order_id: int, venue_file: Path) -> None:
    """Send, and write down afterwards what was sent, under an id made for each try."""
    order = Order.objects.select_related("account").get(pk=order_id)
    if order.status != OrderStatus.PENDING_EXECUTION:
        return
    venue = RememberingVenue(order.account, venue_file)
    ticket = venue.ticket_of(order, client_order_id=uuid.uuid4().hex)
    report = venue.submit(ticket)
    Order.objects.filter(pk=order_id).update(status=OrderStatus.SUBMITTING, submitted_at=order.created_at)
    apply_report(order_id=order_id, report=report)
