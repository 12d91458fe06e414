"""Changing a limit, by whoever may: the admin and the API go through here, so every change leaves its audit row."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from books_app.fields import MONEY_LIMIT
from books_app.web.changes import record_change, values_of
from risk_app.models import RiskLimit
from risk_app.queries import WHOLE_NUMBERS


def fault_of(code: str, value: Decimal) -> str | None:
    """What is wrong with a limit's value, in words; None for one that it can have."""
    if not value.is_finite() or not 0 <= value <= MONEY_LIMIT:
        return f"{code} is {value}; allowed is 0 to {MONEY_LIMIT:f}"
    if code in WHOLE_NUMBERS and value != value.to_integral_value():
        return f"{code} is {value.normalize():f}; it counts something, so it is a whole number"
    return None


@transaction.atomic
def change_limit(*, limit_id: int, value: Decimal, actor: str) -> RiskLimit:
    """Set a limit's value; it counts from the next decision on. Raises ValidationError for one that it cannot have."""
    limit = RiskLimit.objects.select_for_update(of=("self",)).get(pk=limit_id)
    if (fault := fault_of(limit.code, value)) is not None:
        raise ValidationError({"value": fault})
    before = values_of(limit, ["value"])
    limit.value = value
    limit.save(update_fields=["value", "updated_at"])
    record_change("limit", limit, actor=actor, before=before, after=values_of(limit, ["value"]))
    return limit
