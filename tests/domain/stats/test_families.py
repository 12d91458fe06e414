"""Many comparisons side by side."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.stats.families import discoveries
from domain.stats.sequential import Gamblers


@pytest.mark.parametrize(
    ("evidence", "found"),
    [
        ({}, ""),
        ({"a": 20.0}, "a"),
        ({"a": 19.9}, ""),
        ({"a": 40.0, "b": 1.0}, "a"),
        ({"a": 39.0, "b": 1.0}, ""),
        ({"a": 39.0, "b": 20.0}, "ab"),  # neither alone reaches 40, both reach 20
        ({"a": 25.0, "b": 25.0, "c": 20.0, "d": 0.0}, ""),
        ({"a": 27.0, "b": 27.0, "c": 27.0, "d": 0.0}, "abc"),
    ],
)
def test_the_greatest_are_chosen_as_far_as_they_carry_each_other(evidence, found):
    """The k-th of n has to reach n / (0.05 k)."""
    assert discoveries(evidence) == set(found)


@settings(deadline=None)
@given(st.dictionaries(st.integers(), st.floats(0.0, 1e6), min_size=1, max_size=12), st.data())
def test_more_evidence_never_loses_a_discovery(evidence, data):
    """Neither one's own nor that of others."""
    key = data.draw(st.sampled_from(sorted(evidence)))
    assert discoveries(evidence) <= discoveries({**evidence, key: evidence[key] * 2.0})


def test_a_page_of_twenty_without_a_difference_finds_one_less_than_once_in_twenty():
    """400 pages of 20 comparisons after 250 days, all of them depending on one market."""
    generator = np.random.default_rng(31)
    above, below = Gamblers([0.0], 1.5, (400, 20)), Gamblers([0.0], 1.5, (400, 20))
    for _ in range(250):
        day = generator.normal(0.0, 0.2, (400, 1)) + generator.normal(0.0, 0.3, (400, 20))
        above.see(day)
        below.see(-day)
    e_values = 0.5 * (np.exp(above.log_capital()) + np.exp(below.log_capital()))[..., 0]
    pages = [discoveries(dict(enumerate(page))) for page in e_values.tolist()]
    assert sum(map(bool, pages)) / len(pages) <= 0.05


@pytest.mark.parametrize("level", [0.0, 1.0, math.nan])
def test_a_level_is_a_probability(level):
    """Never none and never certainty."""
    with pytest.raises(ValueError, match="not between 0 and 1"):
        discoveries({"a": 1.0}, level=level)
