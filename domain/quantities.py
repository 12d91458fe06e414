"""Whole contracts: the one place where a share of a holding becomes a number of them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_ONE: Final = Decimal(1)


def share_of_contracts(held: int, fraction: Decimal) -> int:
    """Contracts that a share of a holding comes to: rounded half up, at least 1, never above what is held.

    Alerts and exit rules both go through here, so neither can sell more than there is.
    """
    if held <= 0:
        return 0
    wanted = int((held * min(fraction, _ONE)).to_integral_value(ROUND_HALF_UP))
    return min(max(wanted, 1), held)


def contracts(count: int) -> str:
    """``1 contract``, ``2 contracts``."""
    return counted(count, "contract")


def counted(count: int, noun: str) -> str:
    """``1 order``, ``2 orders``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
