"""The promise of looking every day: proven on small cases by going through all of them, kept on drawn ones."""

from __future__ import annotations

import itertools
import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.stats import sequential
from domain.stats.paired import Observation
from domain.stats.sequential import FRACTIONS, SHARES, ConfidenceSequence, Gamblers, looks

FEW = settings(max_examples=25, deadline=None)  # an example is thirty looks of four thousand gamblers
observed = st.floats(-3.0, 3.0, allow_nan=False)
series = st.lists(observed, min_size=1, max_size=30)


def followed(values, *, level=0.05, bound=2.0):
    sequence = ConfidenceSequence(level=level, bound=bound)
    for value in values:
        sequence.update(value)
    return sequence


def course(values, *, margin=0.1):
    start = date(2026, 1, 1)
    days = [start + timedelta(days=number) for number in range(len(values))]
    seen = [Observation(day, day, 1, 4, value) for day, value in zip(days, values, strict=True)]
    return looks(seen, level=0.05, bound=2.0, margin=margin)


def test_one_observation_pays_by_the_odds():
    """At the bound every fraction against zero gains itself; at minus the bound it is lost; at zero nothing happens."""
    for value, factor in ((2.0, 1.0 + FRACTIONS), (-2.0, 1.0 - FRACTIONS), (0.0, FRACTIONS**0)):
        gamblers = Gamblers([0.0], 2.0)
        gamblers.see(value)
        assert math.exp(gamblers.log_capital()[0]) == pytest.approx(factor @ SHARES)


@pytest.mark.parametrize(
    ("outcomes", "doubted"),
    [((-1.0, 1.0), 0.0), ((-0.25, -0.25, -0.25, 0.75), 0.0), ((0.5, -0.2), 0.15), ((-1.0, 0.2, 0.2, 1.0), 0.1)],
)
def test_nobody_gains_by_betting_on_what_is_not_so(outcomes, doubted):
    """Over all sequences of six equally likely outcomes with exactly that mean, the capital is 1 on average."""
    every = np.array(list(itertools.product(outcomes, repeat=6)))
    gamblers = Gamblers([doubted], 1.0, (len(every),))
    for column in every.T:
        gamblers.see(column)
    assert np.exp(gamblers.log_capital()).mean() == pytest.approx(1.0, abs=1e-12)


def test_a_fair_coin_reaches_twenty_less_than_once_in_twenty():
    """Ville's inequality over all 65,536 sequences of sixteen tosses, looked at after every one."""
    every = np.array(list(itertools.product((-1.0, 1.0), repeat=16)))
    for doubted_by in (1.0, -1.0):
        gamblers = Gamblers([0.0], 1.0, (len(every),))
        reached = np.zeros(len(every), dtype=bool)
        for column in every.T:
            gamblers.see(column * doubted_by)
            reached |= gamblers.log_capital()[:, 0] >= math.log(20.0)
        assert 0.0 < reached.mean() <= 1 / 20


def test_outcomes_that_depend_on_the_past_change_nothing():
    """Ten times wilder after each gain: as long as every step is fair, the capital stays 1 on average."""
    every = np.array(list(itertools.product((-1.0, 1.0), repeat=10)))
    gamblers = Gamblers([0.0], 1.0, (len(every),))
    scale = np.full(len(every), 0.1)
    for column in every.T:
        gamblers.see(scale * column)
        scale = np.where(column > 0.0, 1.0, 0.1)
    assert np.exp(gamblers.log_capital()).mean() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("count", [1, 49, 50, 51, 173])
def test_capital_is_the_plain_product(count):
    """Whatever is folded away in between, against a sum of logarithms taken one by one."""
    values = np.random.default_rng(7).normal(0.1, 0.6, count)
    gamblers = Gamblers([-0.5, 0.0, 1.2], 2.0)
    for value in values.tolist():
        gamblers.see(value)
    clipped = np.clip(values, -2.0, 2.0)[:, None, None]
    factors = 1.0 - FRACTIONS + FRACTIONS * (clipped + 2.0) / (np.array([-0.5, 0.0, 1.2])[:, None] + 2.0)
    plain = np.exp(np.log(factors).sum(axis=0)) @ SHARES
    assert np.exp(gamblers.log_capital()) == pytest.approx(plain, rel=1e-9)


def test_extreme_observations_leave_every_capital_a_number():
    """Neither overflow nor underflow becomes a NaN that would never reject anything again."""
    for value in (2.0, -2.0):
        sequence = followed([value] * 1100)
        assert math.isfinite(sequence.e_positive) and math.isfinite(sequence.e_negative)
    assert followed([2.0] * 1100).e_positive == pytest.approx(math.exp(sequential.LARGEST_LOG))


@FEW
@given(values=series)
def test_the_interval_only_shrinks(values):
    """What was rejected at one look stays rejected at all later ones."""
    found = course(values)
    for earlier, later in itertools.pairwise(found):
        assert later.lower >= earlier.lower
        assert later.upper <= earlier.upper


@FEW
@given(values=series)
def test_turning_all_signs_turns_the_interval(values):
    """Neither side has an advantage."""
    one, other = followed(values), followed([-value for value in values])
    assert (one.lower, one.upper) == (-other.upper, -other.lower)
    assert (one.e_positive, one.e_negative) == (other.e_negative, other.e_positive)


