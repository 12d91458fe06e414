"""Differences of two engines on the same alert."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.stats.paired import Cluster, Outcomes, Pair, mean_difference, observations, settled

MONDAY = date(2026, 3, 2)
amounts = st.integers(-400, 400).map(lambda hundredths: hundredths / 128)  # sums and differences are exact
days = st.integers(0, 20).map(lambda number: MONDAY + timedelta(days=number))


def at(day, minute=0):
    return datetime(day.year, day.month, day.day, 15, minute, tzinfo=UTC)


def a_pair(day, a, b, minute=0):
    return Pair(day, at(day, minute), a, b)


def outcomes(day, a, b, minute=0):
    return Outcomes(day, at(day, minute), a, b)


pairs = st.lists(st.builds(a_pair, days, amounts, amounts, st.integers(0, 59)), max_size=40)


def test_the_difference_is_b_minus_a():
    """Above zero B did better; an engine that did not trade has made zero."""
    assert a_pair(MONDAY, -1.0, 0.0).difference == 1.0
    assert mean_difference([a_pair(MONDAY, -1.0, 0.0), a_pair(MONDAY, 2.0, 0.5)]) == -0.25


def test_nothing_seen_has_no_mean():
    """None, not zero: zero would be a finding."""
    assert mean_difference([]) is None
    assert observations([]) == ()


def test_a_day_is_one_observation():
    """The mean of its signals, however many."""
    tuesday = MONDAY + timedelta(days=1)
    found = observations([a_pair(tuesday, 0.0, 3.0), a_pair(MONDAY, 0.0, 1.0), a_pair(MONDAY, 1.0, 1.0)])
    assert [(one.first, one.signals, one.days, one.mean) for one in found] == [
        (MONDAY, 2, 1, 0.5),
        (tuesday, 1, 1, 3.0),
    ]


def test_a_week_is_one_observation():
    """Monday to Sunday, with the days that had a signal."""
    wednesday, sunday, next_monday = (MONDAY + timedelta(days=number) for number in (2, 6, 7))
    rows = [a_pair(wednesday, 0.0, 1.0), a_pair(sunday, 0.0, 2.0), a_pair(next_monday, 0.0, 5.0)]
    found = observations(rows, Cluster.WEEK)
    assert [(one.first, one.last, one.days, one.mean) for one in found] == [
        (wednesday, sunday, 2, 1.5),
        (next_monday, next_monday, 1, 5.0),
    ]


@settings(deadline=None, max_examples=50)
@given(rows=pairs, data=st.data())
def test_the_order_of_signals_does_not_matter(rows, data):
    """To the last digit."""
    shuffled = data.draw(st.permutations(rows))
    assert observations(shuffled) == observations(rows)
    assert mean_difference(shuffled) == mean_difference(rows)


@settings(deadline=None, max_examples=50)
@given(rows=pairs, shift=amounts)
def test_what_both_share_cancels(rows, shift):
    """The same amount added to both outcomes changes nothing."""
    moved = [Pair(row.day, row.at, row.a + shift, row.b + shift) for row in rows]
    assert observations(moved) == observations(rows)


def test_a_day_with_an_open_trade_waits_and_all_after_it():
    """Its closed trades are no fair sample of it: losers are closed first."""
    later = [MONDAY + timedelta(days=number) for number in range(4)]
    rows = [
        outcomes(later[2], 0.5, 0.0),
        outcomes(later[0], 1.0, 0.0),
        outcomes(later[1], None, -1.0),
        outcomes(later[1], -1.0, -1.0, 1),
    ]
    assert [pair.day for pair in settled(rows, today=later[3])] == [later[0]]


def test_today_is_not_counted_before_it_is_over():
    """Nor this week, when weeks are compared."""
    wednesday = MONDAY + timedelta(days=9)
    rows = [outcomes(MONDAY + timedelta(days=number), 0.0, 1.0) for number in range(10)]
    assert settled(rows, today=wednesday)[-1].day == wednesday - timedelta(days=1)
    assert settled(rows, today=wednesday, cluster=Cluster.WEEK)[-1].day == MONDAY + timedelta(days=6)


def test_settled_signals_come_oldest_first():
    """By day and time of the alert."""
    rows = [outcomes(MONDAY, 0.0, 1.0, 9), outcomes(MONDAY, 0.0, 2.0, 3)]
    assert [pair.b for pair in settled(rows, today=MONDAY + timedelta(days=1))] == [2.0, 1.0]


@pytest.mark.parametrize(("a", "b"), [(float("nan"), 0.0), (0.0, float("inf"))])
def test_an_outcome_is_a_number(a, b):
    """One NaN would make the mean of its day, and of all days, nothing."""
    with pytest.raises(ValueError, match="are not numbers"):
        a_pair(MONDAY, a, b)
