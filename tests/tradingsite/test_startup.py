"""What a process loads and does at its start, and how it behaves where a server is away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from kombu.exceptions import OperationalError

from local.checks import production_settings
from tradingsite.celery import app
from tradingsite.config import BASE_DIR

ENOUGH_FOR_A_REQUEST_S = 1.0


def run(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_web_starts_without_the_heavy_libraries():
    """They cost a hundred megabytes and a second; web never needs them."""
    code = (
        "import sys, tradingsite.wsgi; from django.urls import get_resolver; get_resolver().url_patterns;"
        "print(sorted({'numpy', 'pandas', 'alpaca', 'yfinance', 'exchange_calendars'} & set(sys.modules)))"
    )
    assert run(code, **production_settings()).strip() == "[]"


@pytest.mark.parametrize("role", ["worker", "beat"])
def test_who_serves_no_page_loads_none(role: str):
    """Neither admin nor API: memory that each further worker would cost again."""
    code = (
        "import sys; from tradingsite.celery import app; app.loader.import_default_modules();"
        "print(sorted({'django.contrib.admin', 'rest_framework', 'drf_spectacular', 'tradingsite.urls'} & set(sys.modules)))"
    )
    assert run(code, **production_settings(), PROCESS_ROLE=role).strip() == "[]"


def test_a_command_called_beside_a_worker_knows_the_pages():
    """In a worker's container the role is in the environment, and commands check, seed and audit everything."""
    code = (
        "import sys, manage; sys.argv = ['manage.py', 'check']; manage.main();"
        "from django.apps import apps; print(apps.is_installed('django.contrib.admin'))"
    )
    assert run(code, **production_settings(), PROCESS_ROLE="worker").strip().endswith("True")


def test_a_task_keeps_its_threads_connection():
    """Celery would close it before and after every task, and a new one costs as much as the task."""
    assert app.conf.get("CELERY_DB_REUSE_MAX") >= 2**62


def test_web_starts_while_no_server_answers():
    """PostgreSQL and Redis may come later; nothing connects while the program loads."""
    code = "import tradingsite.wsgi; print('loaded')"
    assert run(code, **production_settings()).strip() == "loaded"


def test_production_settings_pass_djangos_own_checks():
    """Nothing is silenced, and nothing is left to warn about."""
    code = (
        "import django; django.setup();"
        "from django.conf import settings; from django.core.management import call_command;"
        "call_command('check', '--deploy', '--fail-level', 'WARNING'); print(settings.SILENCED_SYSTEM_CHECKS)"
    )
    assert run(code, **production_settings()).strip().endswith("[]")


@pytest.fixture
def hanging_redis() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def publish_to(url: str) -> float:
    """Seconds until the publish has failed."""
    with app.connection_for_write(url) as connection:
        started = time.monotonic()
        with pytest.raises(OperationalError):
            app.send_task("workers.operations.sweep", queue="default", connection=connection)
        return time.monotonic() - started


def test_a_nudge_fails_fast_while_redis_hangs(hanging_redis):
    """The alert is committed by then; its sender must not wait for a message that may be lost."""
    assert publish_to(hanging_redis) < ENOUGH_FOR_A_REQUEST_S


def test_a_nudge_fails_fast_while_redis_is_down():
    """Nobody listens on that port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert publish_to(f"redis://127.0.0.1:{port}/0") < ENOUGH_FOR_A_REQUEST_S


def test_exits_are_taken_before_anything_else():
    """The order of the queues is the order in which a free worker looks at them."""
    assert [queue.name for queue in app.conf.task_queues] == ["exits", "orders", "signals", "market", "default"]
    assert app.conf.broker_transport_options["queue_order_strategy"] == "priority"


def test_a_message_is_kept_until_its_task_has_ended():
    """A killed worker's message comes again, and no sooner than a task can still be running."""
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_time_limit * 3 <= app.conf.broker_transport_options["visibility_timeout"]


def test_only_json_is_read():
    """A message must never be able to run code."""
    assert app.conf.accept_content == ["json"]
