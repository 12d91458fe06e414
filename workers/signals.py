"""Signals: the nudge that an alert has come."""

from __future__ import annotations

from celery import shared_task

from workers import pipeline
from workers.attempts import counted


@shared_task(name="workers.signals.process_signal")
def process_signal(signal_id: int, swept: bool = False) -> None:
    with counted("signal", signal_id, swept=swept) as wanted:
        if wanted:
            pipeline.process_signal(signal_id)
