"""Saty's levels, ribbon and oscillator, by hand and by the formulas written out once more."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from domain.indicators import averages, bands, saty
from tests.domain.indicators.builders import candles, of_closes, wandering


def test_levels_hang_on_the_close_and_range_of_the_period_before() -> None:
    """Fourteen bars two high around 100, then one that runs to 103: its own range moves no level."""
    close = np.array([100.0] * 14 + [102.0])
    found = saty.atr_levels(candles([101.0] * 14 + [103.0], [99.0] * 14 + [100.0], close))

    assert (found.anchor[-1], found.atr[-1], found.range_used[-1]) == (100.0, 2.0, 1.5)
    assert [round(float(found.level(part)[-1]), 3) for part in (0.236, 0.618, -1.0, 3.0)] == [
        100.472,
        101.236,
        98.0,
        106.0,
    ]
    assert found.range_colours().tolist() == [""] * 14 + ["red"]
    assert found.gate_up.tolist() == [False] * 14 + [True]
    assert not found.gate_down.any()
    assert np.isnan(found.anchor[:14]).all()


def test_the_levels_that_are_drawn_reach_three_ranges() -> None:
    """Six fractions, three times."""
    assert saty.FRACTIONS == (
        0.236, 0.382, 0.5, 0.618, 0.786, 1.0, 1.236, 1.382, 1.5, 1.618, 1.786, 2.0,
        2.236, 2.382, 2.5, 2.618, 2.786, 3.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("height", "colour"), [(1.39, "green"), (1.4, "green"), (1.41, "orange"), (1.79, "orange"), (1.8, "red")]
)
def test_the_range_used_has_a_colour(height: float, colour: str) -> None:
    """Green up to 70 %, red from 90 %."""
    bars = candles([101.0] * 14 + [100.0 + height], [99.0] * 14 + [100.0], [100.0] * 15)
    assert saty.atr_levels(bars).range_colours()[-1] == colour


def test_the_gate_opens_downwards_as_well() -> None:
    """Past 0.382 of the range below the anchor."""
    bars = candles([101.0] * 14 + [100.1], [99.0] * 14 + [99.2], [100.0] * 14 + [99.5])
    found = saty.atr_levels(bars)
    assert (bool(found.gate_up[-1]), bool(found.gate_down[-1])) == (False, True)


def test_the_ribbon_of_a_climb_is_bullish_and_of_a_fall_bearish() -> None:
    """Price above the fast average, that above the slow ones."""
    rising, falling = np.arange(100.0, 200.0), np.arange(200.0, 100.0, -1.0)
    up, down = saty.ribbon(of_closes(rising)), saty.ribbon(of_closes(falling))

    assert set(up.trend[33:].tolist()) == {1} and set(down.trend[33:].tolist()) == {-1}
    assert up.fast_up[33:].all() and up.slow_up[33:].all() and not down.fast_up[33:].any()
    assert np.isnan(up.ema200).all() and not np.isnan(saty.ribbon(wandering()).ema200[199:]).any()
    assert not up.conviction.any() and not up.trend[:33].any()


def test_conviction_is_told_at_the_crossing_only() -> None:
    """A climb after a fall carries EMA 13 over 48 once."""
    closes = np.concatenate([np.arange(200.0, 100.0, -1.0), np.arange(100.0, 200.0)])
    found = saty.ribbon(of_closes(closes))
    at = np.flatnonzero(found.conviction)

    assert found.conviction[at].tolist() == [1]
    assert found.ema13[at[0]] > found.ema48[at[0]] and found.ema13[at[0] - 1] <= found.ema48[at[0] - 1]


def test_the_bias_colours_a_candle_by_side_and_direction() -> None:
    """Green and blue above EMA 48, orange and red below."""
    bars = wandering()
    found = saty.ribbon(bars)
    names = {(True, True): "green", (True, False): "blue", (False, True): "orange", (False, False): "red"}

    expected = [
        names[bool(bars.close[i] >= found.ema48[i]), bool(bars.close[i] >= bars.open[i])] for i in range(47, 300)
    ]
    assert_array_equal(found.bias[47:], expected)
    assert set(found.bias[:47].tolist()) == {""}


def test_the_phase_of_an_even_climb() -> None:
    """The close is ten steps over EMA 21 and a bar's true range is two: 10 / 6 of a hundred."""
    close = np.arange(100.0, 160.0)
    found = saty.phase(candles(close + 1.0, close - 1.0, close))

    assert_allclose(found.oscillator[22:], 166.67)
    assert np.isnan(found.oscillator[:22]).all()
    assert set(found.zones()[22:].tolist()) == {"extended up"}


def test_the_phase_is_its_formula() -> None:
    """Written out once more on a wandering price, zones and crossings included."""
    bars = wandering()
    found = saty.phase(bars)
    raw = (bars.close - averages.ema(bars, 21)) / (3.0 * bands.atr(bars)) * 100.0
    smooth = [np.nan] * 22 + [float(np.mean(raw[20:23]))]
    for value in raw[23:]:
        smooth.append(smooth[-1] + (float(value) - smooth[-1]) / 2.0)

    assert_allclose(found.oscillator, np.round(smooth, 2), atol=0.0101)
    at = found.oscillator
    for i in range(23, 300):
        assert found.leaves_accumulation[i] == (at[i - 1] <= -61.8 < at[i])
        assert found.leaves_extreme_down[i] == (at[i - 1] <= -100.0 < at[i])
        assert found.leaves_distribution[i] == (at[i - 1] >= 61.8 > at[i])
        assert found.leaves_extreme_up[i] == (at[i - 1] >= 100.0 > at[i])
    assert found.leaves_accumulation.any() and found.leaves_distribution.any()


@pytest.mark.parametrize(
    ("value", "zone"),
    [(np.nan, ""), (0.0, "launch box"), (23.6, "launch box"), (-23.6, "launch box"), (23.7, "mark-up"), (61.8, "mark-up"),
     (61.9, "distribution"), (100.0, "distribution"), (100.1, "extended up"), (-23.7, "mark-down"),
     (-61.8, "mark-down"), (-61.9, "accumulation"), (-100.0, "accumulation"), (-100.1, "extended down")],
)  # fmt: skip
def test_zones_end_at_the_published_lines(value: float, zone: str) -> None:
    """Each line belongs to the zone nearer to zero."""
    none = np.zeros(1, dtype=bool)
    assert saty.Phase(np.array([value]), none, none, none, none, none).zones().tolist() == [zone]


def test_compression_is_its_formula() -> None:
    """Bands narrower than two ranges, unless they widen already and are beyond 1.854 ranges."""
    bars = wandering()
    found = saty.phase(bars).compressed
    reach = bands.atr(bars)
    before = np.nan
    for i in range(20, 300):
        offset = 2.0 * float(np.std(bars.close[i - 20 : i + 1]))
        now = offset - 2.0 * reach[i]
        expanding = now >= before and offset - 1.854 * reach[i] > 0
        assert found[i] == (not expanding and now <= 0)
        before = now
    assert found.any() and not found.all() and not found[:20].any()


def test_each_style_of_trading_has_its_timeframe() -> None:
    """From a day to twelve months."""
    assert [mode.value.value for mode in saty.Mode] == ["D", "W", "M", "3M", "12M"]
