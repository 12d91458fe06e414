"""Kept quotes: one call for the many that ask the same, never older than allowed, and never somebody else's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from unittest import mock

import pytest

from books_app import clock
from books_app.redis import detached
from domain.errors import MarketDataUnavailable
from domain.quotes import FeedClass, Quote
from market_app.chain import flights, shared
from market_app.chain.quotes import KEPT, QuoteCache
from tests.factories import VirtualClock
from tests.fakes import market
from tests.market_app.chain.making import Two, at_once_in_processes

PROCESSES = 8


def a_quote(symbol: str, bid: str = "1.00") -> Quote:
    at = clock.now()
    return Quote(symbol, Decimal(bid), Decimal("1.10"), None, 7, at, at, "somebody", FeedClass.DELAYED, Decimal("1.05"))


class Fetcher:
    """Counts what it is asked for."""

    def __init__(self, *, takes_s: float = 0.0, without: frozenset[str] = frozenset()) -> None:
        self.asked: list[list[str]] = []
        self._takes_s, self._without = takes_s, without

    def __call__(self, symbols: list[str]) -> Mapping[str, Quote]:
        self.asked.append(symbols)
        time.sleep(self._takes_s)
        return {symbol: a_quote(symbol) for symbol in symbols if symbol not in self._without}


def test_a_kept_quote_is_the_same_to_the_last_field() -> None:
    """What another process reads from Redis equals what was fetched: prices, sizes, times, provider and class."""
    fetched = QuoteCache().quotes(["SPY"], clock.now(), Fetcher())
    read = QuoteCache().quotes(["SPY"], clock.now(), lambda symbols: {})

    assert read == fetched
    assert read["SPY"].bid_size is None


def test_only_what_is_missing_is_fetched() -> None:
    """Of three symbols two are kept: one is asked for, in one call."""
    cache, fetch = QuoteCache(), Fetcher()
    cache.quotes(["SPY", "QQQ"], clock.now(), fetch)
    found = cache.quotes(["QQQ", "IWM", "SPY"], clock.now(), fetch)

    assert fetch.asked == [["SPY", "QQQ"], ["IWM"]]
    assert list(found) == ["QQQ", "IWM", "SPY"]


@pytest.mark.parametrize("kind", ["same process", "another process"])
def test_nothing_is_served_beyond_its_time(kind: str) -> None:
    """A quote that is a second old is fetched again, in the process that kept it and in any other."""
    time_of_day, cache, fetch = VirtualClock(), QuoteCache(), Fetcher()
    with clock.running_on(time_of_day):
        cache.quotes(["SPY"], clock.now(), fetch)
        time_of_day.forward(KEPT.total_seconds() - 0.001)
        cache.quotes(["SPY"], clock.now(), fetch)
        assert len(fetch.asked) == 1
        time_of_day.forward(0.001)
        (cache if kind == "same process" else QuoteCache()).quotes(["SPY"], clock.now(), fetch)

    assert len(fetch.asked) == 2


def test_that_there_is_none_is_kept_too() -> None:
    """A symbol without a quote is not asked for again in the same second, nor by another process."""
    fetch = Fetcher(without=frozenset({"ZZZZ"}))
    for cache in (first := QuoteCache(), first, QuoteCache()):
        assert cache.quotes(["ZZZZ"], clock.now(), fetch) == {}

    assert fetch.asked == [["ZZZZ"]]


def test_many_threads_cause_one_call() -> None:
    """Forty threads of one process want the same quote while it is being fetched."""
    cache, fetch = QuoteCache(), Fetcher(takes_s=0.1)
    with ThreadPoolExecutor(40) as threads:
        found = list(threads.map(lambda _: cache.quotes(["SPY"], clock.now(), fetch)["SPY"].bid, range(40)))

    assert found == [Decimal("1.00")] * 40
    assert fetch.asked == [["SPY"]]


def test_many_processes_cause_one_call(two: Two) -> None:
    """Eight processes ask for overlapping lists in the same moment: each symbol crosses the wire once."""
    chain = two.chain()
    lists = [market.SHARES[number % 3 : number % 3 + 4] for number in range(PROCESSES)]
    found = at_once_in_processes(PROCESSES, lambda number: len(chain.quotes(lists[number], now=two.now)))

    assert found == [4] * PROCESSES
    wired = [ticker for arrival in two.first.arrivals for ticker in arrival.query["ticker.any_of"].split(",")]
    assert sorted(wired) == sorted(set(market.SHARES[:6]))


def test_without_flights_each_process_calls_for_itself(two: Two) -> None:
    """The same eight processes, with neither flights nor anything shared, cause eight calls."""
    chain = two.chain()
    alone = mock.patch.object(shared, "take", lambda keys, token, hold_ms: [True] * len(keys))
    with alone, mock.patch.object(shared, "keep", lambda texts, kept_ms: None):
        at_once_in_processes(PROCESSES, lambda number: len(chain.quotes(["SPY"], now=two.now)))

    assert len(two.first.arrivals) == PROCESSES


def test_when_the_fetcher_fails_those_who_waited_ask_for_themselves() -> None:
    """An error reaches the one that asked; nobody is left waiting for an answer that will not come."""
    cache, failing = QuoteCache(), []

    def fetch(symbols: list[str]) -> Mapping[str, Quote]:
        failing.append(symbols)
        time.sleep(0.1)
        if len(failing) == 1:
            raise MarketDataUnavailable("market_data_failed", "away")
        return {symbol: a_quote(symbol) for symbol in symbols}

    def ask(_: int) -> str:
        try:
            return str(cache.quotes(["SPY"], clock.now(), fetch)["SPY"].bid)
        except MarketDataUnavailable:
            return "failed"

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(ask, range(4)))
    assert answers == ["1.00", "1.00", "1.00", "failed"]


def test_a_fetcher_that_died_is_replaced() -> None:
    """A flight that nobody ends is over after its time."""
    with mock.patch.object(flights, "HOLD_S", 0.2):
        dead = flights.Flights("quote").taken(["SPY"])
        dead.__enter__()  # and then its process is gone

        assert "SPY" in QuoteCache().quotes(["SPY"], clock.now(), Fetcher())


def test_without_redis_a_process_keeps_its_own() -> None:
    """One call for the threads of each process; the answer is kept there for its second."""
    cache, fetch = QuoteCache(), Fetcher(takes_s=0.05)
    with detached(), ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: cache.quotes(["SPY"], clock.now(), fetch), range(8)))
        cache.quotes(["SPY"], clock.now(), fetch)

    assert fetch.asked == [["SPY"]]


def test_an_answer_that_came_while_waiting_counts_although_it_is_newer() -> None:
    """Whoever waits asked before the answer was received; it is taken nevertheless."""
    cache, fetch, asked_at = QuoteCache(), Fetcher(), clock.now() - timedelta(milliseconds=300)
    cache.quotes(["SPY"], clock.now(), fetch)

    assert "SPY" in cache.quotes(["SPY"], asked_at, fetch)
    assert len(fetch.asked) == 1
