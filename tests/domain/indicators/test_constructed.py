"""Averages, bands, oscillators and volume on series whose answers can be told by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from numpy.testing import assert_allclose

from domain import indicators
from domain.indicators import Candles, averages, bands, oscillators, volume
from domain.quotes import Bar
from tests.domain.indicators.builders import candles, days, of_closes, wandering

RISING = np.arange(1.0, 61.0)


def test_averages_of_a_straight_line_lag_behind_it() -> None:
    """The SMA by (n - 1) / 2 steps; the EMA, seeded with it, by as many for ever."""
    assert_allclose(averages.sma(of_closes(RISING), 9)[8:], RISING[8:] - 4.0)
    assert_allclose(averages.ema(of_closes(RISING), 9)[8:], RISING[8:] - 4.0)


def test_macd_of_a_straight_line_is_the_difference_of_the_lags() -> None:
    """12.5 less 5.5 steps, with a signal that has caught up."""
    found = averages.macd(of_closes(RISING))
    assert_allclose(found.line[25:], 7.0)
    assert_allclose(found.histogram[33:], 0.0, atol=1e-12)


def test_rsi_begins_at_neutral_and_leaves_it_with_the_first_change() -> None:
    """Still prices are 50, one rise makes 100."""
    found = oscillators.rsi(of_closes([5.0] * 20 + [6.0, 6.0]))
    assert_allclose(found[14:], [50.0] * 6 + [100.0] * 2)
    assert np.isnan(found[:14]).all()


def test_bollinger_bands_of_two_alternating_prices() -> None:
    """10 and 12 by turns: mean 11, population deviation exactly 1."""
    found = bands.bollinger(of_closes([10.0, 12.0] * 15))
    assert_allclose(found.upper[19:], 13.0)
    assert_allclose(found.lower[19:], 9.0)


def test_keltner_channels_of_even_bars() -> None:
    """Bars two high around 10: an average range of 2 for Wilder's mean and the simple one."""
    bars = candles([11.0] * 30, [9.0] * 30, [10.0] * 30)
    assert_allclose(bands.keltner(bars).upper[19:], 14.0)
    assert_allclose(bands.keltner_of_squeeze(bars).lower[19:], 7.0)
    assert np.isnan(bands.keltner(bars).middle[:19]).all()


def test_the_mean_range_of_the_squeeze_is_simple_where_keltners_is_wilders() -> None:
    """One wild bar leaves a simple mean of twenty after twenty bars, Wilder's never quite."""
    high = np.full(60, 11.0)
    high[5] = 31.0
    bars = candles(high, [9.0] * 60, [10.0] * 60)
    assert_allclose(bands.keltner_of_squeeze(bars).upper[25:], 13.0)
    assert bands.keltner(bars, atr_n=20).upper[-1] > 14.0


def test_a_gap_widens_the_true_range_in_both_directions() -> None:
    """From the close before to the far end of the bar."""
    bars = candles([10.0, 15.0, 9.0], [9.0, 14.0, 8.0], [10.0, 14.5, 8.5])
    assert_allclose(bands.true_range(bars), [1.0, 5.0, 6.5])


def test_atr_of_the_last_bar_is_the_series_last_value() -> None:
    """As are EMA and RSI: one definition."""
    bars = wandering()
    assert indicators.atr(bars.high, bars.low, bars.close) == bands.atr(bars)[-1]
    assert indicators.ema(bars.close, 20) == averages.ema(bars)[-1]
    assert indicators.rsi(bars.close) == oscillators.rsi(bars)[-1]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 0.0, -3.0])
def test_the_last_values_refuse_holes_too(wrong: float) -> None:
    """A plain array is checked like Candles."""
    closes = np.array([*RISING[:30], wrong, *RISING[30:]])
    with pytest.raises(indicators.BarsWithHoles, match=r"bar 31 of 61: price"):
        indicators.ema(closes, 8)
    with pytest.raises(indicators.BarsWithHoles, match=r"bar 31 of 61: price"):
        indicators.rsi(closes)
    with pytest.raises(indicators.BarsWithHoles):
        indicators.atr(closes, closes, closes)
    with pytest.raises(indicators.BarsWithHoles, match="high below low"):
        indicators.atr(RISING, RISING + 1.0, RISING)


