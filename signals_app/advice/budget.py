"""The day's money for questions: what a call can cost at most is set aside before it, what it has cost is booked after.

Many workers ask at the same time, so looking and setting aside are one statement. No lock is held while the model thinks.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import F

from signals_app.models import AdviceBudget

_RESERVE = """
    INSERT INTO signals_app_advicebudget AS budget (day, reserved, spent)
    SELECT %(day)s, %(most)s, 0 WHERE %(most)s <= %(cap)s
        ON CONFLICT (day) DO UPDATE SET reserved = budget.reserved + excluded.reserved
     WHERE budget.reserved + budget.spent + excluded.reserved <= %(cap)s
    RETURNING day
"""


def reserve(day: date, most: Decimal, *, cap: Decimal) -> bool:
    """Set aside what a call can cost at most, USD. False where reserved, spent and this together go over the cap.

    A process that dies before ``settle`` leaves its reservation until the day ends: its call may have been billed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, {"day": day, "most": most, "cap": cap})
        return cursor.fetchone() is not None


def settle(day: date, most: Decimal, *, cost: Decimal) -> None:
    """Give back what was set aside and book what the call has cost."""
    AdviceBudget.objects.filter(day=day).update(reserved=F("reserved") - most, spent=F("spent") + cost)
