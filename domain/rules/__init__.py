"""Engine A: what an alert comes to, which rules it has to pass, and the gate its order passes again."""

from .checks import Rule, RuleResult
from .engine import ENTRY_RULES, EXIT_RULES, Verdict, decide
from .gate import gate
from .plan import Closing, Plan, plan_for
from .view import (
    Action,
    BookView,
    DecisionView,
    HeldPosition,
    Limits,
    SignalView,
    StrategyView,
    WorkingOrder,
)

__all__ = [
    "ENTRY_RULES",
    "EXIT_RULES",
    "Action",
    "BookView",
    "Closing",
    "DecisionView",
    "HeldPosition",
    "Limits",
    "Plan",
    "Rule",
    "RuleResult",
    "SignalView",
    "StrategyView",
    "Verdict",
    "WorkingOrder",
    "decide",
    "gate",
    "plan_for",
]
