"""Engine B: a jury of agents. Each looks at one frozen view and votes; the votes are weighed in the open.

Importing this package imports numpy: a web process has no need of it.
"""

from . import registry
from .registry import AGENTS, Agent, Default, build, defaults, register
from .view import Advice, BookLoad, Gamma, Holding, JuryView, Series
from .vote import Action, Bias, Vote, abstention

registry.find()

__all__ = [
    "AGENTS",
    "Action",
    "Advice",
    "Agent",
    "Bias",
    "BookLoad",
    "Default",
    "Gamma",
    "Holding",
    "JuryView",
    "Series",
    "Vote",
    "abstention",
    "build",
    "defaults",
    "register",
]