@FEW
@given(values=series, factor=st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_does_not_matter(values, factor):
    """In cents or in R: the interval scales with its bound and the evidence stays."""
    one, other = followed(values), followed([value * factor for value in values], bound=2.0 * factor)
    assert (other.lower, other.upper) == pytest.approx((one.lower * factor, one.upper * factor))
    assert other.e_positive == pytest.approx(one.e_positive)


@FEW
@given(values=series, data=st.data())
def test_the_order_of_days_does_not_change_the_evidence(values, data):
    """It is a product: only the way there differs."""
    shuffled = data.draw(st.permutations(values))
    assert followed(shuffled).e_positive == pytest.approx(followed(values).e_positive, rel=1e-9)


@FEW
@given(values=series)
def test_an_observation_beyond_the_bound_counts_as_the_bound(values):
    """And is counted as clipped."""
    one, other = followed(values), followed([min(max(value, -2.0), 2.0) for value in values])
    assert (one.lower, one.upper, one.mean) == (other.lower, other.upper, other.mean)
    assert (one.clipped, other.clipped) == (sum(abs(value) > 2.0 for value in values), 0)


@FEW
@given(values=series)
def test_interval_and_evidence_say_the_same(values):
    """Zero is excluded from the look on at which its capital reaches two over the level."""
    found = course(values)
    shown = itertools.accumulate((look.e_positive >= 40.0 for look in found), max)
    assert [look.positive for look in found] == list(shown)
    assert [look.positive for look in found] == [look.lower >= 0.0 for look in found]


@FEW
@given(values=st.lists(observed, min_size=10, max_size=40))
def test_the_interval_ends_at_the_last_value_that_was_rejected(values):
    """At some look the gambler against it had reached forty, and the one a step further in never had."""
    sequence = followed(values)
    step = 2.0 / sequential.STEPS
    for end, sign in ((sequence.lower, 1.0), (-sequence.upper, -1.0)):
        doubted = [max(end, -2.0 + step), end + step]
        gamblers = Gamblers(doubted, 2.0)
        most = np.zeros(2)
        for value in values:
            gamblers.see(sign * value)
            most = np.maximum(most, gamblers.log_capital())
        assert most[1] < math.log(40.0)
        assert end == -2.0 or most[0] >= math.log(40.0) - 1e-9


def test_a_steady_gain_is_shown_on_the_day_that_can_be_worked_out():
    """+1 every day with bound 2 makes the capital sum(share * (1 + f / 2)^n): 36 on day 11, 53 on day 12."""
    found = course([1.0] * 20)
    assert found[10].e_positive == pytest.approx(36.355, abs=0.001)
    assert found[11].e_positive == pytest.approx(52.527, abs=0.001)
    assert [look.positive for look in found].index(True) == 11
    assert not any(look.negative for look in found)


def test_the_interval_closes_in_on_the_mean():
    """To within a tenth after a year of days with a spread of a third."""
    values = np.random.default_rng(11).normal(0.15, 0.33, 250).tolist()
    sequence = followed(values)
    assert sequence.lower < sequence.mean < sequence.upper
    assert sequence.upper - sequence.lower < 0.2
    assert sequence.mean == pytest.approx(math.fsum(values) / 250)


@pytest.mark.parametrize("mean", [0.0, 0.3, -1.2])
def test_the_interval_holds_the_mean_at_every_look(mean):
    """In 400 series of 300 looks it is missed at any look no more often than five times in a hundred."""
    generator = np.random.default_rng(13)
    above, below = Gamblers([mean], 2.0, (400,)), Gamblers([-mean], 2.0, (400,))
    missed = np.zeros(400, dtype=bool)
    for _ in range(300):
        day = generator.uniform(mean - 0.8, mean + 0.8, 400)
        above.see(day)
        below.see(-day)
        missed |= np.maximum(above.log_capital(), below.log_capital())[:, 0] >= math.log(40.0)
    assert missed.mean() <= 0.05


def test_before_the_first_observation_anything_is_possible():
    """The interval is all of what the bound allows and the evidence is 1."""
    sequence = followed([])
    assert (sequence.lower, sequence.upper) == (-2.0, 2.0)
    assert (sequence.e_positive, sequence.e_negative) == (1.0, 1.0)
    assert math.isnan(sequence.mean)


def test_a_mean_that_turned_leaves_an_empty_interval():
    """A year up and a year down: no constant mean explains both, and the bounds cross to say so."""
    sequence = followed([0.5] * 250 + [-0.5] * 400)
    assert sequence.lower > sequence.upper
    assert sequence.is_positive and sequence.is_negative


def test_looks_count_what_they_have_seen():
    """Observations, days, signals and clipped ones so far."""
    last = course([0.1, 5.0, -0.2])[-1]
    assert (last.observations, last.days, last.signals, last.clipped) == (3, 3, 12, 1)
    assert last.mean == pytest.approx((0.1 + 2.0 - 0.2) / 3)
    assert last.on == date(2026, 1, 3)


@pytest.mark.parametrize(("level", "bound"), [(0.0, 1.0), (1.0, 1.0), (0.05, 0.0), (0.05, math.inf), (0.05, math.nan)])
def test_level_and_bound_have_to_make_sense(level, bound):
    """Before anything is seen."""
    with pytest.raises(ValueError, match=r"is not (between 0 and 1|above 0)"):
        ConfidenceSequence(level=level, bound=bound)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_observation_is_a_number(value):
    """NaN would make every capital NaN."""
    with pytest.raises(ValueError, match="not a number"):
        ConfidenceSequence(level=0.05, bound=1.0).update(value)


def test_a_mean_at_the_bound_cannot_be_doubted():
    """Its odds would be infinite."""
    with pytest.raises(ValueError, match="too near the bound"):
        Gamblers([-1.0], 1.0)
