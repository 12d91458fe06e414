"""What one connection is for: its symbols within the plan's limit, its state in words, and when it counts as deaf."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Final

import structlog
from websockets.exceptions import WebSocketException

from books_app import clock
from market_app.stream.line import make_line

SYMBOL_LIMIT_EXCEEDED: Final = 405
NO_RIGHT_PAUSE_S: Final = 60.0  # the account has no right to this feed: an operator must act
LONGEST_SILENCE_S: Final = 600.0
CLOSE_S: Final = 1.0

log = structlog.get_logger(__name__)
OnQuote = Callable[[str, dict[str, Any]], None]


class Feed:
    """One of Alpaca's two streams. on_quote: called with the feed's name and each quote message, in the loop.

    on_gap: called with the symbols of which something may have been missed: all after a connection, else new ones.
    """

    def __init__(
        self,
        name: str,
        stream_class: Any,
        *,
        url: str,
        key: str,
        secret: str,
        limit: int,
        deaf_after_s: float,
        on_quote: OnQuote,
        on_gap: Callable[[Collection[str]], None],
    ) -> None:
        self.name = name
        self.symbols: tuple[str, ...] = ()
        self.left_out: tuple[str, ...] = ()
        self.is_connected = False
        self.connections = 0
        self.error = ""
        self._limit = limit
        self._deaf_after_s = deaf_after_s
        self._on_quote, self._on_gap = on_quote, on_gap
        self._silent_connections = 0  # in a row
        self._was_heard = True  # on the connection that is or was
        self._heard_at: float | None = None  # monotonic
        self._accepted: dict[str, datetime] = {}  # what the server says that we are subscribed to, and since when
        self._wanted = asyncio.Event()
        self._line = make_line(stream_class, url=url, key=key, secret=secret, observer=self)

    async def run(self) -> None:
        """Until cancelled. Nothing is connected before something is wanted."""
        try:
            while True:
                await self._wanted.wait()  # with nothing to subscribe to, alpaca-py waits in a busy loop
                await self._line.run()
                log.error("stream_without_right", feed=self.name, error=self.error, seconds=NO_RIGHT_PAUSE_S)
                await asyncio.sleep(NO_RIGHT_PAUSE_S)
        finally:
            await asyncio.wait_for(self._line.close(), CLOSE_S)

    async def want(self, symbols: Sequence[str], *, in_session: bool) -> None:
        """Subscribe to these, the most important first, as far as the limit reaches; says what is left out."""
        chosen, left_out = tuple(symbols[: self._limit]), tuple(symbols[self._limit :])
        if left_out != self.left_out:
            log.warning("stream_symbols_left_out", feed=self.name, limit=self._limit, left_out=left_out)
        new = set(chosen) - set(self.symbols)
        self.symbols, self.left_out = chosen, left_out
        patience = min(self._deaf_after_s * 2 ** min(self._silent_connections, 16), LONGEST_SILENCE_S)
        self._line.listen_for(patience if in_session and chosen else None)
        if set(chosen) != set(self._accepted):
            await self._subscribe()
        if new and self.is_connected:
            self._on_gap(new)
        if chosen:
            self._wanted.set()
        else:
            self._wanted.clear()

    async def _subscribe(self) -> None:
        try:
            await self._line.watch(self.symbols)
        except (
            WebSocketException,
            OSError,
            AttributeError,
        ) as cut:  # AttributeError: alpaca-py drops a closed socket to None
            # On its way back the line asks for what is wanted by then.
            log.info("stream_subscription_waits", feed=self.name, error=type(cut).__name__)

    def state(self) -> dict[str, Any]:
        """Of this feed, as JSON. silence_s: since the last quote, None before the first.

        subscribed: by the server's word, each symbol with the moment since when without a break.
        """
        return {
            "connected": self.is_connected,
            "symbols": list(self.symbols),
            "subscribed": {symbol: since.isoformat() for symbol, since in self._accepted.items()},
            "left_out": list(self.left_out),
            "connections": self.connections,
            "silence_s": None if self._heard_at is None else round(monotonic() - self._heard_at, 3),
            "error": self.error,
        }

    # What the line tells.

    def connected(self) -> None:
        self.connections += 1
        self._accepted = {}
        self._silent_connections = 0 if self._was_heard else self._silent_connections + 1
        self._was_heard = False
        self.is_connected, self.error = True, ""
        log.info("stream_connected", feed=self.name, symbols=len(self.symbols), connections=self.connections)
        self._on_gap(self.symbols)

    def lost(self) -> None:
        if self.is_connected:
            log.warning("stream_lost", feed=self.name)
        self.is_connected = False

    def failed(self, why: str) -> None:
        if why != self.error:
            log.warning("stream_failed", feed=self.name, error=why)
        self.is_connected, self.error = False, why

    def refused(self, code: int, text: str) -> None:
        """A message about what we asked for; the connection goes on."""
        self.error = f"{code} {text}"
        log.error("stream_refused", feed=self.name, code=code, text=text, symbols=len(self.symbols))
        if code == SYMBOL_LIMIT_EXCEEDED and len(self.symbols) > 1:
            self._limit = len(self.symbols) // 2  # the next look keeps to it; a restart tries the whole limit again

    def accepted(self, symbols: Collection[str]) -> None:
        now = clock.now()
        self._accepted = {symbol: self._accepted.get(symbol, now) for symbol in symbols}
        log.info("stream_subscribed", feed=self.name, symbols=len(symbols))

    async def quoted(self, message: dict[str, Any]) -> None:
        self._heard_at = monotonic()
        self._was_heard = True
        try:
            self._on_quote(self.name, message)
        except (
            Exception
        ):  # a mistake of ours in one message: alpaca-py would swallow it, and the rest of the frame with it
            log.exception("stream_quote_failed", feed=self.name)
