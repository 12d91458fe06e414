"""Leave a position: make its exit order and send it. What the market does not take now is worked on by the workers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from orders_app.manual import leave_by_hand
from orders_app.models import Order
from tradingsite.management.base import DeskCommand, actor
from workers.pipeline import execute_exit


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("position_id", type=int)
        parser.add_argument("--quantity", type=int, help="contracts; all of them by default")

    def run(self, *, position_id: int, quantity: int | None, **options: Any) -> dict[str, Any]:
        made = leave_by_hand(position_id=position_id, quantity=quantity, actor=actor(), by="the terminal")
        execute_exit(made.pk)
        order = Order.objects.select_related("position").get(pk=made.pk)
        price = "" if order.average_price is None else f" at {order.average_price.normalize():f}"
        self.tell(
            f"{order.client_order_id}: {order.side} {order.quantity} × {order.symbol} is {order.status}, "
            f"{order.filled_quantity} filled{price}"
        )
        held = order.position.quantity if order.position else 0
        self.tell(f"position {position_id}: {held} still held")
        return {
            "order": order.pk,
            "client_order_id": order.client_order_id,
            "status": order.status,
            "quantity": order.quantity,
            "filled_quantity": order.filled_quantity,
            "average_price": None if order.average_price is None else f"{order.average_price.normalize():f}",
            "still_held": held,
        }
