"""Engine B's decisions made again from what was stored of them, under the same settings or others. Nothing is traded.

The agents are given the stored view, so they see what they saw; with the same settings they come to the same votes.
"""

from .again import Jury, Redecided, Unreadable
from .changes import FORMS, Changes, read_changes
from .records import Period, stored_decisions
from .tally import Tally

__all__ = [
    "FORMS",
    "Changes",
    "Jury",
    "Period",
    "Redecided",
    "Tally",
    "Unreadable",
    "read_changes",
    "stored_decisions",
]
