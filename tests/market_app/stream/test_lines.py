"""What is streamed, and what happens when sockets, servers or data fail."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from time import sleep

import msgpack  # type: ignore[import-untyped]
import pytest

from books_app import clock, nudges
from market_app.models import SessionOverride
from market_app.stream import board, line
from market_app.stream.board import streamed_quotes
from positions_app.services import refresh_marks
from tests.factories import WEDNESDAY, Desk, Floor
from tests.fakes import market
from tests.fakes.alpaca import FakeAlpaca
from tests.fakes.alpaca_stream import FakeAlpacaStream
from tests.fakes.faults import Fault
from tests.market_app.stream.making import Streaming, follow, shown, tick, until
from tests.trading import open_a_position
from workers import pipeline

# ------------------------------------------------------------ what is streamed


def test_positions_come_and_go_within_seconds(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """A contract and its underlying are subscribed to while it is held, and no longer."""
    with streaming(watched=["SPY"]):
        lines.await_subscribers("SPY")
        with nudges.delivered_to(floor.hear):
            position = open_a_position(desk, floor)
        lines.await_subscribers("SPY", "AAPL", position.symbol, seconds=4)
        pipeline.leave_position(position.pk, reason="operator", text="", actor="user:anna")
        until(lambda: lines.subscribed() == {"SPY"}, "what is not held is not streamed", seconds=4)


def test_positions_go_first_where_the_plan_has_a_limit(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """What does not fit is named; the server's own limit is learned when ours is too high."""
    open_a_position(desk, floor)
    lines.limit = 2
    with streaming(watched=["SPY", "QQQ", "IWM"], limit=3) as running:
        until(lambda: lines.subscribed() >= {"AAPL"}, "it is subscribed within the server's limit")
        state = running.streamer.state()["feeds"]["shares"]
        assert state["symbols"][0] == "AAPL"
        assert set(state["symbols"]) | set(state["left_out"]) == {"AAPL", "SPY", "QQQ", "IWM"}
        assert "IWM" in state["left_out"]


def test_what_is_no_share_is_not_asked_for(floor: Floor, lines: FakeAlpacaStream, streaming: Streaming) -> None:
    """An index, a pair of currencies, a slip of the keyboard: the rest is subscribed to without them."""
    with streaming(watched=["SPX", "BRK.B", "BTCUSD", "not a symbol"]):
        lines.await_subscribers("BRK.B")
        assert lines.subscribed() == {"BRK.B"}


# ------------------------------------------------------------ what goes wrong


def test_a_cut_line_comes_back_with_its_symbols_and_fills_the_gap(
    desk: Desk, floor: Floor, lines: FakeAlpacaStream, rest: FakeAlpaca, streaming: Streaming
) -> None:
    """Nothing is told again by the stream, so the latest quotes are asked by REST; then ticks work as before."""
    position = open_a_position(desk, floor)
    with streaming(watched=["SPY"]) as running:
        lines.await_subscribers("SPY", position.symbol)
        until(lambda: streamed_quotes(["SPY"], now=clock.now()), "the first gap is filled")
        assert streamed_quotes(["SPY"], now=clock.now())["SPY"].mid == market.true_quote("SPY", WEDNESDAY).last
        asked, connections = len(rest.arrivals), lines.connections
        lines.cut()
        until(lambda: lines.connections == connections + 2, "both lines come back")
        lines.await_subscribers("SPY", position.symbol)
        until(lambda: len(rest.arrivals) > asked, "the gap is filled again")
        tick(lines, position, "0.4")
        follow(running)
    position.refresh_from_db()
    assert position.status == "closed"


