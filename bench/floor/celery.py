"""The floor's Celery app."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.floor.settings")

app = Celery("floor")
app.config_from_object("django.conf:settings", namespace="CELERY")
