"""Leaving a position because a person says so: the one way for admin, API and command."""

from __future__ import annotations

from domain.errors import RuleBroken
from orders_app.models import Order
from orders_app.services import request_exit
from positions_app.models import Position

REASON = "manual"


def leave_by_hand(*, position_id: int, quantity: int | None, actor: str, by: str) -> Order:
    """The exit order, made and nudged, not waited for. A position that is being left already gives its live order back.

    Raises RuleBroken ``exit_exceeds_held`` instead of silently selling less than a person asked for, and
    ``position_not_open``; Position.DoesNotExist.
    """
    held = Position.objects.values_list("quantity", flat=True).get(pk=position_id)
    if quantity is not None and held and quantity > held:
        raise RuleBroken("exit_exceeds_held", f"position {position_id} holds {held}, asked to sell {quantity}")
    text = f"closed by hand through {by}" if quantity is None else f"{quantity} of {held} closed by hand through {by}"
    return request_exit(position_id=position_id, quantity=quantity, reason=REASON, text=text, actor=actor)
