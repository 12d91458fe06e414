"""The environment that tests run in: settings of their own, and real servers of their own.

Addresses are fixed before Django reads its settings; the servers start when the first test needs them, or at once where
several processes share them. TEST_DATABASE_URL and TEST_REDIS_URL name servers to use instead.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import asdict
from typing import Final

from local import servers

PLACES: Final = "TRADINGSITE_TEST_PLACES"  # set for the processes that this one starts: they use the same servers
FIXED: Final = {
    "TRADINGSITE_ENV_FILE": "",  # nothing of the developer's own .env
    "SECRET_KEY": "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH",
    "WEBHOOK_SIGNING_SECRET": "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "TRADING_MODE": "paper",
    "MARKET_PROVIDER": "simulated",
    "LOG_LEVEL": "WARNING",
    "SENTRY_DSN": "",
    "DJANGO_SETTINGS_MODULE": "tests.settings",
}

_running = ExitStack()
_started = False


def prepare() -> None:
    """Fill os.environ. Called by tests/settings.py, in every process that loads it."""
    os.environ.update(FIXED)
    for name in ("ALLOWED_HOSTS", "TRUSTED_PROXIES", "DEBUG", "PROCESS_ROLE"):
        os.environ.pop(name, None)
    if PLACES not in os.environ:
        os.environ[PLACES] = json.dumps(asdict(servers.Places.new()))
    places = _places()
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or places.database_url
    redis_url = os.environ.get("TEST_REDIS_URL") or places.redis_url
    # Each process has a Redis database of its own, so that one may flush without disturbing another.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.environ["REDIS_URL"] = f"{redis_url.rsplit('/', 1)[0]}/{int(worker) % 16}"


def start() -> None:
    """Start the servers, once. They end with this process, or by ``stop``."""
    global _started
    if _started or os.environ.get("PYTEST_XDIST_WORKER"):  # the controlling process has started them
        return
    _started = True
    if not (os.environ.get("TEST_DATABASE_URL") and os.environ.get("TEST_REDIS_URL")):
        _running.enter_context(servers.running(_places()))


def stop() -> None:
    _running.close()


def _places() -> servers.Places:
    return servers.Places(**json.loads(os.environ[PLACES]))
