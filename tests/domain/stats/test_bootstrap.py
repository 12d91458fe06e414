"""Intervals from days drawn again and again."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

import numpy as np
import pytest

from domain.stats.bootstrap import Method, by_day, interval, mean_interval, performance_intervals, ratio_interval
from domain.stats.paired import Pair
from domain.stats.trades import Trade, performance

MONDAY = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def spread_over(values, *, a_day):
    """Days of so many values each, oldest first."""
    return [MONDAY + timedelta(days=place // a_day) for place in range(len(values))]


def mean_of(pairs):
    return math.fsum(pair.difference for pair in pairs) / len(pairs)


def some_pairs(count, *, a_day, seed=5):
    values = np.random.default_rng(seed).exponential(1.0, count).tolist()
    return [Pair(day, NOON, 0.0, value) for day, value in zip(spread_over(values, a_day=a_day), values, strict=True)]


@pytest.mark.parametrize("method", list(Method))
def test_the_fast_mean_is_the_mean(method):
    """Vectorised and one by one, the same days drawn: the same interval."""
    pairs = some_pairs(60, a_day=3)
    fast = mean_interval([pair.difference for pair in pairs], [pair.day for pair in pairs], seed=9, method=method)
    assert fast == pytest.approx(interval(pairs, mean_of, seed=9, method=method))


def test_a_seed_decides_everything():
    """The same figures every time a page is loaded; another seed differs a little."""
    pairs = some_pairs(80, a_day=2)
    one, again, other = (interval(pairs, mean_of, seed=seed, resamples=400) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert one == pytest.approx(other, abs=0.15)


def test_one_value_a_day_gives_the_textbook_interval():
    """1.96 standard errors around the mean of a hundred normal values, within a tenth of that."""
    values = np.random.default_rng(2).normal(3.0, 2.0, 100)
    low, high = mean_interval(values.tolist(), spread_over(values, a_day=1), seed=1, resamples=20_000)
    reach = 1.96 * values.std(ddof=1) / 10.0
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.1 * reach)


def test_signals_that_move_together_are_one():
    """Twenty copies a day of one value: as wide as with one a day, not twenty times surer of itself."""
    values = np.random.default_rng(3).normal(0.0, 1.0, 50)
    copied = np.repeat(values, 20)
    once = mean_interval(values.tolist(), spread_over(values, a_day=1), seed=4)
    assert mean_interval(copied.tolist(), spread_over(copied, a_day=20), seed=4) == pytest.approx(once)


@pytest.mark.parametrize("method", list(Method))
def test_the_interval_holds_the_truth_about_as_often_as_it_says(method):
    """400 samples of 40 days, four values each with half of their variance in common: 95 % within four errors."""
    generator = np.random.default_rng(6)
    held = 0
    for seed in range(400):
        values = (generator.normal(0.0, 1.0, (40, 1)) + generator.normal(0.0, 1.0, (40, 4))).ravel()
        low, high = mean_interval(values.tolist(), spread_over(values, a_day=4), seed=seed, method=method)
        held += low <= 0.0 <= high
    assert 0.90 <= held / 400 <= 0.985


def test_bca_leans_to_the_long_tail():
    """36 days below 0.4 and 4 around 10: both ends lie further up than percentiles put them."""
    values = [place / 100 for place in range(36)] + [9.0, 10.0, 11.0, 12.0]
    plain, corrected = (
        mean_interval(values, spread_over(values, a_day=1), seed=1, resamples=20_000, method=method)
        for method in (Method.PERCENTILE, Method.BCA)
    )
    assert corrected.low > plain.low
    assert corrected.high > plain.high


def test_any_figure_has_an_interval():
    """A median, from trades or pairs, whatever has a day."""
    pairs = some_pairs(300, a_day=5)
    low, high = interval(pairs, lambda rows: median(row.difference for row in rows), seed=1, resamples=500)
    assert low < math.log(2.0) < high


def test_a_figure_without_a_value_has_no_interval():
    """None of the sample is None; resamples without one are left out."""
    pairs = some_pairs(40, a_day=2)
    assert interval(pairs, lambda rows: None, seed=1) is None
    greatest = max(pair.b for pair in pairs)
    share = interval(pairs, lambda rows: 1.0 if greatest in {row.b for row in rows} else None, seed=1)
    assert share == (1.0, 1.0)


def test_a_figure_that_only_the_whole_sample_has_has_no_interval():
    """No resample and no sample without a day gives a value, and none is made up."""
    pairs = some_pairs(40, a_day=2)
    assert interval(pairs, lambda rows: 1.0 if len(set(rows)) == len(pairs) else None, seed=1) is None


def test_nine_days_are_too_few():
    """They cannot show how days differ."""
    pairs = some_pairs(18, a_day=2)
    assert interval(pairs, mean_of, seed=1) is None
    assert mean_interval([pair.difference for pair in pairs], [pair.day for pair in pairs], seed=1) is None
    assert mean_interval([], [], seed=1) is None


def test_equal_values_have_an_interval_without_width():
    """No correction divides by their spread."""
    values = [0.25] * 24
    assert mean_interval(values, spread_over(values, a_day=2), seed=1) == (0.25, 0.25)


def a_trade(pnl, *, number, day):
    at = NOON + timedelta(hours=number)
    return Trade(Decimal(pnl), Decimal(100), Decimal(200), at, at, day)


def test_every_figure_of_trades_has_its_interval():
    """60 trades of +60 and -30 in turn, two a day: figures inside, and R, return and money in their proportions."""
    trades = [
        a_trade(-30 if place % 3 else 60, number=place, day=MONDAY + timedelta(days=place // 2)) for place in range(60)
    ]
    found, figures = performance_intervals(trades, seed=1), performance(trades)
    for name in ("win_rate", "mean_return", "mean_r", "expectancy", "profit_factor"):
        low, high = getattr(found, name)
        assert low <= float(getattr(figures, name)) <= high
    assert found.mean_r == pytest.approx([end / 100 for end in found.expectancy])
    assert found.mean_return == pytest.approx([end / 200 for end in found.expectancy])
    assert 0.0 < found.win_rate.low < found.win_rate.high < 1.0


def test_a_profit_factor_is_that_of_the_days_drawn():
    """Gains and losses added up before they are divided: the same as going through the trades of each resample."""
    draw = np.random.default_rng(8)
    trades = [
        a_trade(round(pnl), number=place, day=MONDAY + timedelta(days=place // 3))
        for place, pnl in enumerate(draw.normal(5.0, 60.0, 90).tolist())
    ]
    slow = interval(trades, lambda rows: performance(rows).profit_factor, seed=3, resamples=300)
    gains, losses = ([max(float(sign * trade.pnl), 0.0) for trade in trades] for sign in (1, -1))
    assert ratio_interval(gains, losses, [trade.day for trade in trades], seed=3, resamples=300) == pytest.approx(slow)


def test_without_a_loss_no_profit_factor_has_an_interval():
    """The other figures have theirs. With one loss, days drawn without it are left out."""
    days = [MONDAY + timedelta(days=place) for place in range(20)]
    winning = performance_intervals([a_trade(10, number=place, day=day) for place, day in enumerate(days)], seed=1)
    assert winning.profit_factor is None
    assert winning.expectancy == (10.0, 10.0)
    assert ratio_interval([1.0] * 20, [0.0] * 19 + [1.0], days, seed=1).low > 0.0


def test_rows_are_gathered_by_day():
    """Oldest day first, rows in the order they came."""
    first, second, third = (Pair(MONDAY + timedelta(days=late), NOON, 0.0, 0.0) for late in (1, 0, 1))
    assert by_day([first, second, third]) == ((second,), (first, third))


def test_too_few_resamples_are_refused():
    """Thirty cannot show the outermost fortieth."""
    with pytest.raises(ValueError, match="30 resamples"):
        mean_interval([0.0], [MONDAY], seed=1, resamples=30)
