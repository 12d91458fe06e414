"""Calls a minute and a day: never more than allowed, over all processes, and a share of them without Redis."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from unittest import mock
from zoneinfo import ZoneInfo

import pytest

from books_app.redis import detached
from market_app.chain import budget
from market_app.chain.budget import Budget, Spent
from market_app.providers.access import ProviderTrouble, Trouble
from tests.market_app.chain.making import at_once_in_processes, terms

PROCESSES = 8


def a_budget(**limits: object) -> Budget:
    return Budget("somebody", lambda: terms(**limits))


def spent_until_refused(meter: Budget, credits: int = 1) -> int:
    """How many went through."""
    count = 0
    while True:
        try:
            meter.spend(credits)
        except ProviderTrouble as refused:
            assert refused.trouble is Trouble.BUDGET
            return count
        count += 1


def test_a_minute_holds_no_more_than_its_limit() -> None:
    """The call over the limit is refused before it leaves, and says when the next may."""
    meter = a_budget(per_minute=5)
    assert spent_until_refused(meter) == 5

    with pytest.raises(ProviderTrouble, match="5 a minute") as refused:
        meter.spend(1)
    assert 0 < (refused.value.retry_after_s or 0) <= budget.WINDOW_S


def test_credits_count_as_many_calls() -> None:
    """A call of three credits takes three of the minute; one that does not fit takes nothing."""
    meter = a_budget(per_minute=8)
    meter.spend(3)
    meter.spend(3)
    with pytest.raises(ProviderTrouble):
        meter.spend(3)
    meter.spend(2)

    assert meter.spent() == Spent(8, 8)


def test_a_day_has_its_own_limit() -> None:
    """The minute may be free while the day is spent."""
    meter = a_budget(per_minute=100, per_day=25)
    assert spent_until_refused(meter) == 25

    with pytest.raises(ProviderTrouble, match="25 a day"):
        meter.spend(1)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-20T14:29:59", "2026-11-19"),
        ("2026-11-20T14:30:00", "2026-11-20"),
        ("2026-07-20T13:30:00", "2026-07-20"),
    ],
)
def test_a_providers_day_begins_where_it_says(at: str, day: str) -> None:
    """Credits that come back at 09:30 in New York are counted from there, summer and winter."""
    new_york = terms(day_zone=ZoneInfo("America/New_York"), day_starts=9 * 60 + 30)

    assert budget.day_of(new_york, datetime.fromisoformat(at).replace(tzinfo=UTC)) == date.fromisoformat(day)


def test_what_an_answer_cost_is_charged_even_over_the_limit() -> None:
    """Credits that the provider took are gone, whether we allowed them or not."""
    meter = a_budget(per_minute=5)
    meter.charge(7)

    assert meter.spent().minute == 7
    assert spent_until_refused(meter) == 0


def test_eight_processes_share_one_minute() -> None:
    """Together they send exactly what one alone might."""
    meter = a_budget(per_minute=50)

    assert sum(at_once_in_processes(PROCESSES, lambda number: spent_until_refused(meter))) == 50


def test_no_window_of_any_position_holds_more_than_the_limit() -> None:
    """Over several windows, at every moment, the calls of the last window are within the limit."""
    meter, sent = a_budget(per_minute=4), []
    with mock.patch.object(budget, "WINDOW_S", 2):
        until = time.monotonic() + 5
        while time.monotonic() < until:
            try:
                meter.spend(1)
            except ProviderTrouble:
                time.sleep(0.01)
            else:
                sent.append(time.monotonic())

    assert len(sent) >= 8  # it goes on after the first window
    window = 1.0  # counted by the second, so a window of two holds at least one whole second
    assert max(sum(start <= moment < start + window for moment in sent) for start in sent) <= 4


def test_without_redis_each_process_spends_its_share() -> None:
    """A sixteenth part of the calls for each of sixteen processes, at least one."""
    with detached(), mock.patch.object(budget.settings, "MARKET_DATA_PROCESSES", 16):
        assert spent_until_refused(a_budget(per_minute=200)) == 12
        assert spent_until_refused(a_budget(per_minute=5)) == 1
        assert spent_until_refused(a_budget(per_day=25)) == 1


def test_no_limit_is_no_limit() -> None:
    """A provider without limits is counted and never refused."""
    meter = a_budget()
    for _ in range(300):
        meter.spend(1)

    assert meter.spent().day == 300
