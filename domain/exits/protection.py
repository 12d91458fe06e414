"""Tier 2: limits to loss and time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from domain.options.expiry import days_to_expiration
from domain.parameters import check_range
from domain.positions import Direction

from .registry import PROTECTION, ExitRule, register
from .view import ONE, Exit, PositionView

LONG = Direction.LONG


@register
@dataclass(frozen=True, slots=True)
class StopLoss(ExitRule):
    """Leave once a fixed share of the entry price is lost."""

    kind: ClassVar[str] = "stop_loss"
    tier: ClassVar[int] = PROTECTION
    fraction: Decimal = Decimal("0.50")  # of the entry price, above 0 and below 1

    def __post_init__(self) -> None:
        check_range("fraction", self.fraction, 0, 1)

    def decide(self, view: PositionView) -> Exit | None:
        long = view.direction is LONG
        level = view.entry_price * (ONE - self.fraction if long else ONE + self.fraction)
        mark = view.mark
        assert mark is not None  # needs_mark
        if mark > level if long else mark < level:
            return None
        text = f"mark {mark} is beyond the stop at {level}, {self.fraction:.1%} from the entry at {view.entry_price}"
        return Exit(self.kind, self.tier, level, text)


@register
@dataclass(frozen=True, slots=True)
class TrailingStop(ExitRule):
    """Leave once the mark has given back a fixed share of its best level, after it has once gained enough."""

    kind: ClassVar[str] = "trailing_stop"
    tier: ClassVar[int] = PROTECTION
    give_back: Decimal = Decimal("0.25")  # of the best mark, above 0 and below 1
    armed_at: Decimal = Decimal("0.30")  # gain over the entry price that the best mark must have seen, above 0

    def __post_init__(self) -> None:
        check_range("give_back", self.give_back, 0, 1)
        check_range("armed_at", self.armed_at, 0, None)

    def decide(self, view: PositionView) -> Exit | None:
        best, mark = view.best_mark, view.mark
        assert mark is not None  # needs_mark
        if best is None:
            return None
        long = view.direction is LONG
        arms = view.entry_price * (ONE + self.armed_at if long else ONE - self.armed_at)
        if best < arms if long else best > arms:
            return None
        level = best * (ONE - self.give_back if long else ONE + self.give_back)
        if mark > level if long else mark < level:
            return None
        text = f"mark {mark} has given back {self.give_back:.1%} of the best mark {best}: stop at {level}"
        return Exit(self.kind, self.tier, level, text)


@register
@dataclass(frozen=True, slots=True)
class MaxHold(ExitRule):
    """Leave after a fixed time, whatever the mark."""

    kind: ClassVar[str] = "max_hold"
    tier: ClassVar[int] = PROTECTION
    needs_mark: ClassVar[bool] = False
    hours: int = 120  # on the clock, nights and weekends included

    def __post_init__(self) -> None:
        check_range("hours", self.hours, 0, 100_000)

    def decide(self, view: PositionView) -> Exit | None:
        seconds = (view.now - view.opened_at).total_seconds()
        if seconds < self.hours * 3600:
            return None
        text = f"held for {seconds / 3600:.1f} h, allowed {self.hours} h"
        return Exit(self.kind, self.tier, None, text)


@register
@dataclass(frozen=True, slots=True)
class MinimumDte(ExitRule):
    """Leave when fewer days remain to the last trading date: with 1, on that day itself."""

    kind: ClassVar[str] = "min_dte"
    tier: ClassVar[int] = PROTECTION
    needs_mark: ClassVar[bool] = False
    days: int = 1

    def __post_init__(self) -> None:
        check_range("days", self.days, 0, 1000)

    def decide(self, view: PositionView) -> Exit | None:
        if view.expiration is None:
            return None
        # A US session lies within one UTC date, so this is the exchange's date whenever something can be sold.
        left = days_to_expiration(view.expiration, view.now.date())
        if left >= self.days:
            return None
        text = f"{left} days to the last trading date of {view.expiration}, at least {self.days} are wanted"
        return Exit(self.kind, self.tier, None, text)


@register
@dataclass(frozen=True, slots=True)
class EndOfDay(ExitRule):
    """Leave in the last minutes of the session, early closes included: nothing is held overnight."""

    kind: ClassVar[str] = "end_of_day"
    tier: ClassVar[int] = PROTECTION
    needs_mark: ClassVar[bool] = False
    enabled_by_default: ClassVar[bool] = False  # holding overnight is what max_hold is for
    minutes: int = 5  # before the close

    def __post_init__(self) -> None:
        check_range("minutes", self.minutes, 0, 390)

    def decide(self, view: PositionView) -> Exit | None:
        session = view.session
        if not session.open:
            return None
        seconds = (session.closes_at - view.now).total_seconds()
        if seconds > self.minutes * 60:
            return None
        text = f"{seconds / 60:.1f} min to the close at {session.closes_at:%H:%M} UTC, out {self.minutes} min before"
        return Exit(self.kind, self.tier, None, text)
