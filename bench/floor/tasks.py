"""Three empty tasks, each with one commit, chained by a publish."""

from __future__ import annotations

from celery import shared_task

from bench.floor.models import Stage


@shared_task
def decide(alert_id: int) -> None:
    Stage.objects.create(alert_id=alert_id, number=1)
    order.delay(alert_id)


@shared_task
def order(alert_id: int) -> None:
    Stage.objects.create(alert_id=alert_id, number=2)
    execute.delay(alert_id)


@shared_task
def execute(alert_id: int) -> None:
    Stage.objects.create(alert_id=alert_id, number=3)
