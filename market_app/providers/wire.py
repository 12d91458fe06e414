"""HTTP to providers: time-outs that hold for whole answers, no hidden retries, every request counted.

requests bounds the silence between two packets, so a server that sends a byte a second holds it for ever. Here every read
of a socket, headers included, is bounded by what is left of the request's total time and of the caller's deadline. The
same adapter is mounted below SDKs that are built on requests.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from time import monotonic
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from market_app.providers.access import Access, Patience, ProviderTrouble, Trouble, remaining

LARGEST_ANSWER: Final = 96 * 2**20  # bytes; the whole chain of a large index is a tenth of it
LEAST_WAIT_S: Final = 0.001  # a socket's time-out of 0 would mean: do not wait at all
_PIECE: Final = 262_144
_SHOWN: Final = 120  # characters of a provider's own words that are repeated
_UNAUTHORISED: Final = frozenset({401, 402, 403})
_TOO_MANY: Final = 429
_NOT_FOUND: Final = 404

_ends: ContextVar[float] = ContextVar("request_ends", default=float("inf"))
_credits: ContextVar[int] = ContextVar("request_credits", default=1)


class _PatientIO(io.RawIOBase):
    """A socket's bytes until the request's time is over."""

    def __init__(self, sock: socket.socket, read_s: float, largest: int) -> None:
        self._raw = sock.makefile("rb", buffering=0)  # holds the socket open after the connection has let go of it
        self._sock = sock
        self._read_s = read_s
        self._largest = largest
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _ends.get() - monotonic()
        if left <= 0.0:
            raise TimeoutError("the time for this answer is over")
        self._sock.settimeout(max(min(left, self._read_s), LEAST_WAIT_S))
        count = self._raw.readinto(buffer)
        self._received += count or 0
        if self._received > self._largest:
            raise OSError(f"the answer is longer than {self._largest} bytes")
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Patient:
    """Stands for the socket where http.client makes a file of it."""

    def __init__(self, sock: socket.socket, read_s: float, largest: int) -> None:
        self._sock, self._read_s, self._largest = sock, read_s, largest

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_PatientIO(self._sock, self._read_s, self._largest), 65_536)


def _response(sock: socket.socket, *args: Any, read_s: float, largest: int, **kwargs: Any) -> http.client.HTTPResponse:
    patient: Any = _Patient(sock, read_s, largest)  # no socket, but its makefile is all that is used
    return http.client.HTTPResponse(patient, *args, **kwargs)


class PatientAdapter(HTTPAdapter):
    """Below any requests session: time-outs, the meter, and no retry that nobody asked for."""

    def __init__(self, access: Access, *, connections: int = 8) -> None:
        self._access = access
        self._largest = access.patience.largest_answer or LARGEST_ANSWER
        super().__init__(pool_connections=2, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pools: tuple[tuple[str, type, type], ...] = (
            ("http", HTTPConnectionPool, HTTPConnection),
            ("https", HTTPSConnectionPool, HTTPSConnection),
        )
        response = partial(_response, read_s=self._access.patience.read_s, largest=self._largest)
        patient = {"response_class": staticmethod(response)}
        self.poolmanager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": type(connection.__name__, (connection,), patient)})
            for scheme, pool, connection in pools
        }

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Raises ProviderTrouble of the meter, and what requests raises; the body has been read when it returns."""
        self._access.meter.spend(_credits.get())
        left = min(self._access.patience.total_s, remaining())
        if left <= 0.0:
            raise requests.exceptions.ConnectTimeout("the caller's deadline is over", request=request)
        token = _ends.set(monotonic() + left)
        try:
            response = super().send(
                request, stream=True, timeout=_timeouts(self._access.patience, left), **_rest(kwargs)
            )
            response._content = _unpacked(response, self._largest)  # read here, while the time is counted
            return response
        finally:
            _ends.reset(token)


def _unpacked(response: requests.Response, largest: int) -> bytes:
    """The whole body. Raises ContentDecodingError where it unpacks to more than the largest answer."""
    body = bytearray()
    for piece in response.iter_content(_PIECE):
        body += piece
        if len(body) > largest:
            raise requests.exceptions.ContentDecodingError(f"the answer unpacks to more than {largest} bytes")
    return bytes(body)


def _timeouts(patience: Patience, left: float) -> tuple[float, float]:
    return max(min(patience.connect_s, left), LEAST_WAIT_S), max(min(patience.read_s, left), LEAST_WAIT_S)


def _rest(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name not in ("stream", "timeout")}


def mount(session: requests.Session, access: Access) -> None:
    """Put the adapter below an SDK's session."""
    adapter = PatientAdapter(access)
    session.mount("http://", adapter)
    session.mount("https://", adapter)


class Wire:
    """JSON from one provider. An adapter subclasses nothing: it holds one and reads the dialect of the answers."""

    def __init__(self, name: str, access: Access, *, headers: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._access = access
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc by accident: keys travel in headers
        self._session.headers.update({"Accept": "application/json", **(headers or {})})
        mount(self._session, access)

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, credits: int = 1) -> tuple[int, Any]:
        """Status and JSON of a successful or a 404 answer; None for one without a body. path begins with a slash.

        Raises ProviderTrouble: TIMED_OUT, FAILED, LIMITED (429), REFUSED (401, 402, 403), NONSENSE (no JSON), BUDGET. What a
        provider says with status 200 and means as an error is for its adapter to see.
        """
        token = _credits.set(credits)
        try:
            answer = self._session.get(f"{self._access.url}{path}", params=params, allow_redirects=False)
        except requests.exceptions.Timeout as slow:
            raise self.trouble(Trouble.TIMED_OUT, f"no whole answer to {path} in time") from slow
        except requests.exceptions.RequestException as failed:
            cause = Trouble.TIMED_OUT if is_timeout(failed) else Trouble.FAILED
            raise self.trouble(cause, f"{path}: {type(failed).__name__}") from failed
        finally:
            _credits.reset(token)
        return answer.status_code, self._read(answer, path)

    def trouble(self, trouble: Trouble, text: str, *, retry_after_s: float | None = None) -> ProviderTrouble:
        """An error that names the provider; keys never stand in text, because paths hold none."""
        return ProviderTrouble(trouble, f"{self.name}: {text}", retry_after_s=retry_after_s)

    def _read(self, answer: requests.Response, path: str) -> Any:
        status, said = answer.status_code, _words(answer)
        if status == _TOO_MANY:
            wait = seconds(answer.headers.get("Retry-After"))
            raise self.trouble(Trouble.LIMITED, f"429 {said}", retry_after_s=wait)
        if status in _UNAUTHORISED:
            raise self.trouble(Trouble.REFUSED, f"{status} {said}")
        if not (200 <= status < 300 or status == _NOT_FOUND):
            raise self.trouble(Trouble.FAILED, f"{status} {said}")
        if not answer.content:
            return None
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError) as broken:  # the latter of ten thousand brackets
            raise self.trouble(Trouble.NONSENSE, f"{path} is no JSON: {said}") from broken


def is_timeout(failed: BaseException) -> bool:
    """requests wraps a time-out while reading the body in a ConnectionError."""
    seen: BaseException | None = failed
    while seen is not None:
        if isinstance(seen, TimeoutError) or "timed out" in str(seen).lower() or "time for this answer" in str(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _words(answer: requests.Response) -> str:
    return " ".join(answer.content[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]


def seconds(header: str | None) -> float | None:
    """Retry-After as seconds; a date, which none of the providers sends, is not read."""
    try:
        return None if header is None else max(float(header), 0.0)
    except ValueError:
        return None
