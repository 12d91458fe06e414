"""alpaca-py's data streams, driven inside our loop and observed where they keep things to themselves.

Their own loop reconnects with back-off and jitter, subscribes again, survives garbage and, with ``data_timeout``, notices
a socket that has gone deaf. It does not say when it connected, what the server refused, or why it lost a connection, it
waits for a silent server's greeting for ever, and its ``subscribe_quotes`` would wait in the loop for the loop. The names
with a leading underscore are those of 0.44, to which requirements.txt holds us; tests/market_app/stream fails without them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, Protocol

GREETING_S: Final = 8.0  # to connect, be greeted and be let in
SOCKET: Final = {
    "open_timeout": 5,
    "close_timeout": 0.5,
    "ping_interval": 10,
    "ping_timeout": 20,
    "max_queue": 1024,
}
Handler = Callable[[dict[str, Any]], Awaitable[None]]


class Observer(Protocol):
    """Who is told what happens on a line, in the loop."""

    def connected(self) -> None: ...

    def lost(self) -> None: ...

    def failed(self, why: str) -> None: ...

    def refused(self, code: int, text: str) -> None: ...

    def accepted(self, symbols: Collection[str]) -> None: ...

    async def quoted(self, message: dict[str, Any]) -> None: ...


class _OneLine(logging.Filter):
    """Garbage comes in floods: its reason is enough, a traceback for each would drown the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True


def make_line(stream_class: Any, *, url: str, key: str, secret: str, observer: Observer) -> Any:
    """A stream of that class, StockDataStream or OptionDataStream, which answers dictionaries as they come.

    run() is its life; watch(symbols) sets what it is subscribed to; data_timeout may be changed at any time.
    """
    logging.getLogger("alpaca.data.live.websocket").addFilter(_one_line)

    class Line(stream_class):  # type: ignore[misc]  # either of two classes
        async def _start_ws(self) -> None:
            try:
                await asyncio.wait_for(super()._start_ws(), GREETING_S)
            except Exception as e:  # whatever keeps us out; the SDK's loop decides what follows
                observer.failed(f"{type(e).__name__} {e}".strip())
                raise
            observer.connected()

        async def _wait_before_reconnect(self, retries: int) -> None:
            observer.lost()
            await super()._wait_before_reconnect(retries)

        async def _dispatch(self, msg: dict[str, Any]) -> None:
            kind = msg.get("T")
            if kind == "error":
                observer.refused(int(msg.get("code") or 0), str(msg.get("msg", "")))
            elif kind == "subscription":
                observer.accepted(msg.get("quotes") or ())
            await super()._dispatch(msg)

        async def watch(self, symbols: Collection[str]) -> None:
            """Subscribe to quotes of these and of no others. Raises when the line is cut meanwhile: it comes back with them."""
            handlers = self._handlers["quotes"]
            gone = [symbol for symbol in handlers if symbol not in symbols]
            for symbol in gone:
                del handlers[symbol]
            handlers.update(dict.fromkeys(symbols, observer.quoted))
            if self._running and gone:  # first, as the limit counts them
                await self._send_unsubscribe_msg("quotes", gone)
            if self._running and symbols:
                await self._send_subscribe_msg()

        async def run(self) -> None:
            """Until cancelled. Ends by itself only where the account has no right to the feed."""
            await self._run_forever()

        def listen_for(self, seconds: float | None) -> None:
            """How long silence is believed before the connection is made anew; None: for ever."""
            self._data_timeout = seconds

    return Line(key, secret, raw_data=True, url_override=url, websocket_params=SOCKET)


_one_line: Final = _OneLine()
