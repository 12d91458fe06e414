"""Profit and loss: the one place where it is calculated. Everything is exact.

Prices are per share, quantities in contracts (or shares with multiplier 1), commissions money and never negative.
Numbers fit numeric(20, 8): products of three of them need up to 60 digits; the default context of 28 does not do.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Final

from domain.positions import Direction

ZERO: Final = Decimal(0)
STEP: Final = Decimal("0.00000001")  # what the columns keep; the only rounding there is
# Inexact is trapped: a result that would lose a digit raises instead of being wrong by a little.
_EXACT: Final = Context(prec=80, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
_ROUNDED: Final = Context(prec=80, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def value(quantity: int, price: Decimal, multiplier: int) -> Decimal:
    """What that many contracts are worth at a price."""
    return _EXACT.multiply(price, Decimal(quantity * multiplier))


def unrealized(direction: Direction, quantity: int, entry_price: Decimal, mark: Decimal, multiplier: int) -> Decimal:
    """Gain of an open holding at its mark, before any commission; negative for a loss."""
    gain = _EXACT.subtract(mark, entry_price) if direction is Direction.LONG else _EXACT.subtract(entry_price, mark)
    return _EXACT.multiply(gain, Decimal(quantity * multiplier))


def realized(
    direction: Direction,
    quantity: int,
    entry_price: Decimal,
    exit_price: Decimal,
    multiplier: int,
    commission: Decimal = ZERO,
) -> Decimal:
    """Gain of the closed part of a holding. commission is what both its entry and its exit cost, for this part."""
    return _EXACT.subtract(unrealized(direction, quantity, entry_price, exit_price, multiplier), commission)


def average_price(quantity: int, price: Decimal, added: int, added_price: Decimal) -> Decimal:
    """Entry price after a further fill, rounded half to even at the eighth decimal.

    Rounded once per fill; money is therefore carried as cost, by ``value`` and ``part_of_cost``, and the average is
    what people read. Raises decimal.InvalidOperation or DivisionByZero when nothing is held afterwards.
    """
    total = _EXACT.add(value(quantity, price, 1), value(added, added_price, 1))
    return _ROUNDED.quantize(_ROUNDED.divide(total, Decimal(quantity + added)), STEP)


def part_of_cost(cost: Decimal, held: int, closed: int) -> Decimal:
    """The share of a holding's cost that leaves with the closed contracts, at the eighth decimal.

    The last part takes the remainder, so that the parts add up to the cost exactly. 0 < closed <= held.
    """
    if closed >= held:
        return cost
    return _ROUNDED.quantize(_ROUNDED.divide(_EXACT.multiply(cost, Decimal(closed)), Decimal(held)), STEP)


def return_on_cost(gain: Decimal, cost: Decimal) -> Decimal | None:
    """A gain as a fraction of what was paid, to four decimals; None when nothing was paid. For people to read."""
    return _ROUNDED.quantize(_ROUNDED.divide(gain, cost), Decimal("0.0001")) if cost else None
