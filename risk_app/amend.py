"""Changing a limit, by whoever may: the admin and the API go through here, so every change leaves its audit row."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from books_app.fields import MONEY_LIMIT
from books_app.web.changes import record_change, values_of
from domain.errors import RuleBroken
from risk_app.models import RiskLimit
from risk_app.queries import WHOLE_NUMBERS


def check_limit(code: str, value: Decimal) -> None:
    """Raises RuleBroken ``bad_limit`` for a value that the limit cannot have."""
    if not value.is_finite() or not 0 <= value <= MONEY_LIMIT:
        raise RuleBroken("bad_limit", f"{code} is {value}; allowed is 0 to {MONEY_LIMIT:f}")
    if code in WHOLE_NUMBERS and value != value.to_integral_value():
        raise RuleBroken("bad_limit", f"{code} is {value.normalize():f}; it counts something, so it is a whole number")


@transaction.atomic
def change_limit(*, limit_id: int, value: Decimal, actor: str) -> RiskLimit:
    """Set a limit's value; it counts from the next decision on. Raises RuleBroken ``bad_limit``."""
    limit = RiskLimit.objects.select_for_update(of=("self",)).get(pk=limit_id)
    check_limit(limit.code, value)
    before = values_of(limit, ["value"])
    limit.value = value
    limit.save(update_fields=["value", "updated_at"])
    record_change("limit", limit, actor=actor, before=before, after=values_of(limit, ["value"]))
    return limit
