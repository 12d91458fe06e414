"""From a tick to the exit it causes, and to whoever reads prices."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic, sleep
from typing import Any

import pytest
import redis

from books_app import clock
from books_app.redis import detached
from market_app.chain import shared
from market_app.stream import board
from market_app.stream.board import streamed_quotes
from orders_app.models import Order
from tests.factories import Desk, Floor
from tests.fakes.alpaca_stream import FakeAlpacaStream
from tests.market_app.stream.making import Streaming, follow, shown, tick, until
from tests.trading import open_a_position


def test_a_tick_through_the_stop_closes_the_position(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """It makes a worker look; the worker reads the streamed price, and the exit rules decide."""
    position = open_a_position(desk, floor)
    with streaming() as running:
        lines.await_subscribers(position.symbol)
        begun = monotonic()
        mid = tick(lines, position, "0.4")
        assert follow(running) == (position.pk,)
        took = monotonic() - begun
    position.refresh_from_db()
    assert (position.status, position.exit_reason, position.mark) == ("closed", "stop_loss", mid)
    assert Order.objects.get(reduce_only=True).status == "filled"
    assert took < 2  # on an idle machine it is a tenth of that at most; the beat would need up to ten seconds


def test_a_tick_through_the_target_does_too(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """Any rule that looks at nothing but the mark is asked."""
    position = open_a_position(desk, floor)
    with streaming() as running:
        lines.await_subscribers(position.symbol)
        tick(lines, position, "1.6")
        follow(running)
    position.refresh_from_db()
    assert position.exit_reason == "profit_target"


def test_a_tick_between_stop_and_target_nudges_nobody(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """It is on the board, and told on its channel; the next one, through the stop, is the first nudge."""
    position = open_a_position(desk, floor)
    with streaming() as running:
        lines.await_subscribers(position.symbol)
        mid = tick(lines, position, "0.9")
        until(lambda: position.symbol in streamed_quotes([position.symbol], now=clock.now()), "it is on the board")
        assert streamed_quotes([position.symbol], now=clock.now())[position.symbol].mid == mid
        tick(lines, position, "0.4")
        follow(running)
        assert running.nudges.empty()


def test_ticks_beyond_a_level_nudge_once_a_second(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """A fast market must not fill the queue that exits wait in."""
    position = open_a_position(desk, floor)
    with streaming() as running:
        lines.await_subscribers(position.symbol)
        begun = monotonic()
        while monotonic() < begun + 1.5:
            tick(lines, position, "0.4")
        assert running.nudges.qsize() == 2


def test_every_price_is_told_to_who_listens(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming, redis_client: redis.Redis
) -> None:
    """On ``price.updated.<symbol>``, with the provider's time to the microsecond and the class of its feed."""
    heard = redis_client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    heard.subscribe("price.updated.SPY")
    assert heard.get_message(timeout=5) is None
    with streaming(watched=["SPY"]):
        lines.await_subscribers("SPY")
        at = clock.now() + timedelta(milliseconds=1)
        lines.quote("SPY", Decimal("700.01"), Decimal("700.03"), at)
        told: list[dict[str, Any]] = []

        def has_come() -> bool:
            message = heard.get_message(timeout=0.1)
            told.extend([json.loads(message["data"])] if message else [])
            return bool(told) and told[-1]["bid"] == "700.01"

        until(has_come, "the price is told")
    assert (told[-1]["ask"], told[-1]["feed"]) == ("700.03", "real_time")
    assert datetime.fromisoformat(told[-1]["provider_time"]) == at


@pytest.mark.parametrize(
    ("bid", "ask", "seconds"),
    [
        ("0.02", "0.01", 0),  # crossed
        ("0", "0.02", 0),  # nobody bids
        ("0.01", "9.00", 0),  # wide
        ("0.01", "0.02", -600),  # stale
        ("0.01", "0.02", 600),  # of the future
        ("nan", "0.02", 0),
        ("-0.02", "-0.01", 0),
    ],
)
def test_what_the_gate_refuses_moves_nothing(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, streaming: Streaming, bid: str, ask: str, seconds: int
) -> None:
    """Neither the board nor anybody, though the price would be through the stop."""
    position = open_a_position(desk, floor)
    with streaming() as running:
        lines.await_subscribers(position.symbol)
        lines.quote(position.symbol, float(bid), float(ask), clock.now() + timedelta(seconds=seconds))
        until(lambda: running.streamer.refused == 1, "the gate has refused it")
        assert running.nudges.empty()
        assert streamed_quotes([position.symbol], now=clock.now()) == {}


