"""What the tests of the stream share: a market that believes it, a clock that runs, and ways to wait for things."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from queue import SimpleQueue
from time import monotonic, sleep
from typing import Any

from celery import current_app

from books_app import clock
from domain.quotes import Quote
from market_app.stream.board import streamed_quotes
from market_app.stream.streamer import Streamer
from positions_app.models import Position
from tests.factories import WEDNESDAY, PuppetMarket
from tests.fakes.alpaca_stream import FakeAlpacaStream

Streaming = Callable[..., Any]
CENT = Decimal("0.01")


class StreamFirst(PuppetMarket):
    """The streamed price where there is a fresh one, as every process asks; else the puppet's."""

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        streamed = streamed_quotes(symbols, now=now)
        rest = [symbol for symbol in symbols if symbol not in streamed]
        return {**(super().quotes(rest, now=now) if rest else {}), **streamed}


class RunningClock:
    """A clock that begins on that Wednesday and runs."""

    def __init__(self, at: datetime = WEDNESDAY) -> None:
        self._begun, self._at = monotonic(), at

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=monotonic() - self._begun)


@dataclass
class Running:
    """A streamer in a thread with a loop of its own, and the nudges that it has sent."""

    make: Callable[[], Streamer]  # called inside the loop
    streamer: Any = None
    nudges: SimpleQueue[tuple[str, tuple[Any, ...]]] = field(default_factory=SimpleQueue)
    error: BaseException | None = None
    _stopping: asyncio.Event | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    def live(self) -> None:
        async def life() -> None:
            self._stopping, self._loop = asyncio.Event(), asyncio.get_running_loop()
            self.streamer = self.make()
            await self.streamer.run(self._stopping)

        try:
            asyncio.run(life())
        except BaseException as e:  # noqa: BLE001  # the test's thread looks at it
            self.error = e

    def stop(self) -> None:
        if self._loop is not None and self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)


def until(true: Callable[[], Any], what: str, *, seconds: float = 8.0) -> None:
    """Wait for it. Raises AssertionError with these words when it does not come true in time."""
    ends_at = monotonic() + seconds
    while not true():
        assert monotonic() < ends_at, what
        sleep(0.005)


def tick(lines: FakeAlpacaStream, position: Position, share: str) -> Decimal:
    """Quote the position's contract at that share of its entry price. Gives the middle."""
    bid: Decimal = (position.entry_price * Decimal(share)).quantize(CENT)
    lines.quote(position.symbol, bid, bid + 2 * CENT, clock.now())
    return bid + CENT


def shown(symbol: str) -> Decimal | None:
    """The bid on the board."""
    quote = streamed_quotes([symbol], now=clock.now()).get(symbol)
    return None if quote is None else quote.bid


def follow(running: Any, *, seconds: float = 5.0) -> tuple[int, ...]:
    """Do what the next nudge says. Gives what it was about."""
    task, args = running.nudges.get(timeout=seconds)
    current_app.tasks[task](*args)
    return tuple(args)
