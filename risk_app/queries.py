"""Reading a book as its limits see it: what is held, what is reserved, what was lost today."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import F, Q, QuerySet, Sum

from books_app.models import Account, LedgerEntry
from domain import pnl
from domain.orders import LIVE
from domain.positions import Direction, PositionStatus
from domain.rules.view import BookView, HeldPosition, Limits, WorkingOrder
from positions_app.models import Position
from risk_app.models import Reservation, RiskLimit, SymbolRule

NEW_YORK = ZoneInfo("America/New_York")
WHOLE_NUMBERS = ("max_open_positions", "max_positions_per_symbol", "max_orders_per_minute")


def limits_of(account: Account) -> Limits:
    """The limits that count for a book now: its own rows, else the rows for every book, else the built-in defaults."""
    rows = RiskLimit.objects.filter(Q(account=account) | Q(account__isnull=True)).order_by(F("account").asc(nulls_first=True))
    values: dict[str, Decimal | int] = {}
    for row in rows:
        values[row.code] = int(row.value) if row.code in WHOLE_NUMBERS else row.value
    return Limits(**values)  # type: ignore[arg-type]  # the codes are the field names, held together by a test


def denied_symbols(account: Account) -> frozenset[str]:
    rows = SymbolRule.objects.filter(Q(account=account) | Q(account__isnull=True))
    return frozenset(rows.values_list("symbol", flat=True))


def book_view(account: Account, *, now: datetime) -> BookView:
    """The book as the rules see it. Exact only while the caller holds the book's row lock."""
    positions = Position.objects.filter(account=account).exclude(status="closed")
    rows = list(positions.order_by("pk"))
    exiting = _exiting([p.pk for p in rows if p.status == PositionStatus.CLOSING])
    held = [_held(p, exiting.get(p.pk, 0)) for p in rows]
    realized_today = -(
        LedgerEntry.objects.filter(
            account=account, line__in=["realized", "commission"], booked_at__gte=start_of_day(now)
        ).aggregate(total=Sum("amount"))["total"]
        or Decimal(0)
    )
    return BookView(
        name=account.name,
        status=account.status,
        cash=account.cash,
        positions=tuple(h for h, _ in held),
        entry_orders=_entry_orders(account),
        realized_today=realized_today,
        unrealized=sum((u for _, u in held), Decimal(0)),
        orders_last_minute=_orders_since(account, now - timedelta(minutes=1)),
    )


def start_of_day(now: datetime) -> datetime:
    """Midnight in New York: the daily loss counts one exchange day."""
    return now.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)


def _held(p: Position, exiting: int) -> tuple[HeldPosition, Decimal]:
    view = HeldPosition(
        position_id=p.pk,
        symbol=p.symbol,
        underlying=p.underlying,
        thesis=Direction(p.thesis),
        quantity=p.quantity,
        cost=p.cost,
        status=p.status,
        exiting=exiting,
    )
    if p.mark is None:
        return view, Decimal(0)
    return view, pnl.unrealized(Direction(p.direction), p.quantity, p.entry_price, p.mark, p.multiplier)


def _exiting(position_ids: list[int]) -> dict[int, int]:
    """Contracts that live exit orders still want to sell, by position."""
    if not position_ids:
        return {}
    live = _orders().filter(position_id__in=position_ids, reduce_only=True, status__in=LIVE)
    return {position_id: quantity - filled for position_id, quantity, filled in live.values_list(
        "position_id", "quantity", "filled_quantity"
    )}


def _orders() -> QuerySet[Any]:
    """By name, not by import: orders stand above this floor."""
    return apps.get_model("orders_app", "Order").objects.all()


def _entry_orders(account: Account) -> tuple[WorkingOrder, ...]:
    rows = (
        Reservation.objects.filter(account=account, released_at__isnull=True)
        .order_by("order_id")
        .values_list("order_id", "order__underlying", "order__thesis", "amount", "order__position_id")
    )
    return tuple(
        WorkingOrder(
            order_id=order_id,
            underlying=underlying,
            thesis=Direction(thesis),
            reserved=amount,
            reduce_only=False,
            position_id=position_id,
        )
        for order_id, underlying, thesis, amount, position_id in rows
    )


def _orders_since(account: Account, since: datetime) -> int:
    return _orders().filter(account=account, purpose="entry", created_at__gt=since).count()
