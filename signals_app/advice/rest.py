"""Leaving a server alone that is away: otherwise every alert would wait the whole time-out for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from signals_app.advice.wire import Unanswered
from signals_app.models import ModelAdvice

IN_A_ROW: Final = 3
REST: Final = timedelta(seconds=60)
AWAY: Final = frozenset({Unanswered.TIMED_OUT, Unanswered.FAILED, Unanswered.LIMITED})
UNASKED: Final = frozenset({Unanswered.NOT_CONFIGURED, Unanswered.OVER_BUDGET, Unanswered.RESTING})


def rests_until(model: str, now: datetime) -> datetime | None:
    """Until when this model is left alone: so many questions in a row found its server away. None: it may be asked.

    The rows are the memory, so all workers know the same; the first question after the rest decides about the next one.
    """
    asked = ModelAdvice.objects.filter(model=model).exclude(reason__in=UNASKED).order_by("-pk")
    last = list(asked.values_list("reason", "asked_at")[:IN_A_ROW])
    if len(last) < IN_A_ROW or not all(reason in AWAY for reason, _ in last):
        return None
    until = last[0][1] + REST
    return until if until > now else None
