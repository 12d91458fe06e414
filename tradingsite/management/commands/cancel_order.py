"""Take back what an order has not filled yet."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from orders_app.services import cancel_order
from tradingsite.management.base import DeskCommand, actor


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("order_id", type=int)

    def run(self, *, order_id: int, **options: Any) -> dict[str, Any]:
        order = cancel_order(order_id=order_id, actor=actor())
        self.tell(
            f"{order.client_order_id} is cancelled; {order.filled_quantity} of {order.quantity} were filled before"
        )
        return {"order": order.pk, "status": order.status, "filled_quantity": order.filled_quantity}
