"""A small in-process memory of answers that cost more to get than to keep."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from market_app.interface import MarketData

Answer = TypeVar("Answer")


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
