"""Orders: from an approved plan to the venue."""

from __future__ import annotations

from celery import shared_task

from workers import pipeline
from workers.attempts import alone, counted


@shared_task(name="workers.orders.create_order")
def create_order(signal_id: int, swept: bool = False) -> None:
    with counted("signal", signal_id, swept=swept) as wanted:
        if wanted:
            pipeline.order_signal(signal_id)


@shared_task(name="workers.orders.execute_order")
def execute_order(order_id: int) -> None:
    with alone("order", order_id):
        pipeline.execute_exit(order_id)
