"""What the world asked of us, and what our engines decided about it."""

from signals_app.advice.rows import AdviceBudget, ModelAdvice
from signals_app.models.alerts import Decision, Signal, WebhookEvent
from signals_app.models.experiments import Experiment, SplitChange
from signals_app.models.jury import AgentSeat, AgentVote, FeatureFlag, JuryPolicy, JuryRecord, SeriesSeen
from signals_app.models.strategies import Credential, SelectionPolicy, Strategy

__all__ = [
    "AdviceBudget",
    "AgentSeat",
    "AgentVote",
    "Credential",
    "Decision",
    "Experiment",
    "FeatureFlag",
    "JuryPolicy",
    "JuryRecord",
    "ModelAdvice",
    "SelectionPolicy",
    "SeriesSeen",
    "Signal",
    "SplitChange",
    "Strategy",
    "WebhookEvent",
]
