"""The comparison on trial: false alarms where there is nothing, and time to find what there is."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from domain.stats.paired import Cluster, Pair
from domain.stats.simulation import (
    Referee,
    RepeatedTTest,
    Shape,
    detections,
    differences,
    false_alarms,
    simulate,
    two_sided_t,
)
from domain.stats.verdict import judge

MONDAY = date(2026, 1, 5)
FAIR = [shape for shape in Shape if shape.is_fair]
SPREADS = [
    (Shape.NORMAL, 1.5),
    (Shape.HEAVY, 1.4),  # of 1.5 the tails beyond 10 R are missing
    (Shape.SKEWED, math.sqrt(3.0)),
    (Shape.CORRELATED, 1.5),
    (Shape.AGREEING, 1.5),
    (Shape.HELD, 1.5),
    (Shape.CHANGING, 1.5 * math.sqrt(2.5)),  # every second day four times the variance
]


@pytest.mark.parametrize("shape", FAIR)
def test_a_thousand_looks_alarm_no_more_often_than_stated(shape):
    """300 experiments without an effect, 1,000 looks each: at most 5 % within two binomial errors; the t-test far more."""
    row = simulate(shape, 0.0, seed=21, days=1000, alerts_per_day=5, bound=3.0, paths=300)
    assert row.alarms <= 0.05 + 2.0 * math.sqrt(0.05 * 0.95 / 300)
    assert row.t_test_alarms > 0.25


def test_trades_held_for_days_need_weeks():
    """Three days' trades: day by day the promise is broken many times over, by weeks what is left of that is small."""
    by_day, by_week = (
        simulate(Shape.HELD, 0.0, seed=30, alerts_per_day=10, bound=bound, paths=300, cluster=cluster)
        for cluster, bound in ((Cluster.DAY, 1.5), (Cluster.WEEK, 1.0))
    )
    assert not Shape.HELD.is_fair
    assert by_day.alarms > 0.3
    assert by_week.alarms < 0.08


def test_by_weeks_the_wait_is_counted_in_days():
    """A multiple of five, and no sooner than the minimum of days allows."""
    row = simulate(Shape.NORMAL, 0.8, seed=30, days=80, paths=50, minimum_days=53, bound=1.0, cluster=Cluster.WEEK)
    assert (row.b_better, row.median_days) == (1.0, 55.0)


@pytest.mark.parametrize("shape", [Shape.NORMAL, Shape.HEAVY, Shape.SKEWED, Shape.AGREEING])
def test_an_effect_is_found_within_a_year(shape):
    """0.2 R with 20 alerts a day: in all of 200 experiments but a few, and never the wrong way."""
    row = simulate(shape, 0.2, seed=22, days=250, paths=200)
    assert row.b_better >= 0.98
    assert row.a_better == 0.0
    assert row.median_days < 100


def test_a_greater_effect_is_found_sooner():
    """More of the experiments, in less time; and the same for A when the sign is turned."""
    small, great = (simulate(Shape.NORMAL, effect, seed=23, days=150, paths=200) for effect in (0.1, 0.2))
    turned = simulate(Shape.NORMAL, -0.2, seed=23, days=150, paths=200)
    assert small.b_better < great.b_better
    assert small.median_days > great.median_days
    assert (turned.a_better, turned.median_days) == pytest.approx((great.b_better, great.median_days), rel=0.1)


def test_the_referee_says_what_judge_says():
    """Twelve experiments of different truth, verdict and day the same from both."""
    generator = np.random.default_rng(24)
    truth = np.linspace(-0.8, 0.8, 12)
    means = truth + generator.normal(0.0, 0.6, (120, 12))
    referee = Referee(12, level=0.05, bound=2.0, margin=0.25, minimum=15)
    for day in means:
        referee.see(day)

    for path in range(12):
        pairs = [
            Pair(MONDAY + timedelta(days=number), datetime(2026, 1, 5, tzinfo=UTC), 0.0, value)
            for number, value in enumerate(means[:, path].tolist())
        ]
        one = judge(pairs, margin=0.25, bound=2.0, minimum_signals=0, minimum_days=15)
        assert one.verdict == referee.verdicts[path]
        if one.decided_on:
            assert (one.decided_on - MONDAY).days + 1 == referee.decided_at[path]


def test_the_shares_of_verdicts_add_up():
    """Every experiment has one."""
    for row in detections(seed=25, effects=(0.0, 0.1), days=60, paths=50):
        assert row.a_better + row.b_better + row.no_difference + row.not_enough_evidence == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_table():
    """To be printed again by anyone who doubts it."""
    assert false_alarms(seed=26, days=30, paths=40) == false_alarms(seed=26, days=30, paths=40)
    assert false_alarms(seed=26, days=30, paths=40) != false_alarms(seed=27, days=30, paths=40)


@pytest.mark.parametrize(("shape", "spread"), SPREADS)
def test_a_shape_has_the_mean_and_spread_it_says(shape, spread):
    """A hundred thousand alerts: the effect within four errors of the mean, the spread within five percent."""
    drawn = np.array(list(differences(shape, 0.25, seed=28, days=500, alerts_per_day=10, paths=20)))
    error = drawn.mean(axis=2).std() / math.sqrt(500 * 20)
    assert drawn.mean() == pytest.approx(0.25, abs=4.0 * error)
    assert drawn.std() == pytest.approx(spread, rel=0.05)


def test_alerts_of_one_day_are_correlated_only_where_that_is_said():
    """A fifth of the variance in common leaves day means of 25 alerts 2.4 times as wide."""
    plain, correlated = (
        np.array([day.mean() for day in differences(shape, 0.0, seed=29, days=4000, alerts_per_day=25)]).std()
        for shape in (Shape.NORMAL, Shape.CORRELATED)
    )
    assert plain == pytest.approx(1.5 / 5.0, rel=0.05)
    assert correlated == pytest.approx(1.5 * math.sqrt(0.2 + 0.8 / 25), rel=0.05)


def test_the_t_test_is_that_of_one_sample():
    """2 3 4 5 9 against zero: t = 3.81 with four degrees of freedom, beyond 2.776 at 5 % and not beyond 4.604 at 1 %."""
    for level, alarmed in ((0.05, True), (0.01, False)):
        test = RepeatedTTest(1, level=level, minimum=5)
        for value in (2.0, 3.0, 4.0, 5.0, 9.0):
            test.see(np.array([value]))
        assert bool(test.alarmed[0]) is alarmed


@pytest.mark.parametrize(("freedom", "t"), [(10, 2.228), (19, 2.093), (100, 1.984), (999, 1.962)])
def test_quantiles_of_students_t(freedom, t):
    """As tables print them."""
    assert two_sided_t(0.05, freedom) == pytest.approx(t, abs=1e-3)
