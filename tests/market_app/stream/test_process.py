"""`manage.py stream` as an operator starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import redis
from django.db import connection

from books_app import clock
from market_app.stream import board
from tests.factories import Desk, Floor
from tests.fakes.alpaca import FakeAlpaca
from tests.fakes.alpaca_stream import OPTIONS, STOCKS, FakeAlpacaStream
from tests.fakes.server import KEY
from tests.market_app.stream.making import tick, until
from tests.trading import open_a_position

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def process(desk: Desk, lines: FakeAlpacaStream, rest: FakeAlpaca) -> Any:
    """`manage.py stream` as an operator starts it, on this test's servers."""
    database = connection.settings_dict
    alpaca = {"ALPACA_API_KEY": KEY, "ALPACA_API_SECRET": KEY, "ALPACA_DATA_URL": rest.url}
    environment = {
        **os.environ,
        **alpaca,
        "TEST_DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "ALPACA_STREAM_URL": lines.url,
        "ALPACA_TRADING_URL": rest.url,
        "PRICE_STREAM_WATCHED": "SPY",
    }
    started = subprocess.Popen([sys.executable, "manage.py", "stream"], cwd=ROOT, env=environment)
    yield started
    started.kill()
    started.wait()


def test_the_process_streams_nudges_by_the_queue_and_ends_when_told(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, process: Any, redis_client: redis.Redis
) -> None:
    """By SIGTERM within two seconds, with nothing left to be killed; its health is known while it lives."""
    floor.market.at = datetime.now(UTC)
    with clock.running_on(lambda: datetime.now(UTC)):  # as the process does
        position = open_a_position(desk, floor)
        lines.await_subscribers("SPY", position.symbol, seconds=30)
        tick(lines, position, "0.4")
    until(lambda: redis_client.llen("exits") == 1, "the nudge is in the queue")
    assert redis_client.exists(f"price:{position.symbol}")
    until(lambda: (board.health() or {"quotes": 0})["quotes"], "its health is known")
    begun = monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert monotonic() - begun < 2


def test_what_alpaca_py_keeps_to_itself_is_still_there() -> None:
    """line.py stands on names that its authors may change."""
    from alpaca.data.live.websocket import DataStream

    names = ("_start_ws", "_wait_before_reconnect", "_dispatch", "_send_subscribe_msg", "_send_unsubscribe_msg")
    assert all(callable(getattr(DataStream, name)) for name in (*names, "_run_forever"))
    made = DataStream("ws://127.0.0.1:1", "k", "s")
    assert {"_handlers", "_running", "_data_timeout"} <= set(vars(made))
    assert {STOCKS, OPTIONS} == {"/v2/iex", "/v1beta1/indicative"}
