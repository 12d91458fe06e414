"""When a stream runs at all, and who can say how it is."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.management import CommandError, call_command

from books_app.redis import detached
from local import probes
from local.programs import STREAM, programs
from market_app.stream import board
from tests.tradingsite.test_config import environment, refusal
from tradingsite import config, doctor_market
from tradingsite.findings import Finding, Level

__all__ = ["environment"]
FEED = {"connected": True, "symbols": ["SPY"], "left_out": [], "connections": 1, "silence_s": 0.4, "error": ""}
STATE = {"at": "", "quotes": 1, "refused": 0, "unreadable": 0, "feeds": {"shares": FEED}}


def test_a_stream_needs_keys_and_the_chain(environment: pytest.MonkeyPatch) -> None:
    """Real prices would nudge exits that are decided on simulated ones."""
    environment.setenv("PRICE_STREAM", "true")
    environment.setenv("MARKET_PROVIDER", "chain")
    assert "ALPACA_API_KEY" in refusal()
    environment.setenv("ALPACA_API_KEY", "k")
    environment.setenv("ALPACA_API_SECRET", "s")
    environment.setenv("PRICE_STREAM_WATCHED", "SPY, QQQ")
    assert (config.load().PRICE_STREAM, config.load().PRICE_STREAM_WATCHED) == (True, ["SPY", "QQQ"])
    environment.setenv("MARKET_PROVIDER", "simulated")
    assert "another market" in refusal()


def test_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of being refused by Alpaca again and again."""
    monkeypatch.setitem(settings.MARKET_ACCOUNTS["alpaca"], "key", "")
    with pytest.raises(CommandError, match="ALPACA_API_KEY"):
        call_command("stream")


@pytest.mark.parametrize("wanted", [True, False])
def test_the_supervisor_starts_it_where_it_is_wanted(wanted: bool) -> None:
    """And without a word about it elsewhere."""
    started = programs(flower_user="a", flower_password="b", flower_port=1, stream=wanted)
    assert (STREAM in started) is wanted


def the_findings() -> list[Finding]:
    return list(doctor_market._stream())


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch, redis_client: redis.Redis) -> None:
    changed = settings.CONFIG.model_copy(update={"PRICE_STREAM": True})
    monkeypatch.setattr(settings, "CONFIG", changed)


@pytest.mark.parametrize(
    ("changed", "level", "said"),
    [
        ({}, Level.OK, "1 symbols, last price 0 s ago, connected"),
        ({"silence_s": None}, Level.OK, "no price yet"),
        ({"connected": False, "error": "402 auth failed"}, Level.WARN, "402 auth failed"),
        ({"connected": False, "symbols": []}, Level.OK, "not connected"),
        ({"left_out": ["QQQ"]}, Level.WARN, "not streamed: QQQ"),
    ],
)
def test_the_doctor_tells_how_each_connection_is(
    wanted: None, changed: dict[str, Any], level: Level, said: str
) -> None:
    """With the age of its last price, and what does not fit the plan."""
    board.write_health({**STATE, "feeds": {"shares": {**FEED, **changed}}})
    (finding,) = the_findings()
    assert (finding.level, said in finding.text) == (level, True), finding
    assert finding.fix or level is Level.OK


def test_a_stream_that_does_not_run_is_found(wanted: None, redis_client: redis.Redis) -> None:
    """What it said is gone some seconds after it has ended; `make status` asks the same key."""
    (finding,) = the_findings()
    assert finding.level is Level.FAIL
    at = probes.Addresses("", settings.REDIS_URL, "", "")
    assert not probes.ask("stream", at).well
    board.write_health(STATE)
    assert probes.ask("stream", at) == probes.Finding(True, "shares 1 symbols")
    assert 0 < redis_client.pttl(probes.STREAM_HEALTH) <= board.HEALTH_KEPT.total_seconds() * 1_000


def test_a_health_check_asks_the_same(redis_client: redis.Redis) -> None:
    """``stream --check`` fails until a stream has told of itself, and while Redis is away."""
    with pytest.raises(CommandError, match="lately"):
        call_command("stream", "--check")
    board.write_health(STATE)
    call_command("stream", "--check")
    with detached(), pytest.raises(CommandError, match="Redis"):
        call_command("stream", "--check")


def test_where_no_stream_is_wanted_nothing_is_said() -> None:
    """It is an option."""
    assert the_findings() == []