def test_adx_of_an_even_climb_is_a_hundred() -> None:
    """All movement up: +DI is the step over the true range, -DI zero."""
    found = oscillators.adx(candles(RISING + 1.0, RISING, RISING + 0.5))
    assert_allclose(found.plus[14:], 100.0 * 1.0 / 1.5)
    assert_allclose(found.minus[14:], 0.0)
    assert_allclose(found.adx[27:], 100.0)


def test_adx_without_movement_is_zero() -> None:
    """Bars that repeat each other go nowhere."""
    found = oscillators.adx(candles([11.0] * 30, [9.0] * 30, [10.0] * 30))
    assert_allclose(found.adx[27:], 0.0)
    still = oscillators.adx(of_closes([5.0] * 30))
    assert_allclose(still.plus[14:], 0.0)


def test_stochastic_is_at_its_ends_in_an_even_climb_and_neutral_at_rest() -> None:
    """The close is the highest high; where all prices are one it is nowhere."""
    rising = oscillators.stochastic(of_closes(RISING))
    assert_allclose(rising.d[17:], 100.0)
    assert_allclose(oscillators.stochastic(of_closes([5.0] * 30)).k[15:], 50.0)


def test_obv_adds_rises_and_takes_off_falls() -> None:
    """An equal close changes nothing."""
    bars = candles([9.0] * 5, [1.0] * 5, [3.0, 4.0, 4.0, 2.0, 5.0], volume=[10, 20, 30, 40, 50])
    assert_allclose(np.diff(volume.obv(bars)), [20.0, 0.0, -40.0, 50.0])


def test_volume_ratio_compares_with_the_bars_before() -> None:
    """The bar itself is no part of its own measure; against nothing traded there is no ratio."""
    traded = np.array([100.0] * 20 + [300.0, 110.0])
    found = volume.volume_ratio(candles([5.0] * 22, [5.0] * 22, [5.0] * 22, volume=traded))
    assert_allclose(found[20:], [3.0, 1.0])
    nothing = volume.volume_ratio(candles([5.0] * 22, [5.0] * 22, [5.0] * 22, volume=np.zeros(22)))
    assert np.isnan(nothing).all()


def test_vwap_starts_anew_each_session_and_leaves_other_hours_out() -> None:
    """Typical price weighted by volume from the open on; bars before it, after it and between sessions have none."""
    times = ["14:25", "14:30", "14:35", "21:00"]
    start = [datetime.fromisoformat(f"2026-11-{day}T{at}+00:00").timestamp() for day in (16, 17) for at in times]
    typical = np.array([50.0, 10.0, 20.0, 70.0, 60.0, 30.0, 40.0, 80.0])
    bars = candles(typical + 1, typical - 1, typical, volume=[9, 1, 3, 9, 9, 0, 2, 9], start=start)
    hours = days(("2026-11-16 14:30", "2026-11-16 21:00"), ("2026-11-17 14:30", "2026-11-17 21:00"))

    found = volume.vwap(bars, hours)

    assert_allclose(found[[1, 2, 6]], [10.0, (10.0 + 60.0) / 4.0, 40.0])
    assert np.isnan(found[[0, 3, 4, 5, 7]]).all()


def test_vwap_of_a_session_that_began_before_the_bars_is_not_known() -> None:
    """Half a session's mean would look like the whole one's."""
    start = [datetime(2026, 11, 16, 15, minute, tzinfo=UTC).timestamp() for minute in (0, 5)]
    bars = candles([2.0, 2.0], [1.0, 1.0], [1.0, 2.0], start=start)
    assert np.isnan(volume.vwap(bars, days(("2026-11-16 14:30", "2026-11-16 21:00")))).all()


def test_candles_are_made_of_a_providers_bars() -> None:
    """Decimals become floats, the start its second."""
    at = datetime(2026, 11, 16, 14, 30, tzinfo=UTC)
    found = Candles.of([Bar(at, Decimal("1.5"), Decimal(3), Decimal(1), Decimal(2), 70)])

    row = [values[0] for values in (found.start, found.open, found.high, found.low, found.close, found.volume)]
    assert row == [at.timestamp(), 1.5, 3.0, 1.0, 2.0, 70.0]
    assert len(Candles.of([])) == 0
