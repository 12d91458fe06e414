"""Positions: leaving them by rules, settling what expired."""

from __future__ import annotations

from celery import shared_task

from positions_app.services import refresh_marks
from workers import pipeline
from workers.attempts import alone
from workers.schedule import once_per_tick


@shared_task(name="workers.positions.execute_exit")
def execute_exit(order_id: int) -> None:
    with alone("order", order_id):
        pipeline.execute_exit(order_id)


@shared_task(name="workers.positions.check_exits")
def check_exits(position_id: int) -> None:
    """One position now, because a streamed price may have crossed one of its levels: marked anew, then asked about."""
    with alone("position", position_id):
        refresh_marks(only=[position_id])
        pipeline.monitor_exits(only=[position_id])


@shared_task(name="workers.positions.monitor_exits")
@once_per_tick("workers.positions.monitor_exits")
def monitor_exits() -> str:
    return f"{pipeline.monitor_exits()} positions left"


@shared_task(name="workers.positions.expire_and_settle")
@once_per_tick("workers.positions.expire_and_settle")
def expire_and_settle() -> str:
    return f"{pipeline.expire_and_settle()} positions settled"
