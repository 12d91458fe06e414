"""Kept chains, bars and activity: one question over all processes, and never longer than their time in all tiers together."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
import redis
from django.db import connections

from books_app import clock
from books_app.redis import detached
from domain.errors import MarketDataUnavailable
from domain.quotes import FeedClass
from domain.symbols.occ import OptionContract, Right
from market_app import services, sessions
from market_app.capabilities import Capability, Offer
from market_app.chain import flights
from market_app.chain.answers import KeptAnswers
from market_app.chain.fallback import Fallback
from market_app.chain.terms import Use
from market_app.chain.written import CHAIN
from market_app.keeping import ACTIVITY_KEPT, CHAIN_KEPT
from market_app.providers import use_provider
from market_app.providers.access import deadline
from tests.factories import VirtualClock
from tests.fakes import market
from tests.fakes.faults import Fault
from tests.fakes.server import FakeServer
from tests.market_app.chain.making import Two, at_once_in_processes, terms

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = 8
KINDS: dict[str, Callable[[Any, datetime], Any]] = {
    "chain": lambda source, now: source.chain("GOOG", now=now),
    "activity": lambda source, now: source.activity("GOOG", now=now),
    "bars": lambda source, now: source.bars("SPY", interval_s=300, count=20, now=now),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def questions(server: FakeServer) -> int:
    """Without the further pages of an answer."""
    return sum("cursor" not in arrival.query for arrival in server.arrivals)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


# ------------------------------------------------------------ one question for all


@each_kind
def test_many_processes_cause_one_question(two: Two, kind: str) -> None:
    """Eight processes ask for the same in one moment: the provider is asked once, and all have its whole answer."""
    chain, now = two.chain(total_s=4.0, read_s=4.0), two.now
    connections.close_all()  # each process has to open its own
    found = at_once_in_processes(PROCESSES, lambda _: len(KINDS[kind](chain, now)))

    assert found == [20 if kind == "bars" else len(market.listed("GOOG", two.first.day))] * PROCESSES
    assert questions(two.first) == 1
    assert two.second.arrivals == []


@each_kind
def test_what_another_process_kept_is_the_same_to_the_last_field(two: Two, kind: str) -> None:
    """From Redis as from the provider, in the same order; then it is in the process, and the same object each time."""
    ask, other = KINDS[kind], two.chain()
    fetched, read = ask(two.chain(), two.now), ask(other, two.now)

    assert read == fetched
    assert list(read) == list(fetched)
    assert ask(other, two.now) is read
    assert questions(two.first) == 1


def test_many_threads_cause_one_question(two: Two) -> None:
    """Of one process, with or without Redis."""
    chain, now = two.chain(), two.now
    with detached(), ThreadPoolExecutor(PROCESSES) as threads:
        found = list(threads.map(lambda _: len(KINDS["activity"](chain, now)), range(PROCESSES)))

    assert len(set(found)) == 1
    assert questions(two.first) == 1


def test_when_the_fetcher_is_killed_another_one_asks(two: Two) -> None:
    """Its flight ends by itself; whoever waited asks, and nobody is left without an answer."""
    two.first.inject(Fault.HANG)
    chain, now = two.chain(total_s=20.0, read_s=20.0), two.now
    connections.close_all()
    with mock.patch.object(flights, "HOLD_S", 1.0):
        fetcher = multiprocessing.get_context("fork").Process(target=lambda: KINDS["activity"](chain, now))
        fetcher.start()
        until = time.monotonic() + 5
        while not two.first.arrivals:
            assert time.monotonic() < until, "the first process asks"
            time.sleep(0.01)
        assert fetcher.pid is not None
        os.kill(fetcher.pid, signal.SIGKILL)
        fetcher.join(5)
        began = time.monotonic()
        found = at_once_in_processes(2, lambda _: len(KINDS["activity"](two.chain(), now)))

    assert found == [len(market.listed("GOOG", two.first.day))] * 2
    assert questions(two.first) == 2
    assert time.monotonic() - began < 5


def test_errors_are_not_kept_and_who_waited_asks_for_itself() -> None:
    """The one that asked is told why; the next one in line asks again."""
    answers, asked = KeptAnswers("test", CHAIN, entries=4), []

    def fetch(keys: list[str]) -> dict[str, Any]:
        asked.append(keys)
        time.sleep(0.1)
        if len(asked) == 1:
            raise MarketDataUnavailable("market_data_failed", "away")
        return {key: [] for key in keys}

    def ask(_: int) -> str:
        try:
            return "told: " + str(answers.many(["SPY"], clock.now(), fetch, lambda _, at: at + seconds(60)))
        except MarketDataUnavailable:
            return "failed"

    with ThreadPoolExecutor(4) as threads:
        told = sorted(threads.map(ask, range(4)))
    assert told == ["failed", *["told: {'SPY': []}"] * 3]
    assert len(asked) == 2


def test_who_waits_in_vain_is_told_so(two: Two) -> None:
    """Somebody asks and has no answer within this caller's time: a refusal, and no second question."""
    now = two.now
    with (
        flights.Flights("activity").taken([f"GOOG:{two.first.day}"]),
        deadline(0.3),
        pytest.raises(MarketDataUnavailable, match="somebody else has asked") as raised,
    ):
        KINDS["activity"](two.chain(), now)
    assert raised.value.code == "provider_timed_out"
    assert two.first.arrivals == []


