"""Indicators on completed bars, seeded the way the published sheets do it.

Each takes Candles and returns arrays as long as they are: NaN (or False, 0, "") before its first value, which every
docstring names. An array's value for a bar never changes when later bars come. Too short a history is an answer of its
own, InsufficientHistory, and so is a hole in it, BarsWithHoles: never a number made of too little.

The three functions here give the last value alone, of plain arrays.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from domain.indicators.averages import exponential, wilder
from domain.indicators.bands import ranges_of
from domain.indicators.candles import BarsWithHoles, Candles, InsufficientHistory, check_heights, row_of_prices
from domain.indicators.oscillators import relative_strength
from domain.options.normal import FloatArray

__all__ = ["BarsWithHoles", "Candles", "InsufficientHistory", "atr", "ema", "rsi"]


def ema(values: ArrayLike, n: int) -> float:
    """Exponential moving average of the last bar, weight 2/(n+1), seeded with the simple mean of the first n.

    values: prices, shape (m,), m >= n. Raises InsufficientHistory, BarsWithHoles. Source: ChartSchool, Moving Averages.
    """
    return float(exponential(_enough("EMA", values, n), n)[-1])


def rsi(closes: ArrayLike, n: int = 14) -> float:
    """Wilder's relative strength index of the last bar, 0 to 100; 50 where nothing has moved at all.

    closes: shape (m,), m >= n + 1. First averages are simple means of n changes, then Wilder's smoothing 1/n. Raises
    InsufficientHistory, BarsWithHoles. Source: Wilder, New Concepts in Technical Trading Systems, 1978; ChartSchool.
    """
    return float(relative_strength(_enough(f"RSI {n}", closes, n + 1), n)[-1])


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, n: int = 14) -> float:
    """Wilder's average true range of the last bar, in price.

    Three arrays of shape (m,), m >= n. The first true range is high minus low; the first average is the simple mean of
    n. Raises InsufficientHistory, BarsWithHoles. Source: Wilder 1978; ChartSchool, Average True Range.
    """
    highs, lows, closes = (_enough(f"ATR {n}", part, n) for part in (high, low, close))
    check_heights(highs, lows)
    return float(wilder(ranges_of(highs, lows, closes), n)[-1])


def _enough(name: str, values: ArrayLike, need: int) -> FloatArray:
    series = row_of_prices(values)
    if len(series) < need:
        raise InsufficientHistory(name, need=need, have=len(series))
    return series
