"""Reading orders: what is due, what rests."""

from __future__ import annotations

from books_app import clock
from books_app.rows import fetched
from domain.orders import LIVE
from domain.positions import Direction
from orders_app.models import Order

_DUE = """
    SELECT id FROM orders_app_order WHERE status = ANY(%s::text[]) AND (due_at <= %s OR expires_at <= %s)
    ORDER BY reduce_only DESC, id LIMIT %s
"""


def due_orders(limit: int = 200) -> list[int]:
    """Live orders whose time has come or whose session is over, exits first, then the oldest."""
    now = clock.now()
    return [order_id for (order_id,) in fetched(_DUE, [sorted(LIVE), now, now, limit])]


def entry_orders_on(account_id: int, underlying: str, thesis: Direction) -> list[int]:
    rows = Order.objects.filter(
        account_id=account_id, underlying=underlying, thesis=thesis, status__in=LIVE, reduce_only=False
    )
    return list(rows.values_list("pk", flat=True))


def live_orders_of(position_id: int) -> list[int]:
    rows = Order.objects.filter(position_id=position_id, status__in=LIVE)
    return list(rows.order_by("pk").values_list("pk", flat=True))
