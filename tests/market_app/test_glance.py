"""Quotes to look at: at once, with their age, refreshed by one for all; and out of the reach of what trades."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Event

import pytest
import redis

from books_app import clock
from books_app.redis import detached
from domain.errors import MarketDataUnavailable
from domain.quotes import FeedClass, Quote
from market_app import glance
from market_app.chain import shared
from market_app.glance import OLDEST, REFRESHED_AFTER, glances
from market_app.providers import use_provider
from tests.factories import VirtualClock
from tests.market_app.chain.making import at_once_in_processes
from tests.people import NOBODY, VIEWER, at_the_api
from tests.test_floors import HEIGHT, PROJECT, imports_in, modules_of

MOMENT = timedelta(milliseconds=1)


class Slow:
    """Counts its questions, and answers each when it is let."""

    name, feed = "slow", FeedClass.REAL_TIME

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.may_answer = Event()
        self.may_answer.set()
        self.price = Decimal(100)
        self.fails = False

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        self.asked.append(list(symbols))
        self.may_answer.wait(10)
        if self.fails:
            raise MarketDataUnavailable("market_data_failed", "away")
        return {
            symbol: Quote(symbol, self.price, self.price + 1, 1, 1, now, now, self.name, self.feed)
            for symbol in symbols
            if symbol != "ZZZZ"
        }


@pytest.fixture
def slow(redis_client: redis.Redis) -> Iterator[Slow]:
    shared.forget()
    glance.forget()
    with use_provider(Slow()) as provider:  # type: ignore[arg-type]  # nobody asks it for more
        yield provider  # type: ignore[misc]
    glance.forget()


@pytest.fixture
def time_of_day() -> Iterator[VirtualClock]:
    made = VirtualClock()
    with clock.running_on(made):
        yield made


def until(true: Callable[[], object], what: str) -> None:
    ends_at = time.monotonic() + 5
    while not true():
        assert time.monotonic() < ends_at, what
        time.sleep(0.005)


def bid(symbol: str = "SPY") -> Decimal | None:
    return glances([symbol])[symbol].quote.bid


def test_a_first_look_waits_for_its_price(slow: Slow, time_of_day: VirtualClock) -> None:
    """And is told of it with its age; what nobody has is left out, and not asked for again at once."""
    found = glances(["SPY", "ZZZZ", "SPY"])
    assert {symbol: (seen.quote.bid, seen.age_s) for symbol, seen in found.items()} == {"SPY": (Decimal(100), 0.0)}
    assert glances(["ZZZZ"]) == {}
    assert slow.asked == [["SPY", "ZZZZ"]]


def test_an_older_price_is_given_at_once_and_refreshed_meanwhile(slow: Slow, time_of_day: VirtualClock) -> None:
    """Twenty seconds old, while the provider takes its time; the next look has the new one."""
    glances(["SPY"])
    slow.may_answer.clear()
    slow.price = Decimal(200)
    time_of_day.forward(20)
    began = time.monotonic()
    seen = glances(["SPY"])["SPY"]
    assert (seen.quote.bid, seen.age_s) == (Decimal(100), 20.0)
    assert time.monotonic() - began < 0.5
    until(lambda: len(slow.asked) == 2, "it is asked for meanwhile")
    assert bid() == 100  # looking again while it is asked for asks no second time
    slow.may_answer.set()
    until(lambda: bid() == 200, "the new one is seen")
    assert slow.asked == [["SPY"], ["SPY"]]


def test_a_price_of_this_moment_is_not_asked_for_again(slow: Slow, time_of_day: VirtualClock) -> None:
    """Up to five seconds nobody is asked at all."""
    glances(["SPY"])
    time_of_day.forward(REFRESHED_AFTER.total_seconds())
    glances(["SPY"])
    time.sleep(0.05)
    assert len(slow.asked) == 1


def test_nothing_older_than_half_a_minute_is_shown(slow: Slow, time_of_day: VirtualClock) -> None:
    """While the provider is away the last price is shown for so long, and then nothing."""
    glances(["SPY"])
    slow.fails = True
    time_of_day.forward((OLDEST - MOMENT).total_seconds())
    assert bid() == 100
    time_of_day.forward(MOMENT.total_seconds())
    assert glances(["SPY"]) == {}


def test_a_look_waits_no_longer_than_its_moment(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the provider hangs; others are looked at meanwhile, and the answer is there when it comes."""
    monkeypatch.setattr(glance, "WAIT_S", 0.2)
    slow.may_answer.clear()
    began = time.monotonic()
    assert glances(["SPY"]) == {}
    assert 0.2 <= time.monotonic() - began < 1
    assert glances(["QQQ"]) == {}
    assert glances(["IWM"]) == {}  # two hang already: a third is not begun
    assert slow.asked == [["SPY"], ["QQQ"]]
    slow.may_answer.set()
    until(lambda: "SPY" in glances(["SPY"]) and "IWM" in glances(["IWM"]), "they come")


