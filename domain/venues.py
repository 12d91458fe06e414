"""What is said between us and a venue: the ticket we send, the report that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.orders import OrderType, Side


@dataclass(frozen=True, slots=True)
class Ticket:
    """One order as the venue needs it. Prices per share, quantities in contracts or shares."""

    client_order_id: str
    venue_order_id: str  # empty until the venue has answered
    symbol: str
    underlying: str
    side: Side
    order_type: OrderType
    limit_price: Decimal | None
    quantity: int
    filled_quantity: int
    reduce_only: bool = False  # an exit, which takes the prices that there are

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled_quantity


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """One execution. venue_fill_id is the venue's own and never used twice; commission in the book's currency."""

    venue_fill_id: str
    quantity: int
    price: Decimal
    commission: Decimal
    executed_at: datetime
    quote: Mapping[str, object] = field(default_factory=dict)  # the market it was made on, as far as it is known


@dataclass(frozen=True, slots=True)
class VenueReport:
    """The venue has the order, and these are the executions it told us of in this answer."""

    venue_order_id: str
    executions: tuple[ExecutionReport, ...] = ()


class Broker(Protocol):
    """A venue that takes orders. No method is called while a row lock is held."""

    def submit(self, ticket: Ticket) -> VenueReport:
        """Send an order that the venue has not seen.

        Raises VenueRejected (final), VenueUnavailable (provably nothing happened) or OutcomeUnknown (ask by ``lookup``).
        """
        ...

    def lookup(self, ticket: Ticket) -> VenueReport | None:
        """What the venue knows of this client_order_id, new executions included; None when it never saw it.

        Raises VenueUnavailable when it cannot be asked.
        """
        ...
