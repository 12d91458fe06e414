"""Structured logs: one JSON object a line on standard error, each with the correlation id of the alert it is about.

The id is bound to the context by the web middleware and travels in a header of every Celery message (``celery.py``).
Endpoint ids in paths are half of a secret and are masked here, whoever logs them.
"""

from __future__ import annotations

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

CORRELATION: Final = "correlation_id"
ENDPOINT: Final = re.compile(r"(/webhook/tradingview/)[^/\s\"'?]+")

Event = MutableMapping[str, Any]


def mask_endpoints(text: str) -> str:
    return ENDPOINT.sub(r"\1***", text)


def _mask(_logger: Any, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = mask_endpoints(value)
    return event


def _shared_processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]


def configuration(*, level: str) -> dict[str, Any]:
    """For logging.config.dictConfig: what Django, Celery, gunicorn and structlog's loggers write."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "structlog.stdlib.ProcessorFormatter",
                "foreign_pre_chain": [structlog.stdlib.PositionalArgumentsFormatter(), *_shared_processors()],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _mask,
                    structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would write the same line again, as text.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"handlers": [], "propagate": True},
            "celery.beat": {"level": max(level, "WARNING", key=logging.getLevelName)},  # a line for each tick otherwise
            "celery.worker.strategy": {"level": "WARNING"},  # "Task received"; the stage itself logs what it did
            "celery.app.trace": {"level": "WARNING"},
        },
    }


def apply(*, level: str) -> None:
    """Put the configuration in force in a process whose framework would bring its own."""
    logging.config.dictConfig(configuration(level=level))


def start(*, level: str) -> None:
    """Make structlog.get_logger() write through the standard library's handlers. Safe to call again."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
