"""A venue with a memory of its own, outside our database: the second book that tells whether an order was sent twice."""

from __future__ import annotations

import json
import os
from pathlib import Path

from books_app import clock
from books_app.models import Account
from domain.orders import OrderType, Side
from domain.venues import ExecutionReport, Ticket, VenueReport
from orders_app.models import Order


class RememberingVenue:
    """Takes every order it gets, also the second one of an id, fills it at its limit, and writes it down at once."""

    def __init__(self, account: Account, file: Path) -> None:
        self._file = file

    def submit(self, ticket: Ticket) -> VenueReport:
        line = json.dumps({"id": ticket.client_order_id, "symbol": ticket.symbol}) + "\n"
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
        return self._report(ticket)

    def lookup(self, ticket: Ticket) -> VenueReport | None:
        return self._report(ticket) if ticket.client_order_id in self.received() else None

    def received(self) -> list[str]:
        """Client order ids of everything that ever arrived, in order."""
        if not self._file.exists():
            return []
        return [json.loads(line)["id"] for line in self._file.read_text().splitlines()]

    def ticket_of(self, order: Order, *, client_order_id: str) -> Ticket:
        return Ticket(
            client_order_id=client_order_id,
            venue_order_id="",
            symbol=order.symbol,
            underlying=order.underlying,
            side=Side(order.side),
            order_type=OrderType(order.order_type),
            limit_price=order.limit_price,
            quantity=order.quantity,
            filled_quantity=order.filled_quantity,
        )

    def _report(self, ticket: Ticket) -> VenueReport:
        assert ticket.limit_price is not None  # entries have one
        execution = ExecutionReport(
            venue_fill_id=f"{ticket.client_order_id}:1",
            quantity=ticket.quantity,
            price=ticket.limit_price,
            commission=ticket.limit_price * 0,
            executed_at=clock.now(),
        )
        return VenueReport(f"venue:{ticket.client_order_id}", (execution,))
