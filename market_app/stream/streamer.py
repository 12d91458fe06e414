"""The price stream as a whole: what is wanted, what comes in, where it goes, and what is done about a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import structlog
from django.db import DatabaseError
from redis.exceptions import RedisError

from books_app import clock
from domain.errors import TradingError
from domain.quotes import Quote
from domain.symbols.spelling import Dialect
from market_app import quoting
from market_app.providers import reading
from market_app.providers.access import Access
from market_app.providers.alpaca_shapes import OPTION_FEEDS, STOCK_FEEDS, feeds_of, quote_of
from market_app.stream import board
from market_app.stream.feed import Feed
from market_app.stream.hands import Hand

LOOK_EVERY_S: Final = 2.0
BEAT_EVERY_S: Final = 1.0
FILL_AGAIN_S: Final = 5.0
WRITE_AGAIN_S: Final = 0.5
ASK_AGAIN_S: Final = 0.5  # to end, so long may a line take to say good-bye
SHARES, OPTIONS = "shares", "options"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be streamed, the most important first, and whether each market is open now."""

    contracts: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    options_open: bool = False
    shares_open: bool = False


class Guard(Protocol):
    """Who knows what is held and at which prices it is left."""

    def look(self) -> Wishes:
        """Read it anew; called every two seconds, in one thread that is always the same."""
        ...

    def crossed(self, quote: Quote) -> Collection[int]:
        """Positions that this price may leave and that should be looked at now; called for each good quote, in the loop."""
        ...

    def nudge(self, position_id: int) -> None:
        """Have that position looked at, by what decides; a nudge that is lost costs seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """url: of the streams' host, wss://… limit: symbols a connection. deaf_after_s: silence in a session, in seconds."""

    url: str
    limit: int = 30
    deaf_after_s: float = 20.0


