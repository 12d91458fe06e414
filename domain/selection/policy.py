"""What a contract has to be, and how much each of its merits counts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple, get_args

from domain.sizing import BadPolicy

StrikeKind = Literal["delta", "atm", "otm"]
FURTHEST_DAYS: Final = 1000
LARGEST_WEIGHT: Final = 100


class Weights(NamedTuple):
    """How much each term of the score counts. Only their proportions matter; 0 leaves a term out."""

    delta: Decimal = Decimal(3)
    spread: Decimal = Decimal(2)
    liquidity: Decimal = Decimal(2)
    theta: Decimal = Decimal(1)
    volatility: Decimal = Decimal(1)
    days: Decimal = Decimal(3)

    @property
    def shares(self) -> tuple[float, ...]:
        """Each weight's part of their sum, in the order of the fields."""
        whole = sum(self)
        return tuple(float(weight / whole) for weight in self)


DEFAULT_WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True)
class ContractPolicy:
    """Which listed contract a strategy buys.

    delta: the best score within the delta band. atm: of the nearest expiration, the strike nearest to the spot.
    otm: otm_steps strikes beyond that one. The filters hold for all three kinds, the delta band for ``delta`` alone.

    Days are calendar days to the last trading date. Deltas are absolute. max_spread is a fraction of the middle,
    max_spread_ticks counts price steps of the contract. unknown_passes: a contract whose open interest or volume the
    provider does not tell is not refused for it. Raises BadPolicy, whose figures name the ``field``.
    """

    name: str = "built-in"
    strike: StrikeKind = "delta"
    otm_steps: int = 1
    min_days: int = 2
    max_days: int = 40
    target_days: int = 7
    delta_target: Decimal = Decimal("0.40")
    delta_min: Decimal = Decimal("0.25")
    delta_max: Decimal = Decimal("0.60")
    min_open_interest: int = 10
    min_volume: int = 0
    unknown_passes: bool = True
    max_spread: Decimal = Decimal("0.15")
    max_spread_ticks: int = 20
    weights: Weights = DEFAULT_WEIGHTS

    def __post_init__(self) -> None:
        if self.strike not in get_args(StrikeKind):
            raise _bad("strike", f"strike {self.strike!r} is none of {', '.join(get_args(StrikeKind))}")
        if self.otm_steps < 1:
            raise _bad("otm_steps", f"{self.otm_steps} steps out of the money is not at least 1")
        self._check_days()
        self._check_delta()
        self._check_limits()
        self._check_weights()

    def nearness_of_delta(self, delta: float) -> float:
        """1 at the absolute delta wanted, 0 at either edge of the band and beyond."""
        return _nearness(abs(delta), float(self.delta_min), float(self.delta_target), float(self.delta_max))

    def nearness_of_days(self, days: int) -> float:
        """1 at the days wanted, 0 at either edge of the window and beyond."""
        return _nearness(days, self.min_days, self.target_days, self.max_days)

    def _check_days(self) -> None:
        if self.min_days < 0:
            raise _bad("min_days", f"{self.min_days} days ahead is before today")
        if not self.min_days <= self.max_days <= FURTHEST_DAYS:
            raise _bad("max_days", f"at most {self.max_days} days is not from {self.min_days} to {FURTHEST_DAYS}")
        if not self.min_days <= self.target_days <= self.max_days:
            raise _bad(
                "target_days", f"{self.target_days} days is outside the window of {self.min_days} to {self.max_days}"
            )

    def _check_delta(self) -> None:
        for field in ("delta_min", "delta_max", "delta_target"):
            value: Decimal = getattr(self, field)
            if not value.is_finite() or not 0 < value < 1:
                raise _bad(field, f"delta {value} is not between 0 and 1")
        if self.delta_min >= self.delta_max:
            raise _bad("delta_max", f"delta up to {self.delta_max} is not above the lowest, {self.delta_min}")
        if not self.delta_min <= self.delta_target <= self.delta_max:
            band = f"{self.delta_min} to {self.delta_max}"
            raise _bad("delta_target", f"delta {self.delta_target} is outside the band of {band}")

    def _check_limits(self) -> None:
        for field in ("min_open_interest", "min_volume"):
            if getattr(self, field) < 0:
                raise _bad(field, f"{getattr(self, field)} is below 0")
        if not self.max_spread.is_finite() or not 0 < self.max_spread <= 1:
            raise _bad("max_spread", f"a spread of {self.max_spread} of the middle is not above 0 and up to 1")
        if self.max_spread_ticks < 1:
            raise _bad("max_spread_ticks", f"a spread of {self.max_spread_ticks} ticks is not at least 1")

    def _check_weights(self) -> None:
        for term, weight in self.weights._asdict().items():
            if not weight.is_finite() or not 0 <= weight <= LARGEST_WEIGHT:
                raise _bad(f"weight_{term}", f"a weight of {weight} is not from 0 to {LARGEST_WEIGHT}")
        if not any(self.weights):
            raise _bad("weight_delta", "one weight at least has to be above 0")


def _nearness(value: float, low: float, target: float, high: float) -> float:
    room = target - low if value < target else high - target
    away = abs(value - target)
    return 1.0 if away == 0 else max(1.0 - away / room, 0.0) if room > 0 else 0.0


def _bad(field: str, message: str) -> BadPolicy:
    return BadPolicy(message, field=field)