# ------------------------------------------------------------ how long


@pytest.mark.parametrize(("kind", "kept"), [("chain", CHAIN_KEPT), ("activity", ACTIVITY_KEPT)])
def test_the_tiers_do_not_add_their_times_up(two: Two, kind: str, kept: timedelta) -> None:
    """Read by a second process at the last moment, it is as old there as where it was fetched, through the services too."""
    began, ask = two.now, getattr(services, kind)
    first, late = two.chain(), two.chain()
    for provider, age, expected in ((first, seconds(0), 1), (late, kept - seconds(1), 1), (late, kept, 2)):
        two.at(began + age)
        with use_provider(provider):
            ask("GOOG", now=two.now)
        assert questions(two.first) == expected, age


def test_bars_are_kept_until_the_next_one_closes(two: Two) -> None:
    """Bars of five minutes asked for at 11:40:30 are those of 11:44:59; at 11:45 there is another one."""
    ask, began = KINDS["bars"], two.now
    before = ask(two.chain(), began)
    two.at(began + seconds(269))
    assert ask(two.chain(), two.now) == before
    assert questions(two.first) == 1
    two.at(began + seconds(270))
    after = ask(two.chain(), two.now)

    assert questions(two.first) == 2
    assert after[:-1] == before[1:]
    assert after[-1].start + seconds(300) == two.now


def test_a_late_bar_is_asked_for_again_soon_and_then_less_often(two: Two) -> None:
    """A delayed provider's bar is due for ten minutes: a question a minute; one that is due since now: in five seconds."""
    for server in (two.first, two.second):
        server.late_by = timedelta(minutes=15)
    ask, began, chain = KINDS["bars"], two.now, two.chain()
    for passed, expected in ((0, 1), (59, 1), (60, 2)):
        two.at(began + seconds(passed))
        ask(chain, two.now)
        assert questions(two.first) == expected, passed


@pytest.fixture
def calendar() -> None:
    sessions.seed_sessions(
        market.MOMENT.date() - timedelta(days=10), market.MOMENT.date() + timedelta(days=10), today=market.MOMENT.date()
    )


def at(hour: int, minute: int, second: int = 0, *, day: int = 18) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval_s", "asked_at", "until"),
    [
        (60, at(16, 40, 30), at(16, 41)),
        (3_600, at(16, 40), at(17, 30)),  # hours begin with the session
        (3_600, at(20, 40), at(21, 0)),  # its last bar is half an hour long
        (3_600, at(21, 5), at(15, 30, day=19)),  # the next one closes an hour after tomorrow's opening
        (86_400, at(16, 40), at(17, 40)),  # an hour at most
        (86_400, at(20, 30), at(21, 0)),  # and no longer than the session
    ],
)
def test_the_session_decides_when_the_next_bar_closes(
    two: Two, calendar: None, redis_client: redis.Redis, interval_s: int, asked_at: datetime, until: datetime
) -> None:
    """Kept to the second before, and asked for again then."""
    two.at(asked_at)
    chain = two.chain()
    for moment, expected in ((asked_at, 1), (until - seconds(1), 1), (until, 2)):
        two.at(moment)
        chain.bars("SPY", interval_s=interval_s, count=5, now=moment)
        assert questions(two.first) == expected, moment


