"""Figures of closed trades against answers worked out by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.stats.trades import Trade, max_drawdown, performance, sharpe, sharpe_error, sortino

START = datetime(2026, 3, 2, 15, tzinfo=UTC)


def a_trade(pnl, *, number=0, risk="100", cost="200"):
    closed = START + timedelta(hours=number)
    return Trade(Decimal(pnl), Decimal(risk), Decimal(cost), START, closed, closed.date())


def trades(*pnls):
    return [a_trade(pnl, number=number) for number, pnl in enumerate(pnls)]


def test_the_figures_of_four_trades():
    """Two wins, one loss, one break-even trade, all with 100 at risk and 200 paid."""
    figures = performance(trades("150", "50", "-100", "0"))

    assert (figures.count, figures.wins, figures.losses, figures.break_even) == (4, 2, 1, 1)
    assert figures.pnl == Decimal(100)
    assert figures.expectancy == Decimal(25)
    assert figures.win_rate == 0.5
    assert figures.win_rate_interval == pytest.approx((0.1500, 0.8500), abs=1e-4)
    assert figures.mean_return == pytest.approx(0.125)
    assert figures.median_return == pytest.approx(0.125)
    assert figures.mean_r == pytest.approx(0.25)
    assert (figures.average_win, figures.average_loss) == (Decimal(100), Decimal(100))
    assert figures.payoff == 1.0
    assert figures.profit_factor == 2.0


def test_without_trades_there_are_no_figures():
    """A count of zero, a profit of zero, and None for all that would divide by it."""
    figures = performance([])
    assert (figures.count, figures.pnl) == (0, Decimal(0))
    assert {figures.win_rate, figures.mean_return, figures.mean_r, figures.expectancy, figures.sharpe} == {None}


def test_without_a_loss_there_is_no_profit_factor():
    """Nor a payoff: both would be infinite. Without a win the factor is zero and there is no payoff."""
    winning, losing = performance(trades("10", "20")), performance(trades("-10", "0"))
    assert (winning.profit_factor, winning.payoff) == (None, None)
    assert (losing.profit_factor, losing.payoff) == (0.0, None)


@given(st.lists(st.integers(-500, 500).map(str), min_size=1, max_size=40))
def test_expectancy_is_what_win_rate_and_averages_say(pnls):
    """p * average win - q * average loss, exactly, break-even trades among them."""
    figures = performance(trades(*pnls))
    won = figures.wins * (figures.average_win or Decimal(0))
    lost = figures.losses * (figures.average_loss or Decimal(0))
    assert (won - lost) / figures.count == pytest.approx(figures.expectancy, abs=Decimal("1e-20"))


@settings(deadline=None)
@given(pnls=st.lists(st.integers(-500, 500).map(str), min_size=20, max_size=30), data=st.data())
def test_the_order_in_which_trades_are_given_does_not_matter(pnls, data):
    """They are put in order of closing where that counts."""
    rows = trades(*pnls)
    assert performance(data.draw(st.permutations(rows))) == performance(rows)


def test_the_drawdown_is_the_deepest_fall_from_a_peak():
    """Up to 300, down to 50, up to 400, down to 200: the first fall of 250 is the deepest."""
    pnls = ["100", "200", "-250", "350", "-200", *["0"] * 15]
    fall = max_drawdown(trades(*pnls))
    assert fall.amount == Decimal(250)
    assert (fall.since, fall.until) == (START + timedelta(hours=1), START + timedelta(hours=2))


def test_a_peak_that_is_reached_again_is_the_first_one():
    """Up to 100, down, up to 100 again, and then the deepest fall: it is measured since the level was first reached."""
    fall = max_drawdown(trades("100", "-50", "50", "-70", *["0"] * 16))
    assert (fall.amount, fall.since) == (Decimal(70), START)


def test_a_fall_below_the_start_counts_from_the_start():
    """The start at zero is a peak like any other, without a trade that made it."""
    fall = max_drawdown(trades("-80", "-20", *["5"] * 18))
    assert (fall.amount, fall.since) == (Decimal(100), None)


def test_profits_that_never_fell_have_a_drawdown_of_nothing():
    """Zero, which is not the same as not known."""
    fall = max_drawdown(trades(*["5"] * 20))
    assert (fall.amount, fall.until) == (Decimal(0), None)


def test_trades_closed_at_one_moment_are_one_step():
    """Else the order of rows would make a drawdown that no account ever showed."""
    together = [a_trade("-100"), a_trade("100"), *trades(*["1"] * 18)]
    assert max_drawdown(together).amount == Decimal(0)


def test_below_twenty_trades_there_is_no_drawdown_sharpe_or_sortino():
    """Nineteen are too few, twenty are enough."""
    few, enough = performance(trades(*["10", "-5"] * 9, "10")), performance(trades(*["10", "-5"] * 10))
    assert (few.max_drawdown, few.sharpe, few.sharpe_interval, few.sortino) == (None,) * 4
    assert None not in (enough.max_drawdown, enough.sharpe, enough.sharpe_interval, enough.sortino)


def test_sharpe_and_its_error_of_a_coin():
    """Ten returns of 0.2 and ten of 0: kurtosis 1 and no skew leave an error of sqrt(1 / n)."""
    returns = [0.2, 0.0] * 10
    ratio = sharpe(returns)
    assert ratio == pytest.approx(math.sqrt(19 / 20))
    assert sharpe_error(returns, ratio) == pytest.approx(math.sqrt(1 / 20))


def test_for_normal_returns_the_error_is_los():
    """sqrt((1 + S^2 / 2) / n), since skewness is 0 and kurtosis 3."""
    returns = np.random.default_rng(3).normal(0.5, 1.0, 200_000).tolist()
    ratio = sharpe(returns)
    assert sharpe_error(returns, ratio) == pytest.approx(math.sqrt((1 + ratio**2 / 2) / len(returns)), rel=0.01)


def test_for_skewed_returns_the_error_is_that_of_many_samples():
    """Losses of 1 four times in five and gains of 6: Lo's formula would be a fifth off, and the wrong way."""
    draw = np.random.default_rng(4)
    samples = np.where(draw.random((4000, 250)) < 0.2, 6.0, -1.0)
    ratios = samples.mean(axis=1) / samples.std(axis=1, ddof=1)
    errors = [
        sharpe_error(row.tolist(), ratio) for row, ratio in zip(samples[:300], ratios[:300].tolist(), strict=True)
    ]
    assert np.mean(errors) == pytest.approx(ratios.std(), rel=0.05)


