"""Logs are JSON, carry one correlation id from request to task, and never an endpoint id."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
import structlog

from tradingsite import celery, log, sentry


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that returns what was logged so far, read back from JSON."""
    stream = io.StringIO()
    formatter = structlog.stdlib.ProcessorFormatter(
        **{key: value for key, value in log.configuration(level="INFO")["formatters"]["json"].items() if key != "()"}
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger("tests.log")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


def test_an_endpoint_id_never_reaches_a_log(lines):
    """It is half of what authenticates an alert, and frameworks log paths."""
    logging.getLogger("tests.log").warning("Not Found: %s", "/webhook/tradingview/s3cr3t-endpoint/")
    assert lines()[0]["event"] == "Not Found: /webhook/tradingview/***/"


def test_a_line_carries_the_correlation_id_of_its_context(lines):
    """So that one alert can be followed through every process."""
    with structlog.contextvars.bound_contextvars(correlation_id="abc-123-def"):
        logging.getLogger("tests.log").info("decided")
    assert lines()[0] | {"timestamp": ""} == {
        "event": "decided",
        "correlation_id": "abc-123-def",
        "level": "info",
        "logger": "tests.log",
        "timestamp": "",
    }


def test_the_id_travels_with_the_message_to_the_task():
    """Bound where the nudge is sent, sent in its headers, bound again where the task runs."""
    headers: dict[str, Any] = {}
    with structlog.contextvars.bound_contextvars(correlation_id="abc-123-def"):
        celery.send_correlation(headers=headers)

    class Task:
        name = "workers.signals.process_signal"
        request = type("Request", (), headers)

    celery.bind_correlation(task=Task, task_id="t-1")
    try:
        assert structlog.contextvars.get_contextvars()["correlation_id"] == "abc-123-def"
    finally:
        celery.forget_correlation()
    assert structlog.contextvars.get_contextvars() == {}


def test_a_response_names_its_correlation_id(client):
    """The caller's id is kept where it is harmless; anything else is replaced."""
    kept = client.get("/health", headers={"X-Correlation-ID": "abc-123-def"})
    replaced = client.get("/health", headers={"X-Correlation-ID": "{bad} value"})
    assert kept["X-Correlation-ID"] == "abc-123-def"
    assert len(replaced["X-Correlation-ID"]) == 32


def test_the_content_policy_is_strict_and_looser_only_for_the_api_pages(client):
    """No inline script anywhere; inline style only where Swagger UI needs it; data may do nothing."""
    site = client.get("/docs/reasons/")["Content-Security-Policy"]
    data = client.get("/health")["Content-Security-Policy"]
    pages = client.get("/api/docs/")["Content-Security-Policy"]
    assert data == "default-src 'none'; frame-ancestors 'none'"
    assert "default-src 'none'" in site
    assert "unsafe-inline" not in site
    assert "script-src 'self';" in pages
    assert "style-src 'self' 'unsafe-inline'" in pages


def test_sentry_hears_no_endpoint_id_however_deep_it_sits():
    """An event is a tree of strings, and any of them may be a path."""
    event = {
        "request": {"url": "https://x/webhook/tradingview/s3cr3t/"},
        "values": [{"a": "/webhook/tradingview/s3cr3t"}],
    }
    assert "s3cr3t" not in json.dumps(sentry._masked(event, None))
