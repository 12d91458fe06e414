"""Intervals that follow from a formula."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.stats.intervals import around, two_sided_z, wilson


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_gives_the_published_intervals(successes, count, low, high):
    """The last is Newcombe's example, Statistics in Medicine 17 (1998), table I."""
    assert wilson(successes, count) == pytest.approx((low, high), abs=5e-5)


@given(count=st.integers(1, 10_000), data=st.data())
def test_a_share_lies_in_its_interval_and_the_interval_between_zero_and_one(count, data):
    """At the ends too, where rounding would leave it outside."""
    successes = data.draw(st.integers(0, count))
    low, high = wilson(successes, count)
    assert 0.0 <= low <= successes / count <= high <= 1.0
    assert wilson(count - successes, count) == pytest.approx((1.0 - high, 1.0 - low), abs=1e-12)


def test_no_trial_has_no_share():
    """And more successes than trials have none either."""
    for successes, count in ((0, 0), (3, 2), (-1, 5)):
        with pytest.raises(ValueError, match="have no share"):
            wilson(successes, count)


def test_an_interval_around_a_value_reaches_as_far_as_the_normal_says():
    """1.96 standard errors at five percent, 2.576 at one."""
    assert around(10.0, 2.0, level=0.05) == pytest.approx((6.0801, 13.9199), abs=1e-4)
    assert two_sided_z(0.01) == pytest.approx(2.5758, abs=1e-4)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, float("nan")])
def test_a_level_is_a_probability_of_error(level):
    """Never none and never certainty."""
    with pytest.raises(ValueError, match="not between 0 and 1"):
        two_sided_z(level)
