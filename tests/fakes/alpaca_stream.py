"""Alpaca's data streams: msgpack both ways over a real websocket, with the faults that they show."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import Future
from datetime import datetime
from decimal import Decimal
from threading import Thread
from time import monotonic, sleep
from typing import Any, NamedTuple, Self

import msgpack  # type: ignore[import-untyped]
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.fakes.server import KEY

STOCKS, OPTIONS = "/v2/iex", "/v1beta1/indicative"
_SAID = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    409: "insufficient subscription",
}


class Subscribed(NamedTuple):
    """What a connection asked for, and when, in monotonic seconds."""

    path: str
    symbols: frozenset[str]
    at: float


class _Line:
    """One connection as the server sees it."""

    def __init__(self, socket: ServerConnection, path: str) -> None:
        self.socket, self.path = socket, path
        self.symbols: set[str] = set()


class FakeAlpacaStream:
    """Both streams on one port, told apart by path. It runs in a thread; every method may be called from a test."""

    def __init__(self, *, key: str = KEY, limit: int = 30, feeds: Collection[str] = (STOCKS, OPTIONS)) -> None:
        self.key, self.limit, self.feeds = key, limit, frozenset(feeds)
        self.deaf = False  # accepts everything and tells nothing
        self.silent = False  # accepts a connection and does not even greet
        self.refuse_with: int | None = None  # after the greeting
        self.connections = 0
        self.subscriptions: list[Subscribed] = []
        self._lines: list[_Line] = []
        self._loop = asyncio.new_event_loop()
        self._server: Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        Thread(target=self._loop.run_forever, daemon=True, name="fake alpaca stream").start()
        self._do(self._open())
        return self

    def __exit__(self, *_error: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    # What a test does with it.

    def quote(self, symbol: str, bid: Any, ask: Any, at: datetime, *, size: int = 10) -> int:
        """Tell everybody who subscribed; prices may be anything. Gives how many heard it."""
        message = {
            "T": "q", "S": symbol, "bx": "V", "ax": "V", "c": ["R"], "z": "C",
            "bp": _number(bid), "ap": _number(ask), "bs": size, "as": size, "t": _stamp(at),
        }  # fmt: skip
        return self.tell(symbol, message)

    def trade(self, symbol: str, price: Any, at: datetime) -> int:
        """Told to who subscribed to quotes, too: an unasked-for kind of message."""
        return self.tell(
            symbol, {"T": "t", "S": symbol, "i": 7, "x": "V", "p": _number(price), "s": 1, "t": _stamp(at)}
        )

    def tell(self, symbol: str, *messages: Any) -> int:
        """Messages as they are, to who subscribed to the symbol."""
        return int(self._do(self._tell(symbol, msgpack.packb(list(messages), datetime=True))))

    def tell_bytes(self, garbage: bytes) -> int:
        """Bytes as they are, to everybody."""
        return int(self._do(self._tell(None, garbage)))

    def cut(self) -> None:
        """Tear every connection down without a word."""
        self._do(self._cut())

    def pull_the_plug(self) -> None:
        """Refuse connections until plug_in(), on the same port."""
        self._do(self._close())

    def plug_in(self) -> None:
        self._do(self._open())

    def await_subscribers(self, *symbols: str, seconds: float = 8.0) -> None:
        """Until each symbol is subscribed to on a living connection. Raises AssertionError when it is not in time."""
        ends_at = monotonic() + seconds
        while missing := set(symbols) - self.subscribed():
            assert monotonic() < ends_at, (
                f"nobody subscribed to {sorted(missing)}; there are {sorted(self.subscribed())}"
            )
            sleep(0.01)

    def subscribed(self) -> set[str]:
        return {symbol for line in list(self._lines) for symbol in line.symbols}

    # How a conversation goes.

    async def _converse(self, socket: ServerConnection) -> None:
        path = socket.request.path if socket.request is not None else ""
        self.connections += 1
        if self.silent:
            await socket.wait_closed()
            return
        line = _Line(socket, path)
        try:
            await self._say(socket, {"T": "success", "msg": "connected"})
            if await self._let_in(line):
                self._lines.append(line)
                async for frame in socket:
                    await self._obey(line, msgpack.unpackb(frame))
        except ConnectionClosed:
            pass
        finally:
            if line in self._lines:
                self._lines.remove(line)

    async def _let_in(self, line: _Line) -> bool:
        said = msgpack.unpackb(await line.socket.recv())
        code = self.refuse_with
        if said.get("action") != "auth":
            code = 401
        elif (said.get("key"), said.get("secret")) != (self.key, self.key):
            code = 402
        elif any(other.path == line.path for other in self._lines):
            code = 406
        elif line.path not in self.feeds:
            code = 409
        if code is not None:
            await self._refuse(line.socket, code)
            return False
        await self._say(line.socket, {"T": "success", "msg": "authenticated"})
        return True

    async def _obey(self, line: _Line, said: dict[str, Any]) -> None:
        symbols = set(said.get("quotes", ()))
        if said.get("action") == "unsubscribe":
            line.symbols -= symbols
        elif said.get("action") != "subscribe":
            await self._refuse(line.socket, 400)
            return
        elif len(line.symbols | symbols) > self.limit:
            await self._refuse(line.socket, 405)
            return
        else:
            line.symbols |= symbols
            self.subscriptions.append(Subscribed(line.path, frozenset(symbols), monotonic()))
        told = {"trades": [], "quotes": sorted(line.symbols), "bars": []}
        await self._say(line.socket, {"T": "subscription", **told})

    async def _refuse(self, socket: ServerConnection, code: int) -> None:
        await self._say(socket, {"T": "error", "code": code, "msg": _SAID[code]})

    async def _say(self, socket: ServerConnection, message: dict[str, Any]) -> None:
        await socket.send(msgpack.packb([message]))

    async def _tell(self, symbol: str | None, frame: bytes) -> int:
        hearers = [line for line in self._lines if symbol is None or symbol in line.symbols]
        if self.deaf:
            return 0
        for line in hearers:
            try:
                await line.socket.send(frame)
            except ConnectionClosed:
                pass  # it will come back
        return len(hearers)

    async def _cut(self) -> None:
        for line in list(self._lines):
            line.socket.transport.abort()
        self._lines.clear()

    async def _open(self) -> None:
        self._server = await serve(self._converse, "127.0.0.1", self._port, ping_interval=None, close_timeout=0.1)
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            await self._cut()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def _do(self, work: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout=10)


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal | int) else value


def _stamp(at: datetime) -> msgpack.Timestamp:
    """Nanoseconds, as the real one has them."""
    exact = msgpack.Timestamp.from_datetime(at)
    return msgpack.Timestamp(exact.seconds, exact.nanoseconds + 123)
