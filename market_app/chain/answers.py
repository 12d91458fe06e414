"""Answers kept for a while in two tiers, this process and Redis, and one call for the many that ask the same.

An answer carries the moment of its receipt and the moment until which it may be used; whichever tier gives it, both stay
what they are, so two tiers never add their times up. Errors are not kept: what a fetch raises reaches its caller, and those
who waited for it ask for themselves. Redis away: each process keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Final, Generic, NamedTuple, TypeVar

import structlog

from books_app import clock
from market_app.chain import shared
from market_app.chain.flights import HOLD_S, Flights

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")
Fetch = Callable[[list[str]], Mapping[str, Answer]]
GoodUntil = Callable[[Answer, datetime], datetime]  # of an answer and the moment of its receipt

# Who waits for an answer has asked before it came, at most so long. Whoever asks for an earlier moment than that, as a
# replay does, is not told what became known later.
AHEAD: Final = timedelta(seconds=HOLD_S)


class Codec(NamedTuple, Generic[Answer]):
    """How answers are written to Redis. read may raise ValueError, LookupError, TypeError or ArithmeticError."""

    text: Callable[[Answer], str]
    read: Callable[[str], Answer]


class Kept(NamedTuple, Generic[Answer]):
    """Received at, may be used before until; both UTC."""

    at: datetime
    until: datetime
    answer: Answer


class Shelf(Generic[Answer]):
    """This process's tier: the last answer for each key, the one that was put there first dropped first."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._kept: dict[str, Kept[Answer]] = {}
        self._lock = Lock()

    def usable(self, keys: Iterable[str], now: datetime, max_age: timedelta | None) -> dict[str, Kept[Answer]]:
        found, latest = {}, now + AHEAD
        oldest = None if max_age is None else now - max_age
        for key in keys:
            kept = self._kept.get(key)
            if kept is not None and now < kept.until and kept.at <= latest and (oldest is None or kept.at > oldest):
                found[key] = kept
        return found

    def put(self, answers: Mapping[str, Kept[Answer]]) -> None:
        with self._lock:
            for key in answers:
                self._kept.pop(key, None)
            self._kept.update(answers)
            while len(self._kept) > self._entries:
                del self._kept[next(iter(self._kept))]

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


class KeptAnswers(Generic[Answer]):
    """Both tiers of one kind of answer, and its flights. Answers are shared: do not change them. Thread-safe."""

    def __init__(self, kind: str, codec: Codec[Answer], *, entries: int) -> None:
        """kind: names the keys in Redis. entries: how many this process keeps."""
        self._prefix = f"{shared.PREFIX}{kind}:"
        self._codec = codec
        self._shelf: Shelf[Answer] = Shelf(entries)
        self._flights = Flights(kind)

    def many(
        self,
        keys: Collection[str],
        now: datetime,
        fetch: Fetch[Answer],
        good_until: GoodUntil[Answer],
        *,
        max_age: timedelta | None = None,
    ) -> dict[str, Answer]:
        """Kept answers where there are usable ones, the rest by one fetch for everybody who asks now.

        fetch: keys to their answers, in one call; it may leave some out. max_age: what was received longer ago is fetched
        again, however long it may be used. Left out is what was not fetched, or not in time by somebody else.
        """
        wanted, look = list(dict.fromkeys(keys)), partial(self.look, now=now, max_age=max_age)
        known, settled = look(wanted), set[str]()
        while missing := [key for key in wanted if key not in known and key not in settled]:
            with self._flights.taken(missing) as mine:
                known |= look(mine)  # somebody may have landed between looking and taking off
                ask = [key for key in mine if key not in known]
                if ask:
                    known |= self._keep(fetch(ask), good_until)
                    settled.update(ask)
            if not mine:
                found = self._flights.awaited(missing, look)
                if found is None:
                    break
                known |= found
        return {key: known[key].answer for key in wanted if key in known}

    def look(self, keys: Collection[str], now: datetime, max_age: timedelta | None = None) -> dict[str, Kept[Answer]]:
        """What is kept and may be used, in at most one round trip; nothing is fetched."""
        found = self._shelf.usable(keys, now, max_age)
        missing = [key for key in keys if key not in found]
        if not missing:
            return found
        try:
            texts = shared.fetch([self._prefix + key for key in missing])
        except shared.Alone:
            return found
        read = {
            key: kept
            for key, text in zip(missing, texts, strict=True)
            if text is not None and (kept := self._read(key, text)) is not None
        }
        self._shelf.put(read)
        return found | self._shelf.usable(read, now, max_age)

    def forget(self) -> None:
        """Empty this process's tier."""
        self._shelf.forget()

    def _keep(self, answers: Mapping[str, Answer], good_until: GoodUntil[Answer]) -> dict[str, Kept[Answer]]:
        at = clock.now()
        kept = {key: Kept(at, good_until(answer, at), answer) for key, answer in answers.items()}
        self._shelf.put(kept)
        by_time: dict[int, dict[str, str]] = {}
        for key, one in kept.items():
            milliseconds = int((one.until - at).total_seconds() * 1000)
            if milliseconds > 0:
                by_time.setdefault(milliseconds, {})[self._prefix + key] = self._text(one)
        try:
            for milliseconds, texts in by_time.items():
                shared.keep(texts, milliseconds)
        except shared.Alone:
            pass  # kept here, and only here
        return kept

    def _text(self, kept: Kept[Answer]) -> str:
        return f"{kept.at.isoformat()} {kept.until.isoformat()} {self._codec.text(kept.answer)}"

    def _read(self, key: str, text: str) -> Kept[Answer] | None:
        """None for what another version may have written."""
        try:
            at, until, told = text.split(" ", 2)
            return Kept(datetime.fromisoformat(at), datetime.fromisoformat(until), self._codec.read(told))
        except (ValueError, LookupError, TypeError, ArithmeticError):
            log.warning("kept_answer_unreadable", key=self._prefix + key, text=text[:80])
            return None
