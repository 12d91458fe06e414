"""Indicators against the sheets that ChartSchool publishes."""

from __future__ import annotations

import numpy as np
import pytest

from domain import indicators
from domain.indicators import InsufficientHistory

RSI_CLOSES = [
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.6140,
    46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515, 45.7835, 45.3548,
    44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
]  # fmt: skip
EMA_CLOSES = [
    22.27, 22.19, 22.08, 22.17, 22.18, 22.13, 22.23, 22.43,
    22.24, 22.29, 22.15, 22.39, 22.38, 22.61, 23.36, 24.05, 23.75,
    23.83, 23.95, 23.63, 23.82, 23.87, 23.65, 23.19, 23.10, 23.33, 22.68, 23.10, 22.40, 22.17,
]  # fmt: skip
ATR_HIGHS = [
    48.70, 48.72, 48.90, 48.87, 48.82, 49.05, 49.20, 49.35,
    49.92, 50.19, 50.12, 49.66, 49.88, 50.19, 50.36, 50.57, 50.65,
    50.43, 49.63, 50.33,
]  # fmt: skip
ATR_LOWS = [
    47.79, 48.14, 48.39, 48.37, 48.24, 48.64, 48.94, 48.86,
    49.50, 49.87, 49.20, 48.90, 49.43, 49.73, 49.26, 50.09, 50.30,
    49.21, 48.98, 49.61,
]  # fmt: skip
ATR_CLOSES = [
    48.16, 48.61, 48.75, 48.63, 48.74, 49.03, 49.07, 49.32,
    49.91, 50.13, 49.53, 49.50, 49.75, 50.03, 50.31, 50.52, 50.41,
    49.34, 49.37, 50.23,
]  # fmt: skip


@pytest.mark.parametrize(
    ("bars", "published"), [(15, 70.53), (16, 66.32), (17, 66.55), (20, 57.97), (27, 39.99), (32, 33.08), (33, 37.77)]
)
def test_rsi_is_wilders(bars, published):
    """70.53 at the first bar that has one: seeded with a simple mean, not with an exponential one (71.86)."""
    assert indicators.rsi(RSI_CLOSES[:bars]) == pytest.approx(published, abs=0.05)


@pytest.mark.parametrize(("bars", "published"), [(10, 22.22), (11, 22.21), (12, 22.24), (16, 22.80), (30, 22.92)])
def test_ema_is_seeded_with_the_simple_mean(bars, published):
    """The first value is the mean of the first ten closes."""
    assert round(indicators.ema(EMA_CLOSES[:bars], 10), 2) == published


@pytest.mark.parametrize(
    ("bars", "published"), [(14, 0.56), (15, 0.59), (16, 0.59), (17, 0.57), (18, 0.62), (20, 0.64)]
)
def test_atr_is_wilders(bars, published):
    """The first true range is high minus low, the first average a simple mean of fourteen."""
    seen = indicators.atr(ATR_HIGHS[:bars], ATR_LOWS[:bars], ATR_CLOSES[:bars])
    assert seen == pytest.approx(published, abs=0.006)


def test_a_gap_counts_into_the_true_range():
    """A bar that opens beyond yesterday's close has moved further than its own height."""
    assert indicators.atr([10.0, 15.0], [9.0, 14.0], [10.0, 14.5], 2) == pytest.approx((1.0 + 5.0) / 2)


@pytest.mark.parametrize(("closes", "expected"), [([1.0] * 20, 50.0), (range(1, 21), 100.0), (range(20, 0, -1), 0.0)])
def test_rsi_of_a_series_without_ups_or_downs_is_at_its_bounds(closes, expected):
    """Nothing moved is neutral, only gains is 100, only losses is 0; nothing divides by zero."""
    assert indicators.rsi(list(closes)) == expected


@pytest.mark.parametrize(
    ("call", "need"),
    [
        (lambda bars: indicators.ema(bars, 8), 8),
        (lambda bars: indicators.rsi(bars), 15),
        (lambda bars: indicators.atr(bars, bars, bars), 14),
    ],
)
def test_too_short_a_history_is_said_with_its_figures(call, need):
    """One bar too few raises, exactly enough does not."""
    call(np.linspace(1.0, 2.0, need))
    with pytest.raises(InsufficientHistory, match=f"needs {need} bars, have {need - 1}") as refused:
        call(np.linspace(1.0, 2.0, need - 1))
    assert refused.value.code == "insufficient_history"


def test_the_callers_arrays_are_left_alone():
    """Indicators compute on copies."""
    closes = np.array(ATR_CLOSES)
    before = closes.copy()
    indicators.atr(np.array(ATR_HIGHS), np.array(ATR_LOWS), closes)
    indicators.rsi(closes)
    assert (closes == before).all()
