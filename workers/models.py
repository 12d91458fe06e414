"""What the schedule did: one row for every tick, so that a missed one can be noticed and a doubled one cannot happen."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from books_app.fields import one_of


class ScheduleRun(models.Model):
    """One run of one scheduled job. The unique tick is what makes two schedulers harmless."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    name = models.CharField(max_length=40)
    tick_at = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.RUNNING)
    result = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["name", "tick_at"], name="schedule_run_once_per_tick"),
            one_of("outcome", ["running", "done", "failed"], name="schedule_run_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome="running") | Q(finished_at__isnull=False), name="schedule_run_ended_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.tick_at:%H:%M:%S} {self.outcome}"


class Probe(models.Model):
    """A question sent through the queue by the deep health check; the worker's answer is its time."""

    sent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"probe {self.pk}"
