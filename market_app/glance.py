"""Quotes for those who only look: pages and consoles. Never for a fill, an entry, an exit or a mark.

What is given at once may be half a minute old and says so by its age; what is older than some seconds is fetched again
meanwhile, by one process for all, in a thread that nobody waits for. Who looks at a symbol that nobody has looked at lately
waits for it a moment, however slow the providers are. All of this is kept apart from the quotes that decisions are made
on, under keys of its own; tests/market_app/test_glance.py names who may not import this module.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextvars import copy_context
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Final, NamedTuple

import structlog
from django.db import connections

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.quotes import Quote
from market_app import services
from market_app.chain.answers import KeptAnswers
from market_app.chain.quotes import QUOTE

log = structlog.get_logger(__name__)

OLDEST: Final = timedelta(seconds=30)
REFRESHED_AFTER: Final = timedelta(seconds=5)
WAIT_S: Final = 1.5  # for what has not been looked at lately
ENTRIES: Final = 2_000
TOGETHER: Final = 2  # refreshes at once in a process: one that hangs does not hold up the others


class Glance(NamedTuple):
    """quote: unjudged, as its provider told it. age_s: seconds since we received it."""

    quote: Quote
    age_s: float


class _Refreshes:
    """Threads of this process that fetch what is looked at. Threads of an executor would be waited for at its end."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._coming: dict[str, Future[None]] = {}
        self._running = 0

    def begin(self, symbols: Sequence[str], fetch: Callable[[Sequence[str]], None]) -> list[Future[None]]:
        """What will be done when all of these have been asked for; what is asked for already is not asked for twice.

        With too many refreshes under way nothing is begun: whoever looks again begins it then.
        """
        with self._lock:
            new = [symbol for symbol in symbols if symbol not in self._coming]
            if new and self._running < TOGETHER:
                self._running += 1
                done: Future[None] = Future()
                self._coming.update(dict.fromkeys(new, done))
                context = copy_context()
                Thread(target=context.run, args=(self._run, new, fetch, done), name="glance", daemon=True).start()
            return [self._coming[symbol] for symbol in symbols if symbol in self._coming]

    def _run(self, symbols: Sequence[str], fetch: Callable[[Sequence[str]], None], done: Future[None]) -> None:
        try:
            fetch(symbols)
        except MarketDataUnavailable as unavailable:
            log.info("glance_failed", symbols=len(symbols), error=unavailable.message[:200])
        except Exception:  # nobody is there to take it; who looked sees what there was
            log.exception("glance_failed", symbols=len(symbols))
        finally:
            connections.close_all()  # this thread's
            with self._lock:
                self._running -= 1
                for symbol in symbols:
                    del self._coming[symbol]
            done.set_result(None)


_kept: Final = KeptAnswers("glance", QUOTE, entries=ENTRIES)
_refreshes: Final = _Refreshes()


def glances(symbols: Collection[str]) -> dict[str, Glance]:
    """Quotes to look at, at most half a minute old; symbols without one are left out. Never raises for want of data."""
    wanted = list(dict.fromkeys(symbols))
    known = _kept.look(wanted, clock.now())
    due = [symbol for symbol in wanted if symbol not in known or clock.now() - known[symbol].at > REFRESHED_AFTER]
    if due:
        coming = _refreshes.begin(due, _fetch)
        missing = [symbol for symbol in wanted if symbol not in known]
        if missing:
            wait_for(coming, WAIT_S)
            known |= _kept.look(missing, clock.now())
    now = clock.now()
    return {
        symbol: Glance(kept.answer, max((now - kept.answer.received_at).total_seconds(), 0.0))
        for symbol in wanted
        if (kept := known.get(symbol)) is not None and kept.answer is not None
    }


def forget() -> None:
    """Empty this process's tier."""
    _kept.forget()


def _fetch(symbols: Sequence[str]) -> None:
    """By one of all processes that want it; the others wait for its answer."""
    _kept.many(symbols, clock.now(), _ask, _until, max_age=REFRESHED_AFTER)


def _until(quote: Quote | None, at: datetime) -> datetime:
    """What the price stream or another process has fetched was received before we asked."""
    return (at if quote is None else min(at, quote.received_at)) + OLDEST


def _ask(symbols: list[str]) -> Mapping[str, Quote | None]:
    found = services.quotes(symbols, now=clock.now())
    return {symbol: found.get(symbol) for symbol in symbols}
