"""Figures of today for people and machines: counts, how fast alerts became positions, profit and loss per book."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Aggregate, Count, DurationField, F, FloatField, Min, QuerySet, Sum
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Extract

from books_app.models import Account
from orders_app.models import Order
from positions_app.models import Position
from risk_app.queries import standing_of, start_of_day
from signals_app.models import Signal, WebhookEvent
from signals_app.services.counters import refusals

SHADOW = Account.Kind.SHADOW


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont over an expression."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, fraction: float) -> None:
        super().__init__(expression, fraction=fraction)


def today(now: datetime) -> dict[str, Any]:
    """Since midnight in New York, as the daily loss counts. Numbers of money are decimal strings.

    Shadow books are counted in nothing but ``shadow``, and their figures stand under ``shadow_books``.
    """
    since = start_of_day(now)
    alerts = Signal.objects.filter(received_at__gte=since)
    signals, shadows = alerts.filter(shadow_of=None), alerts.filter(shadow_of__isnull=False)
    events = WebhookEvent.objects.filter(received_at__gte=since)
    orders, held = Order.objects.filter(created_at__gte=since), Position.objects.exclude(status="closed")
    books = Account.objects.order_by("name")
    return {
        "since": since,
        "signals": {
            "by_status": _counted(signals, "status"),
            "by_reason": _counted(signals.exclude(reason=""), "reason"),
        },
        "events": {
            "by_outcome": _counted(events, "outcome"),
            "refused_by_reason": _counted(events.filter(outcome="refused"), "reason"),
            "refused_without_row_in_all": refusals(),
        },
        "orders": {"by_status": _counted(orders.exclude(account__kind=SHADOW), "status")},
        "positions": {"by_status": _counted(held.exclude(account__kind=SHADOW), "status")},
        "shadow": {
            "signals": _counted(shadows, "status"),
            "orders": _counted(orders.filter(account__kind=SHADOW), "status"),
            "positions": _counted(held.filter(account__kind=SHADOW), "status"),
        },
        "alert_to_position_ms": alert_to_position_ms(since),
        "books": [_book(account, now) for account in books.exclude(kind=SHADOW)],
        "shadow_books": [_book(account, now) for account in books.filter(kind=SHADOW)],
    }


def _counted(rows: QuerySet[Any], field: str) -> dict[str, int]:
    pairs = rows.order_by().values_list(field).annotate(count=Count("pk")).order_by("-count", field)
    return dict(pairs)


def alert_to_position_ms(since: datetime) -> dict[str, float | int | None]:
    """From an alert's receipt to its position on a real book: the moment the entry order's first fill was recorded."""
    found = _waits(since).aggregate(
        count=Count("seconds"),
        p50=Percentile("seconds", 0.5),
        p95=Percentile("seconds", 0.95),
        p99=Percentile("seconds", 0.99),
    )
    return {
        name: value if name == "count" or value is None else round(value * 1000, 3) for name, value in found.items()
    }


def waits_of(since: datetime) -> tuple[int, float]:
    """How many alerts since then became positions, and the seconds that took them in all."""
    found = _waits(since).aggregate(count=Count("seconds"), total=Sum("seconds"))
    return found["count"], found["total"] or 0.0


def _waits(since: datetime) -> QuerySet[Order]:
    filled = Order.objects.filter(
        purpose="entry", signal__received_at__gte=since, signal__shadow_of=None, fills__isnull=False
    )
    took = ExpressionWrapper(Min("fills__recorded_at") - F("signal__received_at"), output_field=DurationField())
    return filled.order_by().annotate(seconds=Extract(took, "epoch", output_field=FloatField()))


def _book(account: Account, now: datetime) -> dict[str, Any]:
    view = standing_of(account, now=now).book
    return {
        "name": account.name,
        "status": account.status,
        "cash": _text(account.cash),
        "open_positions": len(view.positions),
        "exposure": _text(view.exposure),
        "realized_today": _text(view.realized_today),
        "unrealized": _text(view.unrealized),
        "loss_today": _text(view.loss_today),
        "change_since_start": _text(
            account.cash + sum((p.cost for p in view.positions), view.unrealized) - account.start_cash
        ),
    }


def _text(value: Any) -> str:
    return f"{value.normalize():f}"
