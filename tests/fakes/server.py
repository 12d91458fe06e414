"""A provider that stands in for the real one: real HTTP on this machine, the documented shapes, and faults on demand."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any, ClassVar, Final, NamedTuple, Self

from market_app.capabilities import Capability
from tests.fakes import faults
from tests.fakes.faults import Fault
from tests.fakes.market import Market
from tests.fakes.rows import Asked as Asked
from tests.fakes.rows import Rows
from tests.fakes.sockets import Sent, Server

KEY: Final = "right-key-0123456789"
_WINDOW_S: Final = 60.0
_PAGE_502: Final = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"


class Answer(NamedTuple):
    """body: anything that JSON can say, or bytes as they are."""

    status: int
    body: Any
    headers: Mapping[str, str] = {}


class Route(NamedTuple):
    """pattern: of the whole path below the base. capability: None for what belongs to no question (a log-in)."""

    pattern: str
    capability: Capability | None
    answer: Callable[[Asked], Answer]


class Arrival(NamedTuple):
    """One request in the log. at: monotonic seconds. cost: in the provider's credits. question: not only a log-in."""

    at: float
    path: str
    query: Mapping[str, str]
    status: int
    fault: Fault | None
    cost: int
    question: bool


class FakeServer(Rows):
    """One provider. A subclass gives routes and words; ``with`` starts it, and it may be started again on its address."""

    name: ClassVar[str]
    base: ClassVar[str] = ""  # path of the API below its host
    own_faults: ClassVar[frozenset[Fault]] = frozenset()  # that only this provider shows
    never: ClassVar[Mapping[Capability, frozenset[Fault]]] = {}  # what its answers of a kind have no place for

    def __init__(
        self, clock: Market | None = None, *, key: str = KEY, per_minute: int | None = None, port: int = 0
    ) -> None:
        """per_minute: credits, None for no limit. port: 0 for any that is free."""
        super().__init__(clock)
        self.key = key
        self.per_minute = per_minute
        self.arrivals: list[Arrival] = []
        self.injected: Counter[Fault] = Counter()
        self.mistakes: list[Exception] = []  # its own, which a test must not take for the provider's
        self.stopping = Event()
        self._port = port
        self._lock = Lock()
        self._spent: deque[tuple[float, int]] = deque()
        self._next: deque[Fault] = deque()
        self._always: Fault | None = None
        self._storm: tuple[float, frozenset[Fault], random.Random] | None = None
        self._chance = random.Random(self.name)
        self._routes = [(re.compile(self.base + route.pattern), route) for route in self.routes()]
        self._server: Server | None = None

    # What a provider is: overridden by each.

    def routes(self) -> Sequence[Route]:
        raise NotImplementedError

    def has_key(self, asked: Asked) -> bool:
        """Whether the request carries the right key, in the provider's own place for it."""
        return True

    def cost(self, asked: Asked) -> int:
        """Credits that the provider counts for a request."""
        return 1

    def kind(self, route: Route, asked: Asked) -> Capability | None:
        """What is asked, where one address answers several kinds of questions."""
        return route.capability

    def unauthorised(self) -> Answer:
        return Answer(401, {"error": "unauthorized"})

    def plan_refused(self) -> Answer:
        return Answer(403, {"error": "forbidden"})

    def limited(self) -> Answer:
        return Answer(429, {"error": "too many requests"})

    def no_data(self, asked: Asked) -> Answer:
        return Answer(404, {"error": "not found"})

    def server_error(self) -> Answer:
        return Answer(500, {"error": "internal server error"})

    # What a test does with it.

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}{self.base}"

    def inject(self, fault: Fault, *, times: int | None = 1) -> None:
        """Show a fault in the next answers; in all of them until clear() where times is None."""
        with self._lock:
            if times is None:
                self._always = fault
            else:
                self._next.extend([fault] * times)

    def storm(self, rate: float, *, seed: int, only: Collection[Fault] | None = None) -> None:
        """Show faults at random, in that share of the answers, until clear(): those that a route can have, or some."""
        with self._lock:
            self._storm = (rate, frozenset(only if only is not None else Fault), random.Random(seed))

    def clear(self) -> None:
        with self._lock:
            self._next.clear()
            self._always = self._storm = None

    def forget(self) -> None:
        """Empty log and no faults, as at the start; what was injected stays counted."""
        self.clear()
        with self._lock:
            self.arrivals.clear()
            self._spent.clear()
            self._chance.seed(self.name)

    @classmethod
    def faults_of(cls, capability: Capability) -> frozenset[Fault]:
        """What can go wrong with answers of this kind at this provider."""
        return (faults.possible(capability) | cls.own_faults) - cls.never.get(capability, frozenset())

    def most_in_a_window(self, seconds: float = _WINDOW_S) -> int:
        """The largest cost of all requests that arrived within any so many seconds."""
        window: deque[Arrival] = deque()
        most = total = 0
        for arrival in sorted(self.arrivals, key=lambda arrival: arrival.at):
            window.append(arrival)
            total += arrival.cost
            while window[0].at <= arrival.at - seconds:
                total -= window.popleft().cost
            most = max(most, total)
        return most

    def start(self) -> Self:
        self.stopping.clear()
        self._server = Server(self._port, self)
        self._port = self._server.server_port
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name=f"fake {self.name}").start()
        return self

    def stop(self) -> None:
        """Pull the plug: connections are refused until start()."""
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if self.mistakes:
            raise ExceptionGroup(f"the fake {self.name} could not answer", self.mistakes)

    # How a request goes.

    def serve(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Sent:
        """What to send, and the fault of the conversation in which to send it."""
        route, asked = self._route(Asked(path, query, headers))
        cost = self.cost(asked)
        fault = None
        if route is None:
            answer = Answer(404, {"error": "no such address", "status": "NOT_FOUND"})
        elif not self.has_key(asked):
            answer = self.unauthorised()
        elif not self._may_spend(cost):
            answer = self.limited()
        else:
            fault = self._fault(self.kind(route, asked))
            answer = self._with_fault(route, asked, fault)
        question = route is None or route.capability is not None
        with self._lock:
            self.arrivals.append(Arrival(monotonic(), path, query, answer.status, fault, cost, question))
        told = fault if fault in faults.CONVERSATION else None
        return Sent(answer.status, answer.headers, encoded(answer.body), told)

    def _route(self, asked: Asked) -> tuple[Route | None, Asked]:
        for pattern, route in self._routes:
            if found := pattern.fullmatch(asked.path):
                return route, Asked(asked.path, asked.query, asked.headers, found.groupdict())
        return None, asked

    def _may_spend(self, cost: int) -> bool:
        if self.per_minute is None:
            return True
        now = monotonic()
        with self._lock:
            while self._spent and self._spent[0][0] <= now - _WINDOW_S:
                self._spent.popleft()
            if sum(spent for _, spent in self._spent) + cost > self.per_minute:
                return False
            self._spent.append((now, cost))
            return True

    def _fault(self, capability: Capability | None) -> Fault | None:
        if capability is None:
            return None
        with self._lock:
            fault = self._next.popleft() if self._next else self._always
            if fault is None and self._storm is not None:
                rate, only, chance = self._storm
                choices = sorted(self.faults_of(capability) & only)
                if choices and chance.random() < rate:
                    fault = chance.choice(choices)
            if fault is not None:
                self.injected[fault] += 1
            return fault

    def _with_fault(self, route: Route, asked: Asked, fault: Fault | None) -> Answer:
        match fault:
            case Fault.HTML_502:
                return Answer(502, _PAGE_502, {"Content-Type": "text/html"})
            case Fault.SERVER_ERROR_500:
                return self.server_error()
            case Fault.RATE_LIMITED:
                return self.limited()
            case Fault.UNAUTHORISED:
                return self.unauthorised()
            case Fault.PLAN_REFUSED:
                return self.plan_refused()
            case Fault.NO_DATA:
                return self.no_data(asked)
            case Fault.EMPTY | Fault.EMPTY_204:
                return Answer(204 if fault is Fault.EMPTY_204 else 200, b"")
        answer = route.answer(Asked(asked.path, asked.query, asked.headers, asked.parts, fault))
        match fault:
            case Fault.CACHED_203:
                return answer._replace(status=203)
            case Fault.UNKNOWN_FIELDS:
                return answer._replace(body=self.with_unknown_fields(answer.body))
            case Fault.WRONG_SHAPE:
                return answer._replace(body=faults.of_wrong_shape(answer.body))
            case Fault.MANGLED:
                with self._lock:
                    return answer._replace(body=faults.mangled(answer.body, self._chance))
            case Fault.TRUNCATED_JSON:
                whole = encoded(answer.body)
                return answer._replace(body=whole[: len(whole) * 2 // 3])
        return answer

    def with_unknown_fields(self, body: Any) -> Any:
        return faults.with_unknown_fields(body)


def encoded(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, default=float, separators=(",", ":")).encode()
