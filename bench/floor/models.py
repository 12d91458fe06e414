"""One row for an alert, one for each task that has seen it."""

from __future__ import annotations

from django.db import models


class Alert(models.Model):
    received_at = models.DateTimeField()
    body = models.TextField()


class Stage(models.Model):
    alert_id = models.BigIntegerField(db_index=True)
    number = models.PositiveSmallIntegerField()
