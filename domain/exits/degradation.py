"""Tier 4: the holding is no longer what was bought. Greeks of now are measured against those at entry.

Each limit is a multiple of the entry's absolute value: 0.3 is three tenths of it, 4 is four times as much. Floats,
because Greeks are; they decide nothing but whether a line was crossed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import ClassVar

from domain.parameters import check_range

from .registry import DEGRADATION, ExitRule, register
from .view import Exit, Greeks, PositionView


class Fallen(ExitRule):
    """Base of the rules that leave when a Greek has shrunk below a multiple of what it was."""

    __slots__ = ()
    tier: ClassVar[int] = DEGRADATION
    needs_greeks: ClassVar[bool] = True
    greek: ClassVar[int]  # its place in Greeks
    below: float

    def __post_init__(self) -> None:
        check_range("below", self.below, 0, 1)

    def decide(self, view: PositionView) -> Exit | None:
        greeks, at_entry, place = view.greeks, view.entry_greeks, self.greek
        assert greeks is not None and at_entry is not None  # needs_greeks
        now, entry = abs(greeks[place]), abs(at_entry[place])
        if not now < self.below * entry < inf:  # so written that NaN and infinity hold
            return None
        return _exit(self, now, entry, f"below {self.below:g} times")


class Risen(ExitRule):
    """Base of the rules that leave when a Greek has grown above a multiple of what it was."""

    __slots__ = ()
    tier: ClassVar[int] = DEGRADATION
    needs_greeks: ClassVar[bool] = True
    greek: ClassVar[int]
    above: float

    def __post_init__(self) -> None:
        check_range("above", self.above, 1, None)

    def decide(self, view: PositionView) -> Exit | None:
        greeks, at_entry, place = view.greeks, view.entry_greeks, self.greek
        assert greeks is not None and at_entry is not None  # needs_greeks
        now, entry = abs(greeks[place]), abs(at_entry[place])
        if not 0 < self.above * entry < now < inf:  # nothing is a multiple of 0
            return None
        return _exit(self, now, entry, f"above {self.above:g} times")


def _exit(rule: Fallen | Risen, now: float, entry: float, limit: str) -> Exit:
    name = Greeks._fields[rule.greek]
    text = f"{name} is {now:.4f}, {limit} its {entry:.4f} at entry"
    return Exit(rule.kind, rule.tier, Decimal(f"{now:.6f}"), text)


@register
@dataclass(frozen=True, slots=True)
class DeltaFaded(Fallen):
    """Leave when the option hardly follows its underlying any more: far out of the money."""

    kind: ClassVar[str] = "delta"
    greek: ClassVar[int] = Greeks._fields.index("delta")
    below: float = 0.3


@register
@dataclass(frozen=True, slots=True)
class GammaGrown(Risen):
    """Leave when delta has become jumpy: at the money close to expiry."""

    kind: ClassVar[str] = "gamma"
    greek: ClassVar[int] = Greeks._fields.index("gamma")
    above: float = 4.0


@register
@dataclass(frozen=True, slots=True)
class ThetaGrown(Risen):
    """Leave when a day of waiting costs a multiple of what it did."""

    kind: ClassVar[str] = "theta"
    greek: ClassVar[int] = Greeks._fields.index("theta")
    above: float = 3.0


@register
@dataclass(frozen=True, slots=True)
class VegaFaded(Fallen):
    """Leave when hardly any time value is left to be repriced."""

    kind: ClassVar[str] = "vega"
    greek: ClassVar[int] = Greeks._fields.index("vega")
    below: float = 0.25


@register
@dataclass(frozen=True, slots=True)
class IvCrushed(Fallen):
    """Leave when implied volatility has collapsed, as after an announcement."""

    kind: ClassVar[str] = "iv"
    greek: ClassVar[int] = Greeks._fields.index("iv")
    below: float = 0.6
