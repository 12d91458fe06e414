"""Small in-process memories of answers that cost more to get, or to compute, than to keep."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, Protocol, TypeVar, runtime_checkable
from weakref import WeakKeyDictionary

from market_app.interface import MarketData

Answer = TypeVar("Answer")
Told = TypeVar("Told")


@runtime_checkable
class KeepsAnswers(Protocol):
    """A source that keeps chains, bars and activity itself, and gives the same object while it does.

    It is asked each time: two that keep one behind the other would add their times up.
    """

    @property
    def keeps_answers(self) -> bool: ...


class Memory(Generic[Answer]):
    """Answers by provider and key, each kept for some time of the asker's clock, the least recently used dropped first.

    An answer given later than the asker's now is not used, so that a replay does not see what came after. Two threads
    may build the same answer at once; the second one wins. Errors are not remembered.
    """

    def __init__(self, *, entries: int) -> None:
        self._entries = entries
        self._kept: WeakKeyDictionary[MarketData, OrderedDict[Hashable, tuple[datetime, Answer]]] = WeakKeyDictionary()
        self._lock = Lock()

    def get(
        self, provider: MarketData, key: Hashable, *, at: datetime, keep: timedelta, build: Callable[[], Answer]
    ) -> Answer:
        with self._lock:
            shelf = self._kept.setdefault(provider, OrderedDict())
            kept = shelf.get(key)
            if kept is not None and kept[0] <= at < kept[0] + keep:
                shelf.move_to_end(key)
                return kept[1]
        answer = build()
        with self._lock:
            shelf[key] = (at, answer)
            shelf.move_to_end(key)
            while len(shelf) > self._entries:
                shelf.popitem(last=False)
        return answer


class Derived(Generic[Told, Answer]):
    """What was computed from an answer, for as long as that very object is what is told: it has no age of its own."""

    def __init__(self, *, entries: int) -> None:
        self._entries = entries
        self._kept: OrderedDict[Hashable, tuple[Told, Answer]] = OrderedDict()
        self._lock = Lock()

    def of(self, key: Hashable, told: Told, build: Callable[[Told], Answer]) -> Answer:
        """key: of what told is the answer to; the last one for each is kept, the least recently computed dropped first."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] is told:
            return kept[1]
        answer = build(told)
        with self._lock:
            self._kept[key] = (told, answer)
            self._kept.move_to_end(key)
            while len(self._kept) > self._entries:
                self._kept.popitem(last=False)
        return answer
