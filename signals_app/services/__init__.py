"""Every change of state of strategies' credentials, webhook events, signals and decisions."""

from signals_app.services.decide import decide, decide_to_plans
from signals_app.services.plans import ApprovedPlan, approved_plan
from signals_app.services.steps import (
    locked_if_approved,
    mark_closing,
    mark_ordered,
    reject,
    reversals_waiting_on,
    wait_or_reject,
)

__all__ = [
    "ApprovedPlan",
    "approved_plan",
    "decide",
    "decide_to_plans",
    "locked_if_approved",
    "mark_closing",
    "mark_ordered",
    "reject",
    "reversals_waiting_on",
    "wait_or_reject",
]
