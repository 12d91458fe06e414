"""Indicators against sheets that others have printed, to their digits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from domain.indicators import averages, bands, oscillators
from tests.domain.indicators.builders import candles, of_closes

# ChartSchool, Bollinger Bands
BOLLINGER_CLOSES = [
    86.1557, 89.0867, 88.7829, 90.3228, 89.0671, 91.1453, 89.4397, 89.1750, 86.9302, 87.6752, 86.9596, 89.4299, 89.3221,
    88.7241, 87.4497, 87.2634, 89.4985, 87.9006, 89.1260, 90.7043, 92.9001, 92.9784, 91.8021, 92.6647, 92.6843, 92.3021,
    92.7725, 92.5373, 92.9490, 93.2039, 91.0669, 89.8318, 89.7435, 90.3994, 90.7387, 88.0177, 88.0867, 88.8439, 90.7781,
    90.5416, 91.3894, 90.6500,
]  # fmt: skip
# ChartSchool, Stochastic Oscillator: closes are known from bar 14 on, which is when the sheet begins
STOCHASTIC_HIGHS = [
    127.0090, 127.6159, 126.5911, 127.3472, 128.1730, 128.4317, 127.3671, 126.4220, 126.8995, 126.8498, 125.6460,
    125.7156, 127.1582, 127.7154, 127.6855, 128.2228, 128.2725, 128.0934, 128.2725, 127.7353, 128.7700, 129.2873,
    130.0633, 129.1182, 129.2873, 128.4715, 128.0934, 128.6506, 129.1381, 128.6406,
]  # fmt: skip
STOCHASTIC_LOWS = [
    125.3574, 126.1633, 124.9296, 126.0937, 126.8199, 126.4817, 126.0340, 124.8301, 126.3921, 125.7156, 124.5615,
    124.5715, 125.0689, 126.8597, 126.6309, 126.8001, 126.7105, 126.8001, 126.1335, 125.9245, 126.9891, 127.8148,
    128.4715, 128.0641, 127.6059, 127.5960, 126.9990, 126.8995, 127.4865, 127.3970,
]  # fmt: skip
STOCHASTIC_CLOSES = [
    *STOCHASTIC_LOWS[:13], 127.2876, 127.1781, 128.0138, 127.1085, 127.7253, 127.0587, 127.3273, 128.7103, 127.8745,
    128.5809, 128.6008, 127.9342, 128.1133, 127.5960, 127.5960, 128.6904, 128.2725,
]  # fmt: skip
STOCHASTIC_K = [
    70.4382, 67.6089, 89.2021, 65.8106, 81.7477, 64.5238, 74.5298, 98.5814, 70.1045, 73.0561, 73.4178, 61.2313, 60.9563,
    40.3861, 40.3861, 66.8285, 56.7314,
]  # fmt: skip
STOCHASTIC_D = [
    75.7497, 74.2072, 78.9201, 70.6940, 73.6004, 79.2117, 81.0719, 80.5807, 72.1928, 69.2351, 65.2018, 54.1912, 47.2428,
    49.2003, 54.6487,
]  # fmt: skip
# Invest Excel, How to Calculate MACD in Excel: Apple, 2013
MACD_CLOSES = [
    459.99, 448.85, 446.06, 450.81, 442.80, 448.97, 444.57, 441.40, 430.47, 420.05, 431.14, 425.66, 430.58, 431.72,
    437.87, 428.43, 428.35, 432.50, 443.66, 455.72, 454.49, 452.08, 452.73, 461.91, 463.58, 461.14, 452.08, 442.66,
    428.91, 429.79, 431.99, 427.72, 423.20, 426.21, 426.98, 435.69, 434.33, 429.80, 419.85, 426.24,
]  # fmt: skip
# ChartSchool, Average Directional Index
DIRECTION_HIGHS = [
    30.1983, 30.2776, 30.4458, 29.3478, 29.3477, 29.2886, 28.8334, 28.7346, 28.6654, 28.8532, 28.6356, 27.6761, 27.2112,
    26.8651, 27.4090, 26.9441, 26.5189, 26.5189, 27.0927, 27.6860, 28.4477, 28.5267, 28.6654, 29.0116, 29.8720, 29.8028,
    29.7529, 30.6546, 30.5951, 30.7635,
]  # fmt: skip
DIRECTION_LOWS = [
    29.4072, 29.3182, 29.9611, 28.7443, 28.5566, 28.4081, 28.0818, 27.4289, 27.6565, 27.8345, 27.3992, 27.0927, 26.1826,
    26.1332, 26.6277, 26.1332, 25.4307, 25.3518, 25.8760, 26.9640, 27.1421, 28.0123, 27.8840, 27.9928, 28.7643, 29.1402,
    28.7127, 28.9290, 30.0304, 29.3863,
]  # fmt: skip
DIRECTION_CLOSES = [
    29.8720, 30.2381, 30.0996, 28.9028, 28.9225, 28.4775, 28.5566, 27.5576, 28.4675, 28.2796, 27.4882, 27.2310, 26.3507,
    26.3309, 27.0333, 26.2221, 26.0144, 25.4605, 27.0333, 27.4487, 28.3586, 28.4278, 27.9530, 29.0116, 29.3776, 29.3576,
    28.9107, 30.6149, 30.0502, 30.1890,
]  # fmt: skip


def test_bollinger_bands_are_of_population_deviations() -> None:
    """First and last rows of the sheet, at bars 20 and 42."""
    found = bands.bollinger(of_closes(BOLLINGER_CLOSES))
    printed = {"middle": (88.71, 89.05, 91.05), "upper": (91.29, 91.95, 94.15), "lower": (86.12, 86.14, 87.95)}

    for name, figures in printed.items():
        assert_allclose(getattr(found, name)[[19, 20, -1]], figures, atol=0.0051)
        assert np.isnan(getattr(found, name)[:19]).all()


def test_the_fast_stochastic_is_the_sheets() -> None:
    """Every row of %K and %D, which begin at bars 14 and 16."""
    found = oscillators.stochastic(candles(STOCHASTIC_HIGHS, STOCHASTIC_LOWS, STOCHASTIC_CLOSES), slowing=1)

    assert_allclose(found.k[13:], STOCHASTIC_K, atol=0.0015)
    assert_allclose(found.d[15:], STOCHASTIC_D, atol=0.0015)
    assert np.isnan(found.k[:13]).all() and np.isnan(found.d[:15]).all()


def test_the_slow_stochastic_is_the_fast_ones_mean() -> None:
    """Its %K is the sheet's %D."""
    found = oscillators.stochastic(candles(STOCHASTIC_HIGHS, STOCHASTIC_LOWS, STOCHASTIC_CLOSES))

    assert_allclose(found.k[15:], STOCHASTIC_D, atol=0.0015)
    assert_allclose(found.d[17], np.mean(STOCHASTIC_D[:3]), atol=0.0015)


