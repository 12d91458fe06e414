"""How many contracts: the strategy's wish, clamped by what the book may still spend."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from domain.errors import OrderDenied, RuleBroken
from domain.quantities import contracts
from domain.rules.view import BookView, Limits

_CENT = Decimal("0.01")
SizingKind = Literal["fixed", "risk", "notional"]


class BadPolicy(RuleBroken):
    """A contract, sizing or fill policy with a value that makes no sense."""

    def __init__(self, message: str, **figures: object) -> None:
        super().__init__("bad_policy", message, **figures)


@dataclass(frozen=True, slots=True)
class SizingPolicy:
    """fixed: value is contracts. risk: value is the money a stop may cost. notional: value is the money to spend.

    stop_fraction is the share of the price at which the stop sits (0.5: half of the premium is lost there), above 0 and
    up to 1; only risk looks at it. Raises BadPolicy.
    """

    kind: SizingKind
    value: Decimal
    stop_fraction: Decimal = Decimal("0.5")

    def __post_init__(self) -> None:
        if self.kind not in get_args(SizingKind):
            raise BadPolicy(f"sizing {self.kind!r} is none of {', '.join(get_args(SizingKind))}")
        if not self.value.is_finite() or self.value <= 0:
            raise BadPolicy(f"sizing value {self.value} is not above 0")
        if self.kind == "fixed" and self.value != self.value.to_integral_value():
            raise BadPolicy(f"{self.value} is not a whole number of contracts")
        if not self.stop_fraction.is_finite() or not 0 < self.stop_fraction <= 1:
            raise BadPolicy(f"stop fraction {self.stop_fraction} is not above 0 and up to 1")


@dataclass(frozen=True, slots=True)
class Sized:
    """quantity in contracts, at least 1; cost with commission, what has to be reserved; arithmetic in words."""

    quantity: int
    cost: Decimal
    arithmetic: str


def size(
    policy: SizingPolicy, *, price: Decimal, multiplier: int, commission: Decimal, limits: Limits, book: BookView
) -> Sized:
    """Contracts to buy at that price per share; commission is per contract and order.

    Raises OrderDenied ``size_zero`` with the arithmetic when not even one contract fits.
    """
    premium = price * multiplier
    unit = premium + commission
    if not unit.is_finite() or premium <= 0:
        raise OrderDenied("size_zero", f"a price of {price} times {multiplier} shares is nothing to size by")
    wanted, wish = _wish(policy, premium=premium, commission=commission, unit=unit)
    room = {
        "per position": limits.max_exposure_per_position,
        "exposure left": limits.max_exposure - book.exposure,
        "free cash": book.free_cash,
    }
    fits = {name: _times(money, unit) for name, money in room.items()}
    quantity = min(wanted, *fits.values())
    clamps = ", ".join(f"{fits[name]} ({name} {money:,.2f})" for name, money in room.items())
    costs = f"one contract costs {_shown(price)} x {multiplier} + {_shown(commission)} = {unit:,.2f}"
    arithmetic = f"{costs}; {wish}; limits allow {clamps}"
    if quantity < 1:
        raise OrderDenied("size_zero", f"0 contracts: {arithmetic}", unit_cost=unit, wanted=wanted)
    return Sized(quantity, unit * quantity, f"{contracts(quantity)}: {arithmetic}")


def _wish(policy: SizingPolicy, *, premium: Decimal, commission: Decimal, unit: Decimal) -> tuple[int, str]:
    """Contracts the policy asks for before any limit, and how it came to them."""
    value = policy.value
    if policy.kind == "fixed":
        return int(value), f"fixed {contracts(int(value))}"
    if policy.kind == "notional":
        wanted = _times(value, unit)
        return wanted, f"notional {value:,.2f} buys {wanted}"
    # A stop pays commission twice: on the way in and on the way out.
    loss = premium * policy.stop_fraction + 2 * commission
    wanted = _times(value, loss)
    return wanted, f"risk {value:,.2f} at {loss:,.2f} lost per contract at the stop is {wanted}"


def _times(money: Decimal, unit: Decimal) -> int:
    """How often unit fits into money; 0 for nothing or a debt."""
    return int(money // unit) if money > 0 else 0


def _shown(amount: Decimal) -> str:
    """With cents, and with more places only where there is something in them."""
    cents = amount.quantize(_CENT)
    return f"{cents if cents == amount else amount.normalize():f}"