def test_many_lookers_cause_one_question(slow: Slow) -> None:
    """Of one process."""
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: _with_provider(slow), range(16)))
    assert found == [Decimal(100)] * 16
    assert slow.asked == [["SPY"]]


def _with_provider(slow: Slow) -> Decimal | None:
    with use_provider(slow):  # type: ignore[arg-type]
        return bid()


def test_many_processes_cause_one_question(slow: Slow) -> None:
    """Eight look at the same in one moment: all see it, one has asked."""
    found = at_once_in_processes(8, lambda _: (bid(), len(slow.asked)))
    assert [price for price, _ in found] == [Decimal(100)] * 8
    assert sum(asked for _, asked in found) == 1


def test_without_redis_each_process_looks_for_itself(slow: Slow) -> None:
    """And keeps what it saw."""
    with detached():
        assert [bid(), bid()] == [100, 100]
    assert slow.asked == [["SPY"]]
    shared.forget()


def test_nothing_that_trades_may_look() -> None:
    """Fills, entries, exits and marks cannot reach a price of half a minute ago: nobody but the API imports it."""
    lookers = {
        ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for package in HEIGHT
        for path in modules_of(package)
        for _, name in imports_in(path)
        if "market_app.glance" in (name, name.rpartition(".")[0])
    }
    assert lookers == {"market_app.api"}


def test_what_is_looked_at_is_kept_apart(slow: Slow, redis_client: redis.Redis) -> None:
    """Under keys of its own, which no decision reads."""
    glances(["SPY"])
    assert redis_client.keys("market:*") == [b"market:glance:SPY"]
    assert 0 < redis_client.pttl("market:glance:SPY") <= 30_000


# ------------------------------------------------------------ over HTTP


@pytest.mark.django_db
def test_quotes_over_http(slow: Slow) -> None:
    """Each with provider, class and age; what nobody has is named."""
    answer = at_the_api(VIEWER).get("/api/v1/quotes/?symbols=spy,ZZZZ,SPY")

    assert answer.status_code == 200
    (row,) = answer.json()["quotes"]
    assert answer.json()["missing"] == ["ZZZZ"]
    told = (row["symbol"], row["bid"], row["ask"], row["mid"], row["last"], row["provider"], row["feed"])
    assert told == ("SPY", "100", "101", "100.5", None, "slow", "real_time")
    assert 0 <= row["age_seconds"] < 5
    assert datetime.fromisoformat(row["provider_time"]) <= clock.now()


@pytest.mark.django_db
@pytest.mark.parametrize("price", ["NaN", "Infinity", "1e30", "-0.01"])
def test_odd_prices_break_nothing(slow: Slow, price: str) -> None:
    """They are unjudged: what is no number is shown as none."""
    slow.price = Decimal(price)
    answer = at_the_api(VIEWER).get("/api/v1/quotes/?symbols=SPY")

    assert answer.status_code == 200
    assert (answer.json()["quotes"][0]["bid"] is None) is (not Decimal(price).is_finite())


@pytest.mark.django_db
@pytest.mark.parametrize("symbols", ["", ",", "SPY,", "../etc", "S P", "É", "SPY\x00", "A" * 22, "SPY" * 1_000])
def test_what_is_no_symbol_is_refused(slow: Slow, symbols: str) -> None:
    """With a 400, and nobody is asked."""
    answer = at_the_api(VIEWER).get("/api/v1/quotes/", {"symbols": symbols})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert slow.asked == []


@pytest.mark.django_db
def test_more_than_fifty_symbols_are_refused(slow: Slow) -> None:
    """One look is one call of a provider."""
    many = ",".join(f"A{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(51))
    assert at_the_api(VIEWER).get("/api/v1/quotes/", {"symbols": many}).status_code == 400
    assert slow.asked == []


@pytest.mark.django_db
def test_only_who_may_see_providers_may_look(slow: Slow) -> None:
    """A look costs a provider's call; and nobody may look more than sixty times a minute."""
    assert at_the_api(NOBODY).get("/api/v1/quotes/?symbols=SPY").status_code == 403
    viewer = at_the_api(VIEWER)
    answers = [viewer.get("/api/v1/quotes/?symbols=SPY").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
