"""What is left of an option when it expires: its intrinsic value, in cash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain import pnl
from domain.positions import Direction
from domain.quantities import contracts
from domain.symbols.occ import OptionContract


@dataclass(frozen=True, slots=True)
class Settlement:
    """price per share is intrinsic value; cash is what the book gets, negative when a short has to pay."""

    price: Decimal
    cash: Decimal
    text: str


def is_expired(expires_at: datetime, now: datetime) -> bool:
    """expires_at is the moment its last session ends; from then on it is worth its intrinsic value."""
    return now >= expires_at


def settle(contract: OptionContract, direction: Direction, quantity: int, underlying_close: Decimal) -> Settlement:
    """Settlement of an expired holding at the official close of its underlying on the last trading date.

    Raises ValueError for a close that is not a positive number: without it nothing can be settled, and nothing is.
    """
    if not underlying_close.is_finite() or underlying_close <= 0:
        raise ValueError(f"{contract.symbol} cannot be settled at a close of {underlying_close}")
    price = contract.intrinsic(underlying_close)
    cash = direction.sign * pnl.value(quantity, price, contract.multiplier)
    worth = f"worth {price} a share" if price else "worthless"
    text = f"{contracts(quantity)} of {contract.symbol} {worth} with the underlying at {underlying_close}"
    return Settlement(price, cash, text)
