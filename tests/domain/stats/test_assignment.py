"""Which engine trades a signal: stable, uniform, and independent from one experiment to the next."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.stats.assignment import assign, draw

IDS = range(100_000)
SALTS = ("2026-spring", "a", "", "ü☂", "experiment-17")
BUCKETS = 20
# Upper 0.0001 points of chi-square: a fixed sample either passes for ever or the draw is not uniform.
CHI_SQUARE_19, CHI_SQUARE_9 = 50.8, 33.7


def test_the_draw_is_the_first_eight_bytes_of_sha_256():
    """As `printf alpha:1 | sha256sum` shows them."""
    assert draw("alpha", 1) == 0x8F9B35814B4B3D2A


@pytest.mark.parametrize(
    ("salt", "signal_id", "arms"),
    [("alpha", 1, "BBBAA"), ("alpha", 2, "BAAAA"), ("", 0, "BAAAA"), ("2026-q1", 123456789, "BAAAA")],
)
def test_these_signals_go_where_they_always_went(salt, signal_id, arms):
    """At 0, 25, 50, 75 and 100 percent. A change here would move signals of running experiments between engines."""
    assert "".join(assign(salt, signal_id, percent) for percent in (0, 25, 50, 75, 100)) == arms


def test_another_process_finds_the_same():
    """Whatever the seed of its hashes is."""
    code = "from domain.stats.assignment import assign; print(''.join(assign('s', i, 30) for i in range(200)))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {"".join(assign("s", number, 30) for number in range(200)) + "\n"}


@pytest.mark.parametrize("salt", SALTS)
def test_draws_are_uniform(salt):
    """A hundred thousand consecutive ids over twenty equal buckets, chi-square with 19 degrees of freedom."""
    counts = [0] * BUCKETS
    for number in IDS:
        counts[draw(salt, number) * BUCKETS >> 64] += 1
    assert _chi_square(counts) < CHI_SQUARE_19


@pytest.mark.parametrize("percent", [1, 10, 50, 90])
def test_the_share_of_a_is_the_percentage(percent):
    """Within four standard deviations of a hundred thousand draws."""
    found = sum(assign("split", number, percent) == "A" for number in IDS)
    expected = percent / 100 * len(IDS)
    assert abs(found - expected) < 4 * (expected * (1 - percent / 100)) ** 0.5


def test_two_experiments_split_independently():
    """Ten salts, each against the next: nine tables of four counts, chi-square with one degree of freedom each."""
    ids = range(20_000)
    arms = [[assign(f"salt-{number}", one, 50) for one in ids] for number in range(10)]
    total = 0.0
    for left, right in itertools.pairwise(arms):
        counts = Counter(zip(left, right, strict=True))
        sides = math.prod(arm.count(side) for arm in (left, right) for side in "AB")
        total += len(ids) * (counts["A", "A"] * counts["B", "B"] - counts["A", "B"] * counts["B", "A"]) ** 2 / sides
    assert total < CHI_SQUARE_9


def test_nothing_and_everything():
    """At 0 no signal is A's and at 100 every one is."""
    assert {assign("s", number, 0) for number in range(1000)} == {"B"}
    assert {assign("s", number, 100) for number in range(1000)} == {"A"}


@settings(deadline=None)
@given(salt=st.text(max_size=20), signal_id=st.integers(0, 2**63), low=st.integers(0, 100), high=st.integers(0, 100))
def test_a_greater_share_only_adds_signals(salt, signal_id, low, high):
    """What was A's at a smaller percentage stays A's at a greater one."""
    if low <= high and assign(salt, signal_id, low) == "A":
        assert assign(salt, signal_id, high) == "A"


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_share_is_a_percentage(percent):
    """Outside 0 to 100 there is nothing to assign by."""
    with pytest.raises(ValueError, match="no share of the signals"):
        assign("s", 1, percent)


def _chi_square(counts):
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 for count in counts) / expected
