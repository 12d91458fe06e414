"""Engine A: what an alert comes to, and whether it may.

Entries pass every rule. Exits are never held back by limits, halts, deny lists or a paused strategy: only a closed
market and the lack of anything to close refuse them. A reversal is both: its exit goes even when its entry is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.errors import RuleBroken

from . import checks
from .checks import OfBook, Rule, RuleResult
from .plan import Plan, plan_for
from .view import Action, DecisionView

EXIT_RULES: Final[tuple[Rule, ...]] = (checks.MarketOpen(),)
ENTRY_RULES: Final[tuple[Rule, ...]] = (
    checks.StrategyRuns(),
    OfBook(checks.BookActive()),
    checks.MarketOpen(),
    checks.NotClosingSoon(),
    checks.QuantityBelievable(),
    checks.SymbolAllowed(),
    checks.SymbolNotDenied(),
    checks.SignalFresh(),
    checks.QuoteGood(),
    checks.NoPositionOpen(),
    OfBook(checks.MaxOpenPositions()),
    OfBook(checks.MaxPositionsPerSymbol()),
    OfBook(checks.MaxExposure()),
    OfBook(checks.MaxDailyLoss()),
    OfBook(checks.MaxOrdersPerMinute()),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the engine decided, with every rule's result in order.

    reason is the code of the first rule that failed. approved with a reason: a reversal whose entry was refused and
    whose plan is therefore only its exit.
    """

    approved: bool
    reason: str | None
    text: str
    results: tuple[RuleResult, ...]
    plan: Plan | None


def decide(view: DecisionView) -> Verdict:
    """Total: every view gets a verdict, and every refusal a code with its figures."""
    try:
        plan = plan_for(view)
    except RuleBroken as broken:
        results = (*_checked(EXIT_RULES, view), RuleResult(broken.code, False, broken.message))
        return _refused(results)
    if plan.action is Action.CANCEL:  # a resting order can be taken back at any hour
        return Verdict(True, None, plan.text, (), plan)
    if plan.action in (Action.CLOSE, Action.REDUCE):
        results = _checked(EXIT_RULES, view)
        return _approved(plan, results) if _first_failed(results) is None else _refused(results)
    results = _checked(ENTRY_RULES, _as_after(plan, view))
    failed = _first_failed(results)
    if failed is None:
        return _approved(plan, results)
    if plan.action is Action.REVERSE and _first_failed(_checked(EXIT_RULES, view)) is None:
        exit_only = exit_half(plan)
        if exit_only is not None:
            return Verdict(True, failed.code, f"closing only, no entry: {failed.text}", results, exit_only)
    return _refused(results)


def _as_after(plan: Plan, view: DecisionView) -> DecisionView:
    """The view an entry is judged on: a reversal counts what it closes and cancels as gone already."""
    if plan.action is not Action.REVERSE:
        return view
    book = view.book
    closing, cancelled = set(plan.close_position_ids), set(plan.cancel_order_ids)
    positions = tuple(position for position in book.positions if position.position_id not in closing)
    orders = tuple(order for order in book.entry_orders if order.order_id not in cancelled)
    return replace(view, book=replace(book, positions=positions, entry_orders=orders))


def exit_half(plan: Plan) -> Plan | None:
    """The exit half of a reversal; None when exit orders at work leave nothing to do."""
    closings = tuple(closing for closing in plan.closings if closing.quantity)
    if not closings and not plan.cancel_order_ids:
        return None
    text = plan.text.partition(", then")[0]
    return replace(plan, action=Action.CLOSE, thesis=None, text=text, closings=closings)


def _checked(rules: Sequence[Rule], view: DecisionView) -> tuple[RuleResult, ...]:
    return tuple(rule.check(view) for rule in rules)


def _first_failed(results: Sequence[RuleResult]) -> RuleResult | None:
    return next((result for result in results if not result.passed), None)


def _approved(plan: Plan, results: tuple[RuleResult, ...]) -> Verdict:
    return Verdict(True, None, plan.text, results, plan)


def _refused(results: tuple[RuleResult, ...]) -> Verdict:
    failed = next(result for result in results if not result.passed)
    return Verdict(False, failed.code, failed.text, results, None)


__all__ = ["ENTRY_RULES", "EXIT_RULES", "Plan", "Rule", "RuleResult", "Verdict", "decide", "exit_half", "plan_for"]