def test_macd_is_seeded_with_simple_means_of_its_own() -> None:
    """8.2753 at bar 26 and a signal of 3.0375 at bar 34; with seeds aligned the line there would be -3.08."""
    found = averages.macd(of_closes(MACD_CLOSES))

    assert_allclose(found.line[[25, 26, 33]], [8.2752695039, 7.7033783815, -2.0705581901], atol=1e-9)
    assert_allclose(found.signal[[33, 34]], [3.0375258688, 1.9056522289], atol=1e-9)
    assert_allclose(found.histogram[33], -5.1080840589, atol=1e-9)
    assert np.isnan(found.line[:25]).all() and np.isnan(found.signal[:33]).all()


def test_directional_movement_is_the_sheets() -> None:
    """+DI and -DI from bar 15 on (as Highcharts tests them too), ADX 33.58 at bar 28."""
    found = oscillators.adx(candles(DIRECTION_HIGHS, DIRECTION_LOWS, DIRECTION_CLOSES))

    assert_allclose(found.plus[14:20], [6.749418735, 6.291978074, 5.781786709, 5.286665254, 8.698807305, 12.491034565])
    assert_allclose(found.minus[14:17], [32.419560489, 33.945766803, 36.427840302])
    assert found.adx[27] == pytest.approx(33.58, abs=0.005)
    assert np.isnan(found.adx[:27]).all() and np.isnan(found.plus[:14]).all()
