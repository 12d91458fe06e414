"""Tier 3: taking what was hoped for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from domain.parameters import check_range
from domain.positions import Direction

from .registry import PROFIT, ExitRule, register
from .view import ONE, Exit, PositionView

LONG = Direction.LONG


def gain_reached(view: PositionView, gain: Decimal) -> Decimal | None:
    """The price level of that gain over the entry price once the mark is at or beyond it, else None."""
    mark = view.mark
    assert mark is not None  # rules that ask need a mark
    if view.direction is LONG:
        level = view.entry_price * (ONE + gain)
        return level if mark >= level else None
    level = view.entry_price * (ONE - gain)
    return level if mark <= level else None


@register
@dataclass(frozen=True, slots=True)
class ProfitTarget(ExitRule):
    """Leave once a fixed share of the entry price is gained."""

    kind: ClassVar[str] = "profit_target"
    tier: ClassVar[int] = PROFIT
    gain: Decimal = Decimal("0.50")  # of the entry price, above 0; 0.50 is fifty percent

    def __post_init__(self) -> None:
        check_range("gain", self.gain, 0, None)

    def decide(self, view: PositionView) -> Exit | None:
        level = gain_reached(view, self.gain)
        if level is None:
            return None
        text = f"mark {view.mark} has reached the target {level}, {self.gain:.1%} from the entry at {view.entry_price}"
        return Exit(self.kind, self.tier, level, text)


@register
@dataclass(frozen=True, slots=True)
class ScaleOut(ExitRule):
    """Sell a share once, at a first gain; the rest runs on. A single contract cannot be shared and is kept."""

    kind: ClassVar[str] = "scale_out"
    tier: ClassVar[int] = PROFIT
    enabled_by_default: ClassVar[bool] = False
    gain: Decimal = Decimal("0.25")  # of the entry price, above 0
    share: Decimal = Decimal("0.50")  # of what is held, above 0 and below 1

    def __post_init__(self) -> None:
        check_range("gain", self.gain, 0, None)
        check_range("share", self.share, 0, 1)

    def decide(self, view: PositionView) -> Exit | None:
        if view.scaled_out or view.quantity < 2:
            return None
        level = gain_reached(view, self.gain)
        if level is None:
            return None
        text = f"mark {view.mark} has reached {level}: {self.share:.1%} of {view.quantity} contracts are sold"
        return Exit(self.kind, self.tier, level, text, self.share)
