"""When a position is left: rules in four tiers, their parameters, and their evaluation on one position.

1 hard fail, 2 protection, 3 profit, 4 degradation. Importing this package registers every kind.
"""

from . import degradation, hard_fail, profit, protection
from .evaluation import Evaluation, Outcome, RuleSet, Verdict, evaluate
from .registry import KINDS, Default, ExitRule, build, defaults, register
from .view import Exit, Greeks, PositionView

__all__ = [
    "KINDS",
    "Default",
    "Evaluation",
    "Exit",
    "ExitRule",
    "Greeks",
    "Outcome",
    "PositionView",
    "RuleSet",
    "Verdict",
    "build",
    "defaults",
    "degradation",
    "evaluate",
    "hard_fail",
    "profit",
    "protection",
    "register",
]
