"""Reading positions."""

from __future__ import annotations

from domain.positions import Direction
from positions_app.models import Position


def held_on(account_id: int, underlying: str, thesis: Direction) -> list[int]:
    """Positions of one side on an underlying that are not closed, by primary key."""
    rows = Position.objects.filter(account_id=account_id, underlying=underlying, thesis=thesis).exclude(status="closed")
    return list(rows.order_by("pk").values_list("pk", flat=True))
