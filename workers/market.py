"""Market: marking what is held."""

from __future__ import annotations

from celery import shared_task

from positions_app.services import refresh_marks
from workers.schedule import once_per_tick


@shared_task(name="workers.market.refresh_positions")
@once_per_tick("workers.market.refresh_positions")
def refresh_positions() -> str:
    done = refresh_marks()
    return f"{done.positions} positions of {done.symbols} contracts marked, {done.without_quote} without a good quote"
