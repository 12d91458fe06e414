"""Indicators on closed bars, seeded the way the published sheets do it.

Arrays hold floats, oldest first. Too short a history is an answer of its own: InsufficientHistory, never a number
made of too little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from domain.errors import RuleBroken
from domain.options.normal import FloatArray


class InsufficientHistory(RuleBroken):
    """Fewer bars than the indicator's definition needs."""

    def __init__(self, name: str, *, need: int, have: int) -> None:
        super().__init__("insufficient_history", f"{name} needs {need} bars, have {have}", need=need, have=have)


def ema(values: ArrayLike, n: int) -> float:
    """Exponential moving average of the last bar, weight 2/(n+1), seeded with the simple mean of the first n.

    values: shape (m,), m >= n. Raises InsufficientHistory. Source: ChartSchool, Moving Averages.
    """
    series = _enough("EMA", values, n)
    weight = 2.0 / (n + 1)
    return _smoothed(series, n, weight)


def rsi(closes: ArrayLike, n: int = 14) -> float:
    """Wilder's relative strength index of the last bar, 0 to 100; 50 where nothing has moved at all.

    closes: shape (m,), m >= n + 1. First averages are simple means of n changes, then Wilder's smoothing 1/n. Raises
    InsufficientHistory. Source: Wilder, New Concepts in Technical Trading Systems, 1978; ChartSchool's sheet.
    """
    changes = np.diff(_enough(f"RSI {n}", closes, n + 1))
    gain = _smoothed(np.maximum(changes, 0.0), n, 1.0 / n)
    loss = _smoothed(np.maximum(-changes, 0.0), n, 1.0 / n)
    if gain + loss == 0.0:
        return 50.0
    return 100.0 * gain / (gain + loss)


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, n: int = 14) -> float:
    """Wilder's average true range of the last bar, in price.

    Three arrays of shape (m,), m >= n. The first true range is high minus low; the first average is the simple mean of
    n. Raises InsufficientHistory. Source: Wilder 1978; ChartSchool, Average True Range.
    """
    highs, lows, closes = (_enough(f"ATR {n}", part, n) for part in (high, low, close))
    ranges = highs - lows
    before = closes[:-1]
    ranges[1:] = np.maximum(ranges[1:], np.maximum(np.abs(highs[1:] - before), np.abs(lows[1:] - before)))
    return _smoothed(ranges, n, 1.0 / n)


def _enough(name: str, values: ArrayLike, need: int) -> FloatArray:
    series = np.asarray(values, dtype=np.float64)
    if len(series) < need:
        raise InsufficientHistory(name, need=need, have=len(series))
    return series


def _smoothed(series: FloatArray, n: int, weight: float) -> float:
    average = float(series[:n].mean())
    for value in series[n:].tolist():
        average += weight * (value - average)
    return average
