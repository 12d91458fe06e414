"""Engine B's decision: the rules that guard every book come first, then the jury is asked whether to enter."""

from __future__ import annotations

from domain.agents.jury import Finding
from domain.rules.checks import RuleResult
from domain.rules.engine import Verdict, exit_half
from domain.rules.view import Action

CODE = "jury_not_convinced"


def with_jury(guarded: Verdict, finding: Finding | None) -> Verdict:
    """What the guarding rules said, and of an entry that they let through, what the jury found.

    Exits are not voted on: holding somebody in a position is no protection. A reversal that the jury would not enter keeps
    its exit, as it does when a rule refuses the entry.
    """
    plan = guarded.plan
    if not guarded.approved or plan is None or not plan.opens or finding is None:
        return guarded
    result = RuleResult(finding.reason or CODE, finding.enters, finding.text)
    results = (*guarded.results, result)
    if finding.enters:
        return Verdict(True, None, f"{plan.text}: {finding.text}", results, plan)
    exit_only = exit_half(plan) if plan.action is Action.REVERSE else None
    if exit_only is not None:
        return Verdict(True, result.code, f"closing only, no entry: {finding.text}", results, exit_only)
    return Verdict(False, result.code, finding.text, results, None)
