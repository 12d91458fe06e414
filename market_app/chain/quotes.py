"""Quotes kept for a moment in two tiers, this process and Redis, and one call for the many that ask the same.

A kept quote is used only while it is younger than the asker allows, by the moment it was received; nothing is ever served
beyond that and refreshed later, because fills and exits ask here too. Who asks first fetches for all: the others wait for
the answer in Redis, and ask for themselves when the first one has died. That a symbol has no quote is kept as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Lock
from time import monotonic, sleep
from typing import Final

from books_app import clock
from domain.quotes import Quote
from market_app.chain import shared
from market_app.providers.access import remaining

KEPT: Final = timedelta(seconds=1)
HOLD_S: Final = 8.0  # after which a fetcher counts as dead
LOOK_EVERY_S: Final = 0.005
_QUOTES: Final = f"{shared.PREFIX}quote:"
_FLIGHTS: Final = f"{shared.PREFIX}flight:"

Fetch = Callable[[list[str]], Mapping[str, Quote]]


class Shelf:
    """This process's tier: the last answer for each symbol, None where there was none."""

    def __init__(self, entries: int = 20_000) -> None:
        self._entries = entries
        self._kept: dict[str, tuple[datetime, Quote | None]] = {}

    def fresh(self, symbols: Iterable[str], now: datetime, max_age: timedelta) -> dict[str, Quote | None]:
        found = {}
        for symbol in symbols:
            kept = self._kept.get(symbol)
            if kept is not None and now - kept[0] <= max_age:  # one who waited for it asked before it came
                found[symbol] = kept[1]
        return found

    def put(self, answers: Mapping[str, tuple[datetime, Quote | None]]) -> None:
        if len(self._kept) + len(answers) > self._entries:
            self._kept.clear()  # a second's worth: fetched again at once where it is still wanted
        self._kept.update(answers)

    def clear(self) -> None:
        self._kept.clear()


class QuoteCache:
    """Both tiers and the flights. Thread-safe."""

    def __init__(self, kept: timedelta = KEPT) -> None:
        self._max_age = kept
        self._shelf = Shelf()
        self._flying: set[str] = set()  # by threads of this process
        self._lock = Lock()

    def quotes(self, symbols: Collection[str], now: datetime, fetch: Fetch) -> dict[str, Quote]:
        """Kept answers where they are fresh, the rest by one fetch for everybody who asks now.

        fetch: symbols to their quotes, those without left out; what it raises reaches its caller, and those who waited for
        it ask for themselves.
        """
        wanted = list(dict.fromkeys(symbols))
        known = self._fresh(wanted, now)
        while missing := [symbol for symbol in wanted if symbol not in known]:
            with self._flight(missing) as mine:
                known |= self._fresh(mine, now)  # somebody may have landed between looking and taking off
                ask = [symbol for symbol in mine if symbol not in known]
                if ask:
                    answers = fetch(ask)
                    known |= {symbol: answers.get(symbol) for symbol in ask}
                    self._keep({symbol: answers.get(symbol) for symbol in ask})
            if not mine:
                known |= self._awaited(missing, now)
        return {symbol: quote for symbol in wanted if (quote := known[symbol]) is not None}

    def clear(self) -> None:
        self._shelf.clear()

    def _fresh(self, symbols: Collection[str], now: datetime) -> dict[str, Quote | None]:
        found = self._shelf.fresh(symbols, now, self._max_age)
        missing = [symbol for symbol in symbols if symbol not in found]
        if not missing:
            return found
        try:
            texts = shared.fetch([_QUOTES + symbol for symbol in missing])
        except shared.Alone:
            return found
        read = {symbol: _read(text) for symbol, text in zip(missing, texts, strict=True) if text is not None}
        self._shelf.put(read)
        return found | self._shelf.fresh(read, now, self._max_age)

    def _keep(self, answers: Mapping[str, Quote | None]) -> None:
        now = clock.now()
        self._shelf.put({symbol: (now, quote) for symbol, quote in answers.items()})
        try:
            shared.keep(
                {_QUOTES + symbol: _text(quote, now) for symbol, quote in answers.items()},
                int(self._max_age.total_seconds() * 1000),
            )
        except shared.Alone:
            return

    @contextmanager
    def _flight(self, symbols: list[str]) -> Iterator[list[str]]:
        """Those of the symbols that nobody else is fetching, for as long as the block runs."""
        with self._lock:
            ours = [symbol for symbol in symbols if symbol not in self._flying]
            self._flying.update(ours)
        token, mine = token_hex(8), ours
        try:
            try:
                taken = shared.take([_FLIGHTS + symbol for symbol in ours], token, int(HOLD_S * 1000)) if ours else []
                mine = [symbol for symbol, is_mine in zip(ours, taken, strict=True) if is_mine]
            except shared.Alone:
                token = ""
            with self._lock:
                self._flying.difference_update(set(ours) - set(mine))
            yield mine
        finally:
            with self._lock:
                self._flying.difference_update(mine)
            if token and mine:
                _release(mine, token)

    def _awaited(self, symbols: list[str], now: datetime) -> dict[str, Quote | None]:
        """What others fetch, as soon as all of it is there or one of the flights has ended; empty when time is up."""
        until = monotonic() + min(HOLD_S, remaining())
        while monotonic() < until:
            sleep(LOOK_EVERY_S)
            found = self._fresh(symbols, now)
            if len(found) == len(symbols) or not self._all_flying([s for s in symbols if s not in found]):
                return found
        return dict.fromkeys(symbols)

    def _all_flying(self, symbols: list[str]) -> bool:
        with self._lock:
            here = [symbol for symbol in symbols if symbol in self._flying]
        elsewhere = [symbol for symbol in symbols if symbol not in here]
        try:
            return not elsewhere or None not in shared.fetch([_FLIGHTS + symbol for symbol in elsewhere])
        except shared.Alone:
            return not elsewhere


def _release(symbols: list[str], token: str) -> None:
    try:
        shared.release([_FLIGHTS + symbol for symbol in symbols], token)
    except shared.Alone:
        return  # they end by themselves


def _text(quote: Quote | None, at: datetime) -> str:
    return json.dumps({"at": at.isoformat(), "quote": None if quote is None else quote.as_json()})


def _read(text: str) -> tuple[datetime, Quote | None]:
    told = json.loads(text)
    quote = None if told["quote"] is None else Quote.from_json(told["quote"])
    return datetime.fromisoformat(told["at"]), quote
