"""How far prices range: true range, and bands around an average. Arrays as in averages."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from domain.indicators.averages import exponential, simple, wilder
from domain.indicators.candles import Candles
from domain.indicators.library import talib
from domain.options.normal import FloatArray


class Bands(NamedTuple):
    upper: FloatArray
    middle: FloatArray
    lower: FloatArray


def true_range(candles: Candles) -> FloatArray:
    """The bar's height, stretched to the close before; of the first bar its height. TA-Lib leaves that one out."""
    return ranges_of(candles.high, candles.low, candles.close)


def ranges_of(high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
    """True ranges of three arrays of shape (m,)."""
    ranges = high - low
    before = close[:-1]
    ranges[1:] = np.maximum(high[1:], before) - np.minimum(low[1:], before)
    return ranges


def atr(candles: Candles, n: int = 14) -> FloatArray:
    """Wilder's average true range in price, first at bar n. Raises InsufficientHistory.

    The first true range is high minus low, as on ChartSchool's sheet; TA-Lib's ATR has none for that bar, begins one
    bar later and stays different. Source: Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    candles.need(f"ATR {n}", n)
    return wilder(true_range(candles), n)


def bollinger(candles: Candles, n: int = 20, width: float = 2.0) -> Bands:
    """SMA of closes and bands ``width`` population standard deviations around it, first at bar n. TA-Lib's BBANDS.

    Raises InsufficientHistory. Source: Bollinger on Bollinger Bands, 2001.
    """
    candles.need(f"Bollinger {n}", n)
    upper, middle, lower = talib.BBANDS(candles.close, n, width, width)
    return Bands(upper, middle, lower)


def keltner(candles: Candles, n: int = 20, atr_n: int = 10, width: float = 2.0) -> Bands:
    """EMA of closes and bands ``width`` Wilder ATRs around it, first at the later of bars n and atr_n.

    Raises InsufficientHistory. Source: ChartSchool, Keltner Channels. TA-Lib's KC has its own ATR's seed.
    """
    candles.need(f"Keltner {n}, {atr_n}", max(n, atr_n))
    return _around(exponential(candles.close, n), width * atr(candles, atr_n))


def keltner_of_squeeze(candles: Candles, n: int = 20, width: float = 1.5) -> Bands:
    """SMA of closes and bands ``width`` simple mean true ranges around it, first at bar n: thinkorswim's TTM_Squeeze.

    Raises InsufficientHistory.
    """
    candles.need(f"Keltner {n}", n)
    return _around(simple(candles.close, n), width * simple(true_range(candles), n))


def _around(middle: FloatArray, reach: FloatArray) -> Bands:
    upper, lower = middle + reach, middle - reach
    return Bands(upper, np.where(np.isnan(upper), np.nan, middle), lower)
