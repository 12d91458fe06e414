"""Which engine is better: said when the figures show it, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.stats.paired import Cluster, Pair
from domain.stats.verdict import Judgement, Verdict, judge

MONDAY = date(2026, 1, 5)
MIRRORED = {Verdict.A_BETTER: Verdict.B_BETTER, Verdict.B_BETTER: Verdict.A_BETTER}
FEW = settings(max_examples=15, deadline=None)  # an example is tens of looks of four thousand gamblers
TERMS = {"margin": 0.1, "bound": 2.0, "minimum_signals": 40, "minimum_days": 10}


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def a_pair(number: int, a: float, b: float) -> Pair:
    return Pair(day(number), datetime(2026, 1, 5, 15, tzinfo=UTC) + timedelta(days=number), a, b)


def constant(difference: float, *, days: int, a_day: int = 4) -> list[Pair]:
    return [a_pair(number, 0.0, difference) for number in range(days) for _ in range(a_day)]


def drawn(mean: float, *, days: int, seed: int, a_day: int = 20) -> list[Pair]:
    """Outcomes of two engines with a common part, B better by ``mean`` R on average."""
    generator = np.random.default_rng(seed)
    size = (days, a_day)
    market, a, b = generator.normal(0.0, 1.0, size), generator.normal(0.0, 1.0, size), generator.normal(mean, 1.0, size)
    left, right = (market + a).tolist(), (market + b).tolist()
    return [a_pair(number, left[number][one], right[number][one]) for number in range(days) for one in range(a_day)]


def judged(pairs: Sequence[Pair], **changed: float) -> Judgement:
    return judge(pairs, **{**TERMS, **changed})


def swapped(pairs: Sequence[Pair]) -> list[Pair]:
    return [replace(pair, a=pair.b, b=pair.a) for pair in pairs]


def test_a_year_with_an_edge_for_b_finds_b():
    """250 sessions of 20 alerts, B better by 0.2 R: decided within half a year, and the interval holds 0.2."""
    found = judged(drawn(0.2, days=250, seed=1), margin=0.05)
    assert found.verdict is Verdict.B_BETTER
    assert MONDAY < found.decided_on < day(125)
    assert 0.0 < found.lower < 0.2 < found.upper
    assert (found.signals, found.days, found.observations) == (5000, 250, 250)
    assert found.mean_difference == pytest.approx(found.mean) == pytest.approx(0.2, abs=0.05)


def test_a_year_without_an_edge_finds_neither():
    """Not enough evidence, or no difference; never a winner in these eight years."""
    verdicts = {judged(drawn(0.0, days=250, seed=seed, a_day=5)).verdict for seed in range(8)}
    assert verdicts <= {Verdict.NOT_ENOUGH_EVIDENCE, Verdict.NO_DIFFERENCE}


def test_engines_that_do_the_same_differ_by_nothing():
    """As soon as the interval lies within the margin."""
    found = judged(constant(0.0, days=150))
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert -0.1 <= found.lower < 0.0 < found.upper <= 0.1


@pytest.mark.parametrize(("days", "verdict"), [(9, Verdict.NOT_ENOUGH_EVIDENCE), (10, Verdict.B_BETTER)])
def test_there_is_no_verdict_below_the_minimum_of_days(days, verdict):
    """Shown after eight days, said after ten."""
    found = judged(constant(1.9, days=days, a_day=10))
    assert found.lower >= 0.0
    assert found.verdict is verdict
    assert found.decided_on == (day(9) if verdict is Verdict.B_BETTER else None)


@pytest.mark.parametrize(("a_day", "decided"), [(1, None), (2, day(19)), (4, day(9))])
def test_there_is_no_verdict_below_the_minimum_of_signals(a_day, decided):
    """Forty are reached on day twenty with two a day."""
    assert judged(constant(1.9, days=20, a_day=a_day)).decided_on == decided


def test_a_decision_stands():
    """B was shown better on day 12; forty days of nothing do not unmake that."""
    found = judged(constant(1.0, days=20) + [a_pair(20 + number, 0.0, 0.0) for number in range(40)])
    assert (found.verdict, found.decided_on) == (Verdict.B_BETTER, day(11))
    assert judged(constant(1.0, days=12)).decided_on == day(11)
    assert judged(constant(1.0, days=11)).decided_on is None


def test_no_difference_stands_too():
    """A small advantage that shows much later is still one within the margin."""
    same = constant(0.0, days=150)
    later = [a_pair(150 + number, 0.0, 0.09) for number in range(1500)]
    found = judged(same + later)
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert found.decided_on == judged(same).decided_on
    assert found.lower >= 0.0


def test_two_opposite_proofs_are_none():
    """B better for a year, then A for longer: the difference was not constant, and the sentence says so."""
    found = judged(constant(0.5, days=250) + [a_pair(250 + number, 0.5, 0.0) for number in range(400)])
    assert found.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert found.contradictory
    assert found.decided_on is None
    assert "not constant" in found.text


@FEW
@given(
    days=st.integers(1, 60),
    difference=st.integers(-256, 256).map(lambda steps: steps / 128),
    seed=st.integers(0, 50),
)
def test_swapping_the_engines_turns_the_verdict(days, difference, seed):
    """A better becomes B better, with the same figures the other way round."""
    pairs = drawn(difference, days=days, seed=seed, a_day=3)
    one, other = judged(pairs), judged(swapped(pairs))
    assert other.verdict is MIRRORED.get(one.verdict, one.verdict)
    assert other.decided_on == one.decided_on
    assert (other.lower, other.upper) == (-one.upper, -one.lower)
    assert (other.e_a_better, other.e_b_better) == (one.e_b_better, one.e_a_better)


@FEW
@given(shift=st.integers(-1000, 1000), seed=st.integers(0, 50))
def test_what_both_engines_got_changes_nothing(shift, seed):
    """A hundred points more for both leaves every figure as it was."""
    exact = [
        a_pair(index // 3, round(pair.a * 64) / 64, round(pair.b * 64) / 64)
        for index, pair in enumerate(drawn(0.3, days=30, seed=seed, a_day=3))
    ]
    moved = [replace(pair, a=pair.a + shift, b=pair.b + shift) for pair in exact]
    assert judged(moved) == judged(exact)


@FEW
@given(data=st.data())
def test_the_order_of_signals_changes_nothing(data):
    """Rows may come from the database as they like."""
    pairs = drawn(0.5, days=15, seed=3, a_day=3)
    assert judged(data.draw(st.permutations(pairs))) == judged(pairs)


@FEW
@given(seed=st.integers(0, 30), until=st.integers(1, 39))
def test_the_past_does_not_change(seed, until):
    """A verdict given after some days is the one given later, on the same day, unless the opposite was shown as well."""
    pairs = drawn(0.8, days=40, seed=seed, a_day=4)
    early, late = judged(pairs[: 4 * until]), judged(pairs)
    assert late.lower >= early.lower and late.upper <= early.upper
    if early.decided_on and not late.contradictory:
        assert (late.verdict, late.decided_on) == (early.verdict, early.decided_on)


def test_evidence_for_a_difference_is_that_of_both_sides_shared():
    """The mean of two e-values, which is one: 1 before anything is seen."""
    assert judged([]).e_different == 1.0
    found = judged(constant(1.0, days=15))
    assert found.e_different == pytest.approx((found.e_a_better + found.e_b_better) / 2)
    assert found.e_b_better > 40.0 > 1.0 > found.e_a_better


def test_weeks_decide_later_than_days():
    """A fifth of the observations; the minimum still counts days."""
    pairs = constant(1.9, days=70)
    by_week = judged(pairs, cluster=Cluster.WEEK)
    assert (by_week.verdict, by_week.observations, by_week.days) == (Verdict.B_BETTER, 10, 70)
    assert by_week.decided_on > judged(pairs).decided_on


def test_nothing_seen_is_not_enough():
    """All of what the bound allows is possible, and no figure is made up."""
    found = judged([])
    assert found.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert (found.lower, found.upper, found.mean, found.mean_difference) == (-2.0, 2.0, None, None)
    assert "nothing is known" in found.text


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        (
            constant(1.0, days=15),
            "B is better, decided on 2026-01-16; after 60 signals on 15 days the mean difference B minus A is "
            "+1.000 R, and lies between +0.210 R and +1.264 R with error 5.0% over all looks.",
        ),
        (
            constant(0.0, days=150),
            "No difference within 0.1 R, decided on 2026-04-05; after 600 signals on 150 days the mean difference B minus "
            "A is +0.000 R, and lies between -0.062 R and +0.062 R with error 5.0% over all looks.",
        ),
        (
            constant(0.0, days=20),
            "Not enough evidence; after 80 signals on 20 days the mean difference B minus A is +0.000 R, and lies between "
            "-0.412 R and +0.412 R with error 5.0% over all looks.",
        ),
        (
            constant(0.1, days=3),
            "Not enough evidence: a verdict needs 40 signals on 10 days at least; after 12 signals on 3 days the mean "
            "difference B minus A is +0.100 R, and lies between -1.520 R and +1.566 R with error 5.0% over all looks.",
        ),
    ],
)
def test_the_verdict_is_one_sentence_with_its_figures(pairs, sentence):
    """What was decided and when, and where the interval stands now."""
    assert judged(pairs).text == sentence


def test_the_sentence_says_when_a_better_engine_is_not_better_by_much():
    """Zero is excluded first, and later everything beyond the margin too."""
    found = judged(constant(0.4, days=200), margin=0.5)
    assert found.verdict is Verdict.B_BETTER
    assert found.upper <= 0.5
    assert "B is better, though by less than the margin of 0.5 R" in found.text


def test_the_sentence_says_how_many_days_were_clipped():
    """The interval is about the clipped mean, so a reader has to know."""
    found = judged(constant(2.5, days=12))
    assert found.clipped == 12
    assert "12 of 12 beyond ±2 R counted as that" in found.text


@pytest.mark.parametrize("changed", [{"margin": 0.0}, {"margin": 2.0}, {"level": 0.0}, {"bound": 0.05}])
def test_terms_that_make_no_sense_are_refused(changed):
    """A margin lies between zero and the bound; a level is a probability."""
    with pytest.raises(ValueError, match="is not between"):
        judged([], **changed)