def test_a_gap_that_cannot_be_filled_now_is_filled_later(
    floor: Floor, lines: FakeAlpacaStream, rest: FakeAlpaca, streaming: Streaming, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REST may be away longer than the stream."""
    monkeypatch.setattr("market_app.stream.streamer.FILL_AGAIN_S", 0.1)
    rest.inject(Fault.HTML_502, times=3)
    with streaming(watched=["SPY"]):
        until(lambda: streamed_quotes(["SPY"], now=clock.now()), "the gap is filled")
    assert len(rest.arrivals) >= 4


def test_a_server_that_is_away_is_tried_until_it_is_back(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """With growing pauses; the state says that there is no connection."""
    with streaming(watched=["SPY"]) as running:
        lines.await_subscribers("SPY")
        lines.pull_the_plug()
        until(lambda: not running.streamer.state()["feeds"]["shares"]["connected"], "the loss is known")
        sleep(1)
        lines.plug_in()
        lines.await_subscribers("SPY")
        until(lambda: running.streamer.state()["feeds"]["shares"]["connected"], "it is connected again")


def test_a_deaf_line_is_noticed_in_a_session_and_made_anew(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming
) -> None:
    """The socket is open and answers pings: only its silence tells. Each silent one after it is believed longer."""
    lines.deaf = True
    with streaming(watched=["SPY"], deaf_after_s=0.3) as running:
        until(lambda: lines.connections >= 3, "the line is made anew")
        lines.deaf = False
        lines.await_subscribers("SPY")
        heard = running.streamer.quotes
        until(
            lambda: lines.quote("SPY", 700, 700.02, clock.now()) and running.streamer.quotes > heard, "it hears again"
        )


def test_silence_out_of_session_is_believed(floor: Floor, lines: FakeAlpacaStream, streaming: Streaming) -> None:
    """On a holiday nothing is quoted."""
    SessionOverride.objects.create(date=WEDNESDAY.date(), closed=True, reason="a day of mourning")
    with streaming(watched=["SPY"], deaf_after_s=0.3):
        lines.await_subscribers("SPY")
        sleep(2)
        assert lines.connections == 1


def test_a_server_that_does_not_greet_is_left_again(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming, monkeypatch: pytest.MonkeyPatch
) -> None:
    """alpaca-py would wait for its first word for ever."""
    monkeypatch.setattr(line, "GREETING_S", 0.3)
    lines.silent = True
    with streaming(watched=["SPY"]) as running:
        until(lambda: "TimeoutError" in running.streamer.state()["feeds"]["shares"]["error"], "it is noticed")
        lines.silent = False
        lines.await_subscribers("SPY")


@pytest.mark.parametrize(("code", "said"), [(402, "auth failed"), (406, "connection limit"), (409, "insufficient")])
def test_a_refusal_is_said_and_does_not_end_the_stream(
    floor: Floor, lines: FakeAlpacaStream, streaming: Streaming, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    """Key, number of connections and plan may all be put right while it runs."""
    monkeypatch.setattr("market_app.stream.feed.NO_RIGHT_PAUSE_S", 0.1)
    lines.refuse_with = code
    with streaming(watched=["SPY"]) as running:
        until(lambda: said in running.streamer.state()["feeds"]["shares"]["error"], "the refusal is said")
        lines.refuse_with = None
        lines.await_subscribers("SPY")


GARBAGE = [
    b"\xc1\xff\x00 not msgpack",
    b"<html>502 Bad Gateway</html>",
    b"",
    *map(msgpack.packb, (5, None, "q", [5], [None], [[]], {"T": "q"}, [{}], [{"T": "q"}], [{"T": 7, "S": ["SPY"]}])),
    *(
        msgpack.packb([{"T": "q", "S": "SPY", **fields}])
        for fields in (
            {},
            {"bp": "1.0", "ap": "2.0", "t": "now"},
            {"bp": [], "ap": {}, "t": msgpack.Timestamp(1)},
            {"bp": 1.0, "ap": 2.0, "t": msgpack.Timestamp(2**60)},
            {"bp": 1.0, "ap": 2.0, "t": 1_700_000_000},
        )
    ),
    msgpack.packb([{"T": "q", "S": "NVDA", "bp": 1.0, "ap": 1.01, "t": msgpack.Timestamp(1)}]),
    msgpack.packb([{"T": "error", "code": "what", "msg": None}, {"T": "subscription", "quotes": 5}]),
]


def test_garbage_ends_nothing(floor: Floor, lines: FakeAlpacaStream, streaming: Streaming) -> None:
    """Whatever a frame holds, the next good one is read, on the same connection."""
    with streaming(watched=["SPY"]) as running:
        lines.await_subscribers("SPY")
        for frame in GARBAGE:
            lines.tell_bytes(frame)
        lines.quote("SPY", 700, 700.02, clock.now() + timedelta(milliseconds=5))
        until(lambda: shown("SPY") == 700, "the good one is read")
        assert lines.connections == 1
        assert running.error is None


def test_the_sweep_leaves_without_any_stream(desk: Desk, floor: Floor) -> None:
    """The stream has died: what it last told is not believed, and the beat sells on a quote of its own."""
    position = open_a_position(desk, floor)
    old = floor.market.quotes([position.symbol], now=clock.now() - timedelta(seconds=3))
    board.write(old)
    floor.market.option_factor = Decimal("0.4")
    refresh_marks()
    assert pipeline.monitor_exits() == 1
    position.refresh_from_db()
    assert (position.status, position.exit_reason) == ("closed", "stop_loss")
