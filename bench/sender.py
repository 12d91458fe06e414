"""Sending alerts as the world does: at a pace, all at once, or as fast as they are worked off."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

CONNECTIONS: Final = 8  # as many as the web server has threads
PATIENCE_S: Final = 90  # a web server that has just started on a busy machine


@dataclass(frozen=True, slots=True)
class Request:
    """One alert, made at the moment it is sent: it carries the time."""

    path: str
    body: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Ack:
    """ms: from the first byte sent to the whole answer read."""

    ms: float
    signal_id: int


class NotAccepted(Exception):
    """An alert of the benchmark was refused, so its figures would mean nothing."""


class Sender:
    """Kept connections to one web server, one for each sending thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._own = threading.local()

    def paced(self, requests: list[Request], per_second: float) -> list[Ack]:
        """Each at its own moment, whether or not those before it have been answered."""
        start = time.monotonic() + 0.05

        def send(numbered: tuple[int, Request]) -> Ack:
            number, request = numbered
            time.sleep(max(start + number / per_second - time.monotonic(), 0.0))
            return self.send(request)

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return list(pool.map(send, enumerate(requests)))

    def at_once(self, requests: list[Request]) -> list[Ack]:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return list(pool.map(self.send, requests))

    def windowed(
        self, requests: Iterator[Request], *, done: Callable[[], int], window: int, seconds: float
    ) -> list[Ack]:
        """As fast as alerts are worked off for so many seconds: never more than ``window`` of them are under way."""
        end = time.monotonic() + seconds
        acks: list[Ack] = []
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            while time.monotonic() < end:
                wanted = min(window - (len(acks) - done()), CONNECTIONS)
                if wanted > 0:
                    acks += pool.map(self.send, [next(requests) for _ in range(wanted)])
                else:
                    time.sleep(0.004)
        return acks

    def send(self, request: Request) -> Ack:
        body = request.body()
        try:
            return self._send(request.path, body)
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            self._connection().close()  # the server had closed an idle connection: http.client opens it anew
            return self._send(request.path, body)

    def _send(self, path: str, body: bytes) -> Ack:
        connection = self._connection()
        began = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "text/plain; charset=utf-8"})
        response = connection.getresponse()
        answer = response.read()
        ms = (time.perf_counter() - began) * 1000
        if response.status != 202:
            raise NotAccepted(f"{response.status} {answer[:300]!r}")
        return Ack(ms, json.loads(answer)["signals"][0])

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if found is None:
            found = self._own.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        return found
