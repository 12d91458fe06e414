"""Moving averages and what is made of two of them.

Every array that is returned is as long as the bars, NaN before the first value. What an array holds for a bar depends on
that bar and those before it only.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.indicators.candles import Candles
from domain.indicators.library import talib
from domain.options.normal import FloatArray


class Macd(NamedTuple):
    line: FloatArray
    signal: FloatArray
    histogram: FloatArray


def simple(values: FloatArray, n: int) -> FloatArray:
    """Mean of the last n; first value at n - 1 (after leading NaN). TA-Lib's SMA."""
    average: FloatArray = talib.SMA(values, n)
    return average


def exponential(values: FloatArray, n: int) -> FloatArray:
    """Weight 2/(n+1), seeded with the simple mean of the first n (after leading NaN). TA-Lib's EMA."""
    average: FloatArray = talib.EMA(values, n)
    return average


def wilder(values: FloatArray, n: int) -> FloatArray:
    """Weight 1/n, seeded with the simple mean of the first n (after leading NaN). TA-Lib's RMA."""
    average: FloatArray = talib.RMA(values, n)
    return average


def sma(candles: Candles, n: int = 20) -> FloatArray:
    """Simple moving average of closes, first at bar n. Raises InsufficientHistory."""
    candles.need(f"SMA {n}", n)
    return simple(candles.close, n)


def ema(candles: Candles, n: int = 20) -> FloatArray:
    """Exponential moving average of closes, first at bar n. Raises InsufficientHistory. Source: ChartSchool."""
    candles.need(f"EMA {n}", n)
    return exponential(candles.close, n)


def macd(candles: Candles, fast: int = 12, slow: int = 26, signal: int = 9) -> Macd:
    """Difference of two EMAs of closes, its own EMA, and the difference of those; in price.

    The line begins at bar slow, signal and histogram at bar slow + signal - 1, which are needed. Each EMA is seeded
    with its own first closes, as Appel and the published sheets do; TA-Lib's MACD starts the fast one late, so that
    both begin together, and differs for some fifty bars. Raises InsufficientHistory.
    """
    candles.need(f"MACD {fast}, {slow}, {signal}", slow + signal - 1)
    line = exponential(candles.close, fast) - exponential(candles.close, slow)
    smoothed = exponential(line, signal)
    return Macd(line, smoothed, line - smoothed)
