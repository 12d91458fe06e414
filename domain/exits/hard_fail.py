"""Tier 1: what cannot be kept whatever it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .registry import HARD_FAIL, ExitRule, register
from .view import ZERO, Exit, PositionView


def fault_of(view: PositionView) -> str | None:
    """What is impossible about a position's figures; None for a sound one. Total: looks before it compares."""
    entry, mark, best, worst = view.entry_price, view.mark, view.best_mark, view.worst_mark
    if mark is not None and not (mark.is_finite() and mark >= ZERO):
        return f"mark is {mark}"
    if best is not None and not (best.is_finite() and best >= ZERO):
        return f"best mark is {best}"
    if worst is not None and not (worst.is_finite() and worst >= ZERO):
        return f"worst mark is {worst}"
    if not entry.is_finite() or entry <= ZERO:
        return f"entry price is {entry}"
    if not 0 < view.quantity <= view.entry_quantity:
        return f"{view.quantity} contracts held of {view.entry_quantity} bought"
    if view.opened_at > view.now:
        return f"opened at {view.opened_at.isoformat()}, after now, {view.now.isoformat()}"
    return None


@register
@dataclass(frozen=True, slots=True)
class CorruptData(ExitRule):
    """Leave a position whose own figures are impossible: nothing that is calculated from them can guard it."""

    kind: ClassVar[str] = "corrupt_data"
    tier: ClassVar[int] = HARD_FAIL
    needs_mark: ClassVar[bool] = False
    about_faults: ClassVar[bool] = True

    def decide(self, view: PositionView) -> Exit | None:
        fault = fault_of(view)
        return None if fault is None else Exit(self.kind, self.tier, None, fault)


@register
@dataclass(frozen=True, slots=True)
class ExpiredContract(ExitRule):
    """Leave by settlement from the moment the contract's last session has ended; an order would find no market."""

    kind: ClassVar[str] = "expired_contract"
    tier: ClassVar[int] = HARD_FAIL
    needs_mark: ClassVar[bool] = False

    def decide(self, view: PositionView) -> Exit | None:
        if view.expires_at is None or view.now < view.expires_at:
            return None
        return Exit(self.kind, self.tier, None, f"{view.symbol} expired at {view.expires_at.isoformat()}")


@register
@dataclass(frozen=True, slots=True)
class Halted(ExitRule):
    """Leave when trading in the contract is stopped, or its book is to be left altogether: out at the first chance."""

    kind: ClassVar[str] = "halted"
    tier: ClassVar[int] = HARD_FAIL
    needs_mark: ClassVar[bool] = False

    def decide(self, view: PositionView) -> Exit | None:
        return Exit(self.kind, self.tier, None, f"{view.symbol} is halted") if view.halted else None
