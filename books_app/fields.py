"""Column types of money and the bounds that keep NaN out: PostgreSQL stores NaN in numeric and sorts it above all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Q

MONEY_LIMIT = Decimal("1e12")
PRICE_LIMIT = Decimal("1e7")
QUANTITY_LIMIT = 10_000_000


class MoneyField(models.DecimalField):  # type: ignore[type-arg]  # Django 5.2 itself is not generic
    """An amount in the book's currency, eight digits behind the point: a price times contracts is kept exactly."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 24)
        kwargs.setdefault("decimal_places", 8)
        super().__init__(*args, **kwargs)


class PriceField(models.DecimalField):  # type: ignore[type-arg]
    """A price per share in quote currency, eight digits behind the point."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 8)
        super().__init__(*args, **kwargs)


def between(field: str, low: object, high: object, *, name: str, nullable: bool = False) -> CheckConstraint:
    """low <= field <= high, with both bounds, because NaN passes every one-sided check."""
    inside = Q(**{f"{field}__gte": low, f"{field}__lte": high})
    return CheckConstraint(condition=inside | Q(**{f"{field}__isnull": True}) if nullable else inside, name=name)


def one_of(field: str, values: list[str], *, name: str) -> CheckConstraint:
    return CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)
