"""Who fetches what: of the many that miss the same answer at once, one asks for it and the others wait.

A flight is known to the threads of this process and, by Redis, to all processes. It ends with its fetcher's question, and
where the fetcher has died by itself, soon after that question's deadline. Redis away: one flight in each process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from secrets import token_hex
from threading import Lock
from time import monotonic, sleep
from typing import Final, TypeVar

from market_app.chain import shared
from market_app.providers.access import remaining

Answer = TypeVar("Answer")

HOLD_S: Final = 8.0  # after which a fetcher counts as dead
MARGIN_S: Final = 0.5  # beyond the fetcher's own deadline
LOOK_EVERY_S: Final = 0.005  # at first: who waits for seconds looks less often
LOOK_AT_LEAST_EVERY_S: Final = 0.05


class Flights:
    """The flights of one kind of answer. Thread-safe."""

    def __init__(self, kind: str) -> None:
        self._prefix = f"{shared.PREFIX}flight:{kind}:"
        self._flying: set[str] = set()  # by threads of this process
        self._lock = Lock()

    @contextmanager
    def taken(self, keys: Collection[str]) -> Iterator[list[str]]:
        """Those of the keys that nobody else is fetching; they are ours for as long as the block runs."""
        with self._lock:
            ours = [key for key in keys if key not in self._flying]
            self._flying.update(ours)
        token, mine = token_hex(8), ours
        try:
            try:
                taken = shared.take(self._names(ours), token, _hold_ms()) if ours else []
                mine = [key for key, is_mine in zip(ours, taken, strict=True) if is_mine]
            except shared.Alone:
                token = ""
            with self._lock:
                self._flying.difference_update(set(ours) - set(mine))
            yield mine
        finally:
            with self._lock:
                self._flying.difference_update(mine)
            if token and mine:
                self._release(mine, token)

    def awaited(
        self, keys: Collection[str], look: Callable[[Collection[str]], Mapping[str, Answer]]
    ) -> Mapping[str, Answer] | None:
        """What others fetch, as soon as all of it is there or one of the flights has ended; None when time is up.

        look: what is there of these keys by now.
        """
        until, pause = monotonic() + min(HOLD_S + MARGIN_S, remaining()), LOOK_EVERY_S
        while monotonic() < until:
            sleep(pause)
            pause = min(1.2 * pause, LOOK_AT_LEAST_EVERY_S)
            found = look(keys)
            if len(found) == len(keys) or not self._all_flying([key for key in keys if key not in found]):
                return found
        return None

    def _all_flying(self, keys: Collection[str]) -> bool:
        with self._lock:
            elsewhere = [key for key in keys if key not in self._flying]
        if not elsewhere:
            return True
        try:
            return None not in shared.fetch(self._names(elsewhere))
        except shared.Alone:
            return False

    def _release(self, keys: Collection[str], token: str) -> None:
        try:
            shared.release(self._names(keys), token)
        except shared.Alone:
            return  # they end by themselves

    def _names(self, keys: Collection[str]) -> list[str]:
        return [self._prefix + key for key in keys]


def _hold_ms() -> int:
    """A fetcher that has less time than others is missed sooner when it has died."""
    return int(min(HOLD_S, max(remaining(), 0.0) + MARGIN_S) * 1000)