def test_returns_without_a_spread_have_no_sharpe():
    """Nor a Sortino when none lies below the target."""
    assert sharpe([0.1] * 25) is None
    assert sortino([0.1] * 25) is None


def test_sortino_counts_every_return_in_its_denominator():
    """Ten of +0.3, ten of -0.1: 0.1 / sqrt(0.5 * 0.01). Counting the losses alone would give 1."""
    assert sortino([0.3, -0.1] * 10) == pytest.approx(math.sqrt(2.0))


def test_sortino_against_a_target():
    """The target is taken from the mean and moves what counts as a shortfall."""
    assert sortino([0.3, -0.1] * 10, target=0.1) == pytest.approx(0.0)


@given(shift=st.integers(1, 50))
def test_money_scales_and_ratios_do_not(shift):
    """Twice the stake: twice the profit and drawdown, the same win rate, R, return, Sharpe, Sortino and factor."""
    pnls = [(place * shift) % 37 - 17 for place in range(24)]
    one = performance([a_trade(str(pnl), number=place) for place, pnl in enumerate(pnls)])
    two = performance([a_trade(str(2 * pnl), number=place, risk="200", cost="400") for place, pnl in enumerate(pnls)])
    assert two.max_drawdown.amount == 2 * one.max_drawdown.amount
    assert two.pnl == 2 * one.pnl
    for name in ("win_rate", "mean_r", "mean_return", "sharpe", "sortino", "profit_factor", "payoff"):
        assert getattr(two, name) == pytest.approx(getattr(one, name))


@pytest.mark.parametrize(("field", "value"), [("risk", "0"), ("risk", "NaN"), ("cost", "-1"), ("cost", "Infinity")])
def test_a_trade_has_something_at_risk_and_costs_something(field, value):
    """What would make R or the return infinite is refused where it comes in."""
    with pytest.raises(ValueError, match=f"a trade's {field} of .* is not above 0"):
        a_trade("1", **{field: value})


def test_a_profit_is_a_number():
    """NaN would pass every comparison unnoticed."""
    with pytest.raises(ValueError, match="not a number"):
        a_trade("NaN")
