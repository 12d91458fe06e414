"""What a position is worth, for people to read: every figure comes from ``domain.pnl``."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain import pnl
from domain.positions import Direction
from positions_app.models import Position


@dataclass(frozen=True, slots=True)
class Figures:
    """Money, in the book's currency. unrealized and market_value are None while there is no mark.

    total is what the position has brought in all: realized plus unrealized less commission. return_on_cost is total as a
    fraction of what all its contracts cost at entry.
    """

    market_value: Decimal | None
    unrealized: Decimal | None
    total: Decimal
    return_on_cost: Decimal | None


def figures_of(position: Position) -> Figures:
    held = position.quantity > 0
    marked = held and position.mark is not None
    unrealized = market_value = None
    if marked and position.mark is not None:
        unrealized = pnl.unrealized(
            Direction(position.direction), position.quantity, position.entry_price, position.mark, position.multiplier
        )
        market_value = pnl.value(position.quantity, position.mark, position.multiplier)
    total = position.realized + (unrealized or Decimal(0)) - position.commission
    paid = pnl.value(position.entry_quantity, position.entry_price, position.multiplier)
    return Figures(market_value, unrealized, total, pnl.return_on_cost(total, paid))
