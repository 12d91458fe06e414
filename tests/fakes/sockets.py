"""The HTTP below the fakes: connections that are kept alive, and the ways in which a conversation can fail."""

from __future__ import annotations

import select
import socket
import struct
import sys
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.faults import Fault

_DRIP_S: Final = 0.02  # between two bytes
_LONGEST_S: Final = 30.0  # a connection that hangs is let go after this
_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


class Sent(NamedTuple):
    """fault: of the conversation, in which the answer is sent; None for none."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None


class Provider(Protocol):
    stopping: Event
    mistakes: list[Exception]

    def serve(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Sent: ...


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, provider: Provider, handler: type[Handler] | None = None) -> None:
        """port: 0 for any that is free."""
        self.provider = provider
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler or Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Connections that are kept alive would be answered on by their threads."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed by the other side already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is no news; anything else is a mistake in a fake, raised where its ``with`` ends."""
        failed = sys.exc_info()[1]
        if isinstance(failed, Exception) and not isinstance(failed, OSError):
            self.provider.mistakes.append(failed)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece
    server: Server

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        headers: Mapping[str, str] = self.headers  # type: ignore[assignment]  # finds a name however it is capitalised
        self.deliver(self.server.provider.serve(address.path, dict(parse_qsl(address.query)), headers))

    def deliver(self, sent: Sent) -> None:
        """Send an answer, in the way in which its fault would have it."""
        match sent.fault:
            case Fault.HANG:
                self._hang()
            case Fault.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                self.connection.close()
            case _:
                self._send(sent)
                return
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """The log is in the provider's arrivals."""

    def _send(self, sent: Sent) -> None:
        head = {"Content-Type": "application/json", "Content-Length": str(len(sent.body)), **sent.headers}
        lines = [f"HTTP/1.1 {sent.status} {self.responses.get(sent.status, ('',))[0]}"]
        lines += [f"{name}: {text}" for name, text in head.items()]
        whole = "\r\n".join([*lines, "", ""]).encode() + sent.body
        if sent.fault is Fault.DRIP:
            self._pieces(whole[at : at + 1] for at in range(len(whole)))
        elif sent.fault is Fault.CUT_OFF:
            self._pieces([whole[: -len(sent.body) // 2]])
            self.close_connection = True
        else:
            self.wfile.write(whole)
            self.wfile.flush()

    def _pieces(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            if self.server.provider.stopping.wait(_DRIP_S):
                return

    def _hang(self) -> None:
        """Until the client has gone, which shows as something to read."""
        ends_at = monotonic() + _LONGEST_S
        while monotonic() < ends_at and not self.server.provider.stopping.is_set():
            if select.select([self.connection], [], [], 0.1)[0]:
                return