def test_an_older_price_does_not_replace_a_newer_one(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """The answer by REST to a gap may come after the first tick."""
    with streaming(watched=["SPY"]):
        lines.await_subscribers("SPY")
        now = clock.now() + timedelta(milliseconds=10)
        lines.quote("SPY", 701, 701.02, now)
        lines.quote("SPY", 650, 650.02, now - timedelta(seconds=3))
        lines.quote("SPY", 702, 702.02, now)
        until(lambda: shown("SPY") == 702, "the last one counts")


def test_a_streamed_price_counts_for_two_seconds(floor: Floor, redis_client: redis.Redis) -> None:
    """Then the stream may have died, and whoever asks looks elsewhere."""
    quote = floor.market.quotes(["SPY"], now=clock.now())["SPY"]
    board.write({"SPY": quote})
    assert streamed_quotes(["SPY", "QQQ"], now=quote.received_at) == {"SPY": quote}
    assert streamed_quotes(["SPY"], now=quote.received_at + timedelta(seconds=2.1)) == {}
    redis_client.set("price:SPY", "{}")
    assert streamed_quotes(["SPY"], now=quote.received_at) == {}


def well(now: datetime, **changed: Any) -> dict[str, Any]:
    """What a stream tells that is subscribed to SPY for a minute and has heard something half a second ago."""
    since = (now - timedelta(minutes=1)).isoformat()
    feed = {"connected": True, "silence_s": 0.5, "subscribed": {"SPY": since}}
    return {"at": now.isoformat(), "feeds": {"shares": {**feed, **changed}, "options": {**feed, "subscribed": {}}}}


def test_a_quiet_symbol_counts_longer_where_the_stream_is_well(floor: Floor, redis_client: redis.Redis) -> None:
    """Subscribed to, and the line hears other symbols: nothing newer was told, for fifteen seconds; QQQ is nobody's."""
    now = clock.now()
    quotes = floor.market.quotes(["SPY", "QQQ"], now=now)
    board.write(quotes)
    for age, counts in ((2, {"SPY", "QQQ"}), (2.1, {"SPY"}), (15, {"SPY"}), (15.1, set()), (-2.1, set())):
        asked_at = now + timedelta(seconds=age)
        board.write_health(well(asked_at))
        assert set(streamed_quotes(["SPY", "QQQ"], now=asked_at)) == counts, age


@pytest.mark.parametrize(
    "changed",
    [
        {"connected": False},
        {"silence_s": 4.0},  # told two seconds ago: six by now, and the line may be deaf
        {"silence_s": None},
        {"subscribed": {}},
        {"subscribed": {"SPY": "later"}},
        {"subscribed": None},
    ],
)
def test_a_stream_that_is_not_well_vouches_for_nothing(
    floor: Floor, redis_client: redis.Redis, changed: dict[str, Any]
) -> None:
    """Cut, deaf, not subscribed, or subscribed since the price only: two seconds, as without its word."""
    now = clock.now()
    if changed.get("subscribed") == {"SPY": "later"}:
        changed = {"subscribed": {"SPY": (now + timedelta(milliseconds=1)).isoformat()}}
    board.write(floor.market.quotes(["SPY"], now=now))
    told_at, asked_at = now + timedelta(seconds=1), now + timedelta(seconds=3)
    board.write_health(well(told_at))
    assert "SPY" in streamed_quotes(["SPY"], now=asked_at)
    board.write_health(well(told_at, **changed))
    assert streamed_quotes(["SPY"], now=asked_at) == {}


def test_a_stream_that_has_died_vouches_for_nothing(floor: Floor, redis_client: redis.Redis) -> None:
    """Its last word may still stand in Redis: it is too old to be believed."""
    now = clock.now()
    board.write(floor.market.quotes(["SPY"], now=now))
    board.write_health(well(now))
    for seconds, counts in ((4, True), (4.1, False)):
        assert ("SPY" in streamed_quotes(["SPY"], now=now + timedelta(seconds=seconds))) is counts


def test_what_is_vouched_for_still_has_to_pass_the_gate(floor: Floor, redis_client: redis.Redis) -> None:
    """By the provider's time it may be too old for any decision: then others are asked."""
    now = clock.now()
    quote = floor.market.quotes(["SPY"], now=now)["SPY"]._replace(provider_time=now - timedelta(seconds=85))
    board.write({"SPY": quote})
    for seconds, counts in ((4, True), (6, False)):
        asked_at = now + timedelta(seconds=seconds)
        board.write_health(well(asked_at))
        assert ("SPY" in streamed_quotes(["SPY"], now=asked_at)) is counts


def test_a_running_stream_vouches_for_what_it_is_subscribed_to(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """AAPL has not ticked for three seconds, but SPY has on the same line: AAPL's last tick is its price."""
    with streaming(watched=["SPY", "AAPL"]):
        lines.await_subscribers("SPY", "AAPL")
        until(lambda: _subscribed() == {"SPY", "AAPL"}, "the server's word has come")
        lines.quote("AAPL", 270, Decimal("270.02"), clock.now())
        until(lambda: shown("AAPL") == 270, "the tick is on the board")
        told_at = clock.now()
        while clock.now() < told_at + timedelta(seconds=3):
            lines.quote("SPY", 700, Decimal("700.02"), clock.now())
            sleep(0.2)
        assert shown("AAPL") == 270
        lines.pull_the_plug()
        until(lambda: shown("AAPL") is None, "without a line nothing is vouched for", seconds=3)


def _subscribed() -> set[str]:
    told = board.health()
    return set() if told is None else set(told["feeds"]["shares"]["subscribed"])


def test_a_newer_price_that_is_bad_takes_the_good_one_off_the_board(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """The bid has gone: what was good a moment ago is over, and whoever needs a price asks for it."""
    with streaming(watched=["SPY"]):
        lines.await_subscribers("SPY")
        lines.quote("SPY", 700, Decimal("700.02"), clock.now())
        until(lambda: shown("SPY") == 700, "the good one is on the board")
        lines.quote("SPY", 0, Decimal("700.02"), clock.now() + timedelta(milliseconds=5))
        until(lambda: shown("SPY") is None, "it is gone", seconds=1)


def test_a_price_that_could_not_be_written_is_written_later(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """Or the board would vouch for the one before it."""
    with streaming(watched=["SPY"]):
        lines.await_subscribers("SPY")
        with detached():
            lines.quote("SPY", 701, Decimal("701.02"), clock.now() + timedelta(milliseconds=5))
            sleep(0.3)
        shared.forget()
        until(lambda: shown("SPY") == 701, "Redis is back", seconds=2)


def test_without_redis_nothing_is_known_at_once(floor: Floor) -> None:
    """And asked again some seconds later only."""
    with detached():
        assert streamed_quotes(["SPY"], now=clock.now()) == {}
    assert streamed_quotes(["SPY"], now=clock.now()) == {}
    shared.forget()