class Streamer:
    """Owns both feeds. Everything but reading, delivering and asking by REST happens in the loop that runs it."""

    def __init__(
        self,
        access: Access,
        terms: Terms,
        guard: Guard,
        *,
        backfill: Callable[[Collection[str]], Mapping[str, Quote]],
    ) -> None:
        """backfill: latest quotes by REST; it may block and may raise MarketDataUnavailable."""
        from alpaca.data.live.option import OptionDataStream
        from alpaca.data.live.stock import StockDataStream

        stock_feed, option_feed = feeds_of(access)
        self._classes = {SHARES: STOCK_FEEDS[stock_feed], OPTIONS: OPTION_FEEDS[option_feed]}
        self._guard, self._backfill = guard, backfill
        self._pending: dict[str, Quote | None] = {}  # by symbol: of two that wait, the later one counts
        self._due: set[int] = set()
        self._gap: set[str] = set()
        self._latest: dict[str, datetime] = {}
        self._told, self._filled = asyncio.Event(), asyncio.Event()
        self._hands = {part: Hand(f"stream {part}") for part in ("look", "deliver", "fill", "beat")}
        self.quotes = self.refused = self.unreadable = 0

        def feed(name: str, stream_class: Any, path: str) -> Feed:
            return Feed(
                name,
                stream_class,
                url=f"{terms.url}{path}",
                key=access.key,
                secret=access.secret,
                limit=terms.limit,
                deaf_after_s=terms.deaf_after_s,
                on_quote=self._read,
                on_gap=self._missed,
            )

        self.feeds = {
            SHARES: feed(SHARES, StockDataStream, f"/v2/{stock_feed}"),
            OPTIONS: feed(OPTIONS, OptionDataStream, f"/v1beta1/{option_feed}"),
        }

    async def run(self, stopping: asyncio.Event) -> None:
        """Until stopping is set. Raises what any of its parts stumbles over: the process is started anew then."""
        parts = [feed.run() for feed in self.feeds.values()]
        parts += [self._look(), self._deliver(), self._fill(), self._beat()]
        tasks = [asyncio.create_task(part) for part in parts]
        ending = asyncio.create_task(stopping.wait())
        done, _ = await asyncio.wait([*tasks, ending], return_when=asyncio.FIRST_COMPLETED)
        await _end({*tasks, ending})
        for hand in self._hands.values():
            hand.end()
        for task in done - {ending}:
            task.result()

    def take(self, quote: Quote) -> None:
        """One price, from stream or REST: judged, and only when it is good and not older than what is known passed on.

        A newer one that is not good takes the last good one off the board: whoever needs the price asks for it anew.
        """
        known = self._latest.get(quote.symbol)
        if known is not None and quote.provider_time < known:
            return
        if not quoting.judged(quote.symbol, quote, now=quote.received_at).good:
            self.refused += 1
            self._pending[quote.symbol] = None
            self._told.set()
            return
        self._latest[quote.symbol] = quote.provider_time
        self._pending[quote.symbol] = quote
        self._due.update(self._guard.crossed(quote))
        self._told.set()

    def state(self) -> dict[str, Any]:
        """As JSON, for whoever asks whether the stream is well."""
        return {
            "at": clock.now().isoformat(),
            "quotes": self.quotes,
            "refused": self.refused,
            "unreadable": self.unreadable,
            "feeds": {name: feed.state() for name, feed in self.feeds.items()},
        }

    def _read(self, feed: str, message: dict[str, Any]) -> None:
        self.quotes += 1
        symbol = message.get("S")
        quote = None
        if isinstance(symbol, str) and symbol in self.feeds[feed].symbols:
            quote = quote_of(symbol, message, now=clock.now(), feed=self._classes[feed])
        if quote is None:
            self.unreadable += 1
        else:
            self.take(quote)

    def _missed(self, symbols: Collection[str]) -> None:
        self._gap.update(symbols)
        self._filled.set()

    async def _look(self) -> None:
        hand = self._hands["look"]
        while True:
            try:
                wishes = await hand.do(self._guard.look)
            except (DatabaseError, TradingError) as e:  # what was wanted stays wanted
                log.warning("stream_look_failed", error=f"{type(e).__name__} {e}"[:200])
            else:
                await self.feeds[OPTIONS].want(wishes.contracts, in_session=wishes.options_open)
                await self.feeds[SHARES].want(_traded_as_shares(wishes.shares), in_session=wishes.shares_open)
                kept = {*wishes.contracts, *wishes.shares}
                self._latest = {symbol: at for symbol, at in self._latest.items() if symbol in kept}
            await asyncio.sleep(LOOK_EVERY_S)

    async def _deliver(self) -> None:
        """What has come since the last delivery, however much: a slow Redis makes prices fewer, not older."""
        hand = self._hands["deliver"]
        while True:
            await self._told.wait()
            self._told.clear()
            quotes, self._pending = self._pending, {}
            due, self._due = self._due, set()
            if not await hand.do(self._write, quotes, due):
                self._pending = {**quotes, **self._pending}  # or the board would keep what is over
                self._told.set()
                await asyncio.sleep(WRITE_AGAIN_S)

    def _write(self, quotes: Mapping[str, Quote | None], due: Collection[int]) -> bool:
        """Whether the prices are on the board. The nudges go out in any case."""
        is_written = True
        try:
            board.write(quotes)
        except RedisError as e:
            is_written = False
            log.warning("stream_without_redis", error=type(e).__name__, quotes=len(quotes))
        for position_id in due:  # after the prices, which whoever is nudged will read
            self._guard.nudge(position_id)
        return is_written

    async def _fill(self) -> None:
        """Ask by REST for what may have been missed; what fails is asked again, with whatever has been missed since."""
        hand = self._hands["fill"]
        while True:
            await self._filled.wait()
            self._filled.clear()
            symbols, self._gap = self._gap, set()
            try:
                found = await hand.do(self._backfill, sorted(symbols))
            except (DatabaseError, TradingError) as e:  # the account's limits are rows
                log.warning("stream_gap_open", symbols=len(symbols), error=str(e)[:200])
                await asyncio.sleep(FILL_AGAIN_S)
                self._missed(symbols)
            else:
                for quote in found.values():
                    self.take(quote)
                log.info("stream_gap_filled", symbols=len(symbols), quotes=len(found))

    async def _beat(self) -> None:
        hand = self._hands["beat"]
        while True:
            try:
                await hand.do(board.write_health, self.state())
            except RedisError:
                pass  # _write says so
            await asyncio.sleep(BEAT_EVERY_S)


def _traded_as_shares(symbols: Sequence[str]) -> list[str]:
    """Those that Alpaca calls as we do; one name that it does not know, as of an index, could cost the whole subscription."""
    names = reading.names(symbols, Dialect.ALPACA)
    return [symbol for symbol in symbols if names.get(symbol) == symbol]


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended: asyncio.wait_for of Python 3.11 loses a cancellation that meets a result."""
    while tasks:
        for task in tasks:
            task.cancel()
        done, tasks = await asyncio.wait(tasks, timeout=ASK_AGAIN_S)
        for task in done:
            if not task.cancelled() and task.exception() is not None:
                log.info(
                    "stream_part_ended", error=repr(task.exception())[:200]
                )  # a line that was cut while it said good-bye
