"""Opening, adding to, reducing and closing a holding. Called inside the transaction that books the fill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from books_app import clock
from books_app.audit import Trail
from books_app.rows import locked_row
from domain import pnl
from domain.errors import OverfillError
from domain.positions import Direction, PositionStatus, check_step
from domain.symbols.occ import OptionContract
from market_app import quoting
from positions_app.models import Position

P = PositionStatus


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill as a holding sees it: contracts, price per share, commission in money."""

    quantity: int
    price: Decimal
    commission: Decimal
    executed_at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """Whose holding a first fill opens, and in what."""

    account_id: int
    strategy_id: int
    signal_id: int
    correlation_id: str
    contract: OptionContract
    underlying: str
    thesis: Direction


def lock_position(position_id: int) -> Position:
    return locked_row(Position, position_id)


def open_position(opening: Opening, bought: Execution, trail: Trail) -> Position:
    """The holding that the first fill of an entry order makes."""
    contract = opening.contract
    position = Position.objects.create(
        account_id=opening.account_id,
        strategy_id=opening.strategy_id,
        signal_id=opening.signal_id,
        correlation_id=opening.correlation_id,
        symbol=contract.symbol,
        underlying=opening.underlying,
        right=contract.right,
        strike=contract.strike,
        expiration=contract.expiration,
        expires_at=quoting.expires_at(contract, opening.underlying),
        multiplier=contract.multiplier,
        direction=Direction.LONG,
        thesis=opening.thesis,
        quantity=bought.quantity,
        entry_quantity=bought.quantity,
        entry_price=bought.price,
        cost=pnl.value(bought.quantity, bought.price, contract.multiplier),
        commission=bought.commission,
        opened_at=bought.executed_at,
        updated_at=clock.now(),
    )
    trail.note(
        "position",
        position.pk,
        "",
        P.OPEN,
        text=f"{bought.quantity} × {contract.symbol} at {bought.price.normalize():f}",
    )
    return position


def add_to_position(*, position_id: int, bought: Execution) -> Position:
    """A further fill of the order that opened it."""
    position = lock_position(position_id)
    position.entry_price = pnl.average_price(
        position.entry_quantity, position.entry_price, bought.quantity, bought.price
    )
    position.quantity += bought.quantity
    position.entry_quantity += bought.quantity
    position.cost += pnl.value(bought.quantity, bought.price, position.multiplier)
    position.commission += bought.commission
    position.updated_at = clock.now()
    position.save()
    return position


def begin_closing(position: Position, *, reason: str, text: str, trail: Trail) -> None:
    """open → closing, when its exit order has been made in the same transaction."""
    _step(position, P.CLOSING, trail, reason=reason, text=text)
    position.exit_reason, position.exit_text = reason, text[:400]
    position.save()


def reduce_position(*, position_id: int, sold: Execution, trail: Trail) -> Decimal:
    """Take sold contracts out of a holding and give back what they had cost. Raises OverfillError above what is held."""
    position = lock_position(position_id)
    if sold.quantity > position.quantity:
        raise OverfillError(
            "exit_exceeds_held", f"position {position.pk}: {sold.quantity} sold, {position.quantity} held"
        )
    cost = pnl.part_of_cost(position.cost, position.quantity, sold.quantity)
    position.quantity -= sold.quantity
    position.cost -= cost
    position.realized += pnl.value(sold.quantity, sold.price, position.multiplier) - cost
    position.commission += sold.commission
    position.updated_at = clock.now()
    if position.quantity == 0:
        close(position, at=sold.executed_at, trail=trail)
    position.save()
    return cost


def close(position: Position, *, at: datetime, trail: Trail) -> None:
    """Nothing is held any more. The caller saves."""
    _step(position, P.CLOSED, trail, reason=position.exit_reason, text=f"realized {position.realized:.2f}")
    position.closed_at = at


def exit_ended(*, position_id: int, sold: int, trail: Trail) -> None:
    """An exit order has ended after selling so many contracts: what is still held goes back under the exit rules."""
    position = lock_position(position_id)
    if position.status != P.CLOSING:
        return
    position.scaled_out = position.scaled_out or (sold > 0 and position.exit_reason == "scale_out")
    _step(position, P.OPEN, trail, text=f"{position.quantity} still held after the exit order ended")
    position.updated_at = clock.now()
    position.save()


def _step(position: Position, following: PositionStatus, trail: Trail, *, reason: str = "", text: str = "") -> None:
    before = P(position.status)
    check_step(before, following)
    position.status = following
    trail.note(
        "position", position.pk, before, following, reason=reason, text=text, correlation_id=position.correlation_id
    )
