"""The opening range: which bars make it, and what counts as a break."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from domain.indicators import Candles
from domain.indicators.hours import OPENING_MINUTES, SessionHours, opening_range
from tests.domain.indicators.builders import MINUTE, candles, days, moment

HOURS = days(("2026-11-16 14:30", "2026-11-16 21:00"), ("2026-11-17 14:30", "2026-11-17 21:00"))


def bars_from(start: str, closes: list[float], *, every: int = 5) -> Candles:
    """One bar each ``every`` minutes, a dollar above and below its close."""
    close = np.array(closes)
    first = int(moment(start).timestamp())
    return candles(close + 1, close - 1, close, start=first + every * MINUTE * np.arange(len(close)))


@pytest.mark.parametrize("minutes", OPENING_MINUTES)
def test_the_range_is_of_the_first_minutes_after_the_open(minutes: int) -> None:
    """And is not known before they are over, nor made of bars before the open."""
    closes = [500.0, 2.0, *(100.0 + i for i in range(20))]  # two bars before the open, far away
    found = opening_range(bars_from("2026-11-16 14:20", closes), HOURS, minutes=minutes, interval_s=300)

    bars = minutes // 5
    assert np.isnan(found.high[: 2 + bars]).all()
    assert_allclose(found.high[2 + bars :], 100.0 + bars)
    assert_allclose(found.low[2 + bars :], 99.0)


def test_each_side_is_broken_once_a_session_by_a_close() -> None:
    """A high beyond the range is no break, a close at its edge neither; a second one on the same side is not told."""
    closes = [100.0, 100.5, 101.0, 101.5, 103.0, 100.0, 98.0, 104.0, 97.0]
    found = opening_range(bars_from("2026-11-16 14:30", closes), HOURS, minutes=5, interval_s=300)

    assert (found.high[1], found.low[1]) == (101.0, 99.0)
    assert found.breakout.tolist() == [0, 0, 0, 1, 0, 0, -1, 0, 0]


def test_the_next_session_has_its_own_range() -> None:
    """And its own breaks."""
    one = bars_from("2026-11-16 14:30", [100.0, 103.0])
    two = bars_from("2026-11-17 14:30", [200.0, 203.0])
    both = Candles(*(np.concatenate([getattr(one, name), getattr(two, name)])
                     for name in ("start", "open", "high", "low", "close", "volume")))  # fmt: skip
    found = opening_range(both, HOURS, minutes=5, interval_s=300)

    assert found.breakout.tolist() == [0, 1, 0, 1]
    assert_allclose(found.high[[1, 3]], [101.0, 201.0])
    assert np.isnan(found.high[2])


@pytest.mark.parametrize("start", ["2026-11-16 14:35", "2026-11-16 14:40"])
def test_a_late_open_or_a_history_that_begins_within_has_no_range(start: str) -> None:
    """The first minutes were not seen."""
    found = opening_range(bars_from(start, [100.0, 110.0, 90.0, 80.0]), HOURS, minutes=5, interval_s=300)
    assert np.isnan(found.high).all()
    assert not found.breakout.any()


def test_a_late_open_seen_from_before_has_no_range_either() -> None:
    """A bar before the open does not stand in for the one that is missing."""
    early, late = bars_from("2026-11-16 14:25", [100.0]), bars_from("2026-11-16 14:35", [100.0, 110.0])
    both = Candles(*(np.concatenate([getattr(early, name), getattr(late, name)])
                     for name in ("start", "open", "high", "low", "close", "volume")))  # fmt: skip
    assert not opening_range(both, HOURS, minutes=5, interval_s=300).breakout.any()


def test_a_halt_within_the_opening_leaves_no_range() -> None:
    """Minutes 2 to 4 are missing of the first five."""
    start = int(moment("2026-11-16 14:30").timestamp()) + MINUTE * np.array([0, 1, 5, 6, 7, 8])
    close = np.array([100.0, 100.0, 100.0, 100.0, 100.0, 150.0])
    found = opening_range(candles(close, close, close, start=start), HOURS, minutes=5, interval_s=60)
    assert np.isnan(found.high).all()


def test_bars_must_divide_the_opening() -> None:
    """A range of 15 minutes cannot be made of bars of 10."""
    with pytest.raises(ValueError, match="do not divide"):
        opening_range(bars_from("2026-11-16 14:30", [1.5] * 9, every=10), HOURS, minutes=15, interval_s=600)


@pytest.mark.parametrize(("opens", "closes"), [([10, 15], [20, 30]), ([10], [10])])
def test_sessions_that_overlap_or_are_empty_are_refused(opens: list[int], closes: list[int]) -> None:
    """They would count a bar twice or never."""
    with pytest.raises(ValueError, match="sessions must end"):
        SessionHours(np.array(opens), np.array(closes))
