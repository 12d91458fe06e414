"""Which contract: one of the listed chain, chosen by policy; a contract that is not listed is never invented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Final, Literal, get_args

from domain.errors import OrderDenied
from domain.options.expiry import days_to_expiration
from domain.sizing import BadPolicy
from domain.symbols.occ import OptionContract, Right

StrikeKind = Literal["atm", "otm", "delta"]
DeltaOf = Callable[[OptionContract], float | Decimal | None]
STANDARD_MULTIPLIER: Final = 100


@dataclass(frozen=True, slots=True)
class ContractPolicy:
    """Nearest listed expiry at least min_days calendar days ahead, and a strike of it.

    atm: nearest to the spot. otm: otm_steps listed strikes beyond that one. delta: absolute delta nearest to ``delta``,
    above 0 and below 1. Raises BadPolicy.
    """

    min_days: int = 2
    strike: StrikeKind = "atm"
    otm_steps: int = 1
    delta: Decimal = Decimal("0.40")

    def __post_init__(self) -> None:
        if self.strike not in get_args(StrikeKind):
            raise BadPolicy(f"strike {self.strike!r} is none of {', '.join(get_args(StrikeKind))}")
        if self.min_days < 0:
            raise BadPolicy(f"{self.min_days} days ahead is before today")
        if self.otm_steps < 1:
            raise BadPolicy(f"{self.otm_steps} steps out of the money is not at least 1")
        if not self.delta.is_finite() or not 0 < self.delta < 1:
            raise BadPolicy(f"delta {self.delta} is not between 0 and 1")


def choose(
    chain: Sequence[OptionContract],
    *,
    right: Right,
    spot: Decimal,
    today: date,
    policy: ContractPolicy,
    delta_of: DeltaOf | None = None,
) -> OptionContract:
    """The contract a policy means. today is the exchange's date, spot the underlying's price.

    Adjusted contracts (a root that ends in a digit, or another multiplier than 100) are never chosen: what they deliver
    is not what the alert speaks of. Two equally good strikes: the lower; two equal roots: the shorter. delta_of gives a
    contract's delta, None or NaN where it has none. Raises OrderDenied ``no_listed_contract``.
    """
    listed = _one_per_strike(_nearest_far_enough(chain, right, today, policy))
    if not listed:
        raise OrderDenied("no_listed_contract", _none_later(chain, right, today, policy))
    if policy.strike == "delta":
        return _by_delta(listed, policy.delta, delta_of)
    nearest = min(listed, key=lambda contract: (abs(contract.strike - spot), contract.strike))
    return nearest if policy.strike == "atm" else _beyond(listed, nearest, policy.otm_steps)


def _nearest_far_enough(
    chain: Sequence[OptionContract], right: Right, today: date, policy: ContractPolicy
) -> list[OptionContract]:
    """Normal contracts of the first expiration that has any; looks at each contract of a long chain as little as it can."""
    for expiration in sorted({contract.expiration for contract in chain}):
        if days_to_expiration(expiration, today) >= policy.min_days:
            found = [c for c in chain if c.expiration == expiration and c.right is right and not is_adjusted(c)]
            if found:
                return found
    return []


def is_adjusted(contract: OptionContract) -> bool:
    """True for a contract changed by a corporate action (AAPL1) and for minis (AAPL7): not 100 shares of the stock."""
    return contract.multiplier != STANDARD_MULTIPLIER or contract.root[-1].isdigit()


def _one_per_strike(contracts: Sequence[OptionContract]) -> list[OptionContract]:
    """By strike, lowest first; where several roots list a strike, the shortest one's (SPX before SPXW)."""
    by_strike: dict[Decimal, OptionContract] = {}
    for contract in sorted(contracts, key=lambda c: (c.strike, len(c.root), c.root)):
        by_strike.setdefault(contract.strike, contract)
    return list(by_strike.values())


def _beyond(listed: Sequence[OptionContract], nearest: OptionContract, steps: int) -> OptionContract:
    """listed is by strike, lowest first; a call is out of the money above, a put below."""
    at = listed.index(nearest)
    further = listed[at + 1 :] if nearest.right is Right.CALL else listed[:at][::-1]
    if len(further) < steps:
        raise OrderDenied(
            "no_listed_contract",
            f"{len(further)} strikes are listed out of the money of {nearest.symbol}, the policy asks for {steps}",
        )
    return further[steps - 1]


def _by_delta(listed: Sequence[OptionContract], wanted: Decimal, delta_of: DeltaOf | None) -> OptionContract:
    found = []
    for contract in listed:
        delta = delta_of(contract) if delta_of is not None else None
        if delta is not None and isfinite(delta):
            distance = round(abs(abs(float(delta)) - float(wanted)), 9)  # so that equal distances compare equal
            found.append((distance, contract.strike, contract))
    if not found:
        raise OrderDenied(
            "no_listed_contract",
            f"none of {len(listed)} contracts expiring {listed[0].expiration} has a delta to choose {wanted} by",
        )
    return min(found)[2]


def _none_later(chain: Sequence[OptionContract], right: Right, today: date, policy: ContractPolicy) -> str:
    normal = [contract for contract in chain if contract.right is right and not is_adjusted(contract)]
    name = "calls" if right is Right.CALL else "puts"
    if not normal:
        return f"of {len(chain)} listed contracts none is one of the normal {name}"
    last = max(contract.expiration for contract in normal)
    return (
        f"of {len(normal)} listed {name} none expires {policy.min_days} days or more after {today}; the last on {last}"
    )
