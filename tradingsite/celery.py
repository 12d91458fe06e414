"""The Celery app, and the correlation id that rides in the headers of every message."""

from __future__ import annotations

import gc
import os
from typing import Any, Final

import structlog
from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun, worker_ready

from tradingsite import log

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
# A worker's start would run all checks, and they import every page; `manage.py check` is where they belong.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

HEADER: Final = "trail"  # Celery's own correlation_id is the task's id

app = Celery("tradingsite")
app.config_from_object("django.conf:settings", namespace="CELERY")


@setup_logging.connect
def use_our_logs(**_kwargs: Any) -> None:
    from django.conf import settings

    log.apply(level=settings.CONFIG.LOG_LEVEL)


@worker_ready.connect
def keep_what_is_loaded(**_kwargs: Any) -> None:
    """Out of the collector's sight: looking through it again takes longer than an alert does."""
    gc.collect()
    gc.freeze()


@task_prerun.connect
def drop_dead_connections(**_kwargs: Any) -> None:
    """As Django does before a request: what PostgreSQL has ended is opened anew, what works is kept."""
    from django.db import close_old_connections

    close_old_connections()


@before_task_publish.connect
def send_correlation(headers: dict[str, Any], **_kwargs: Any) -> None:
    correlation_id = structlog.contextvars.get_contextvars().get(log.CORRELATION)
    if correlation_id is not None:
        headers.setdefault(HEADER, correlation_id)


@task_prerun.connect
def bind_correlation(task: Any, task_id: str, **_kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()
    correlation_id = getattr(task.request, HEADER, None) or task_id
    structlog.contextvars.bind_contextvars(**{log.CORRELATION: correlation_id}, task=task.name)


@task_postrun.connect
def forget_correlation(**_kwargs: Any) -> None:
    structlog.contextvars.clear_contextvars()