def test_what_was_learned_later_is_not_told_earlier(two: Two) -> None:
    """Whoever asks for a moment well before the answer came asks anew, as in a replay."""
    chain, now = two.chain(), two.now
    KINDS["activity"](chain, now)
    KINDS["activity"](chain, now - seconds(5))  # asked, and busy with something else meanwhile
    assert questions(two.first) == 1
    KINDS["activity"](chain, now - seconds(60))
    assert questions(two.first) == 2


def test_the_next_day_has_another_chain(two: Two) -> None:
    """New York's midnight ends it, however fresh it is: what has expired is not listed any more."""
    two.at(datetime(2026, 11, 19, 4, 59, 50, tzinfo=UTC))
    chain = two.chain()
    KINDS["chain"](chain, two.now)
    two.at(two.now + seconds(10))
    KINDS["chain"](chain, two.now)
    assert questions(two.first) == 2


def test_recovery_is_noticed_past_what_is_kept(two: Two) -> None:
    """Looking again asks the providers, though an answer to each question is kept."""
    chain = two.chain()
    for ask in KINDS.values():
        ask(chain, two.now)
    chain.quotes(["GOOG"], now=two.now)
    for capability in (Capability.CHAIN, Capability.ACTIVITY, Capability.BARS, Capability.QUOTES):
        asked = questions(two.first)
        chain.look_again(capability, "GOOG", now=two.now)
        assert questions(two.first) == asked + 1, capability


# ------------------------------------------------------------ how they are written


def test_what_cannot_be_read_is_asked_for_anew(two: Two, redis_client: redis.Redis) -> None:
    """Another version may have written it."""
    KINDS["chain"](two.chain(), two.now)
    (key,) = redis_client.keys("market:chain:*")
    for text in ("", "{}", "a b c", f"{two.now.isoformat()} {(two.now + CHAIN_KEPT).isoformat()} [[1]]"):
        redis_client.set(key, text)
        assert KINDS["chain"](two.chain(), two.now) == list(market.listed("GOOG", two.first.day))


def test_adjusted_contracts_keep_their_multiplier(two: Two) -> None:
    """Roots and multipliers of a class may differ within one chain."""

    class Listed:
        def chain(self, underlying: str, *, now: datetime) -> list[Any]:
            return [*market.listed(underlying, now.date()), *market.adjusted(now.date())]

    use = Use("somebody", Capability.CHAIN, terms(), Offer(FeedClass.REAL_TIME), Listed())  # type: ignore[arg-type]
    chains = [Fallback(lambda capability, health: None, lambda capability: [use]) for _ in range(2)]
    fetched, read = (chain.chain("AAPL", now=two.now) for chain in chains)

    assert read == fetched
    assert {contract.multiplier for contract in read} == {100, market.ADJUSTED_MULTIPLIER}


def test_a_long_chain_is_read_faster_than_its_symbols() -> None:
    """Five thousand contracts are 42 kB in Redis, and read again in a fifth of the time that parsing their symbols takes."""
    listed = [
        OptionContract("SPXW", date(2026, 12, 1) + timedelta(days=days), right, Decimal(3_000 + 5 * step))
        for days in range(25)
        for right in Right
        for step in range(100)
    ]
    symbols, text = [contract.symbol for contract in listed], CHAIN.text(listed)

    def took(work: Callable[[], Any]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    first = took(lambda: CHAIN.read(text))
    parsing = min(took(lambda: [OptionContract.parse(symbol) for symbol in symbols]) for _ in range(3))
    again = min(took(lambda: CHAIN.read(text)) for _ in range(3))
    assert CHAIN.read(text) == listed
    assert len(text) < 45_000
    assert first < parsing
    assert again < parsing / 5


def test_a_process_drops_the_oldest_of_many() -> None:
    """Its own tier is bounded; Redis still has them."""
    answers, asked = KeptAnswers("test", CHAIN, entries=2), list[str]()

    def fetch(keys: list[str]) -> dict[str, Any]:
        asked.extend(keys)
        return {key: [] for key in keys}

    time_of_day = VirtualClock()
    with clock.running_on(time_of_day), detached():
        for key in ("a", "b", "c", "b", "a"):
            answers.many([key], clock.now(), fetch, lambda _, at: at + seconds(60))
    assert asked == ["a", "b", "c", "a"]
