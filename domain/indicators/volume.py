"""What volume says. Arrays as in averages."""

from __future__ import annotations

import numpy as np

from domain.indicators.averages import simple
from domain.indicators.candles import Candles
from domain.indicators.hours import SessionHours
from domain.indicators.library import talib
from domain.options.normal import FloatArray


def obv(candles: Candles) -> FloatArray:
    """On-balance volume in shares: volume added on a higher close, taken off on a lower one. TA-Lib's OBV.

    It begins with the first bar's volume, so only its changes mean something. Source: Granville 1963. Raises
    InsufficientHistory without any bar.
    """
    candles.need("OBV", 1)
    balance: FloatArray = talib.OBV(candles.close, candles.volume)
    return balance


def volume_ratio(candles: Candles, n: int = 20) -> FloatArray:
    """Volume over the mean volume of the n bars before, first at bar n + 1; NaN too where those traded nothing.

    The bar itself stays out of the mean, which it would drag along. Raises InsufficientHistory.
    """
    candles.need(f"volume ratio {n}", n + 1)
    usual = np.concatenate([[np.nan], simple(candles.volume, n)[:-1]])
    ratio = np.full(len(candles), np.nan)
    np.divide(candles.volume, usual, out=ratio, where=usual > 0.0)
    return ratio


def vwap(candles: Candles, hours: SessionHours) -> FloatArray:
    """Volume-weighted mean of typical prices (high + low + close) / 3 since the open of each regular session.

    NaN outside regular sessions, before a session's first volume, and in a session that began before the first bar: its
    mean cannot be known. TA-Lib's VWAP never starts anew. Raises InsufficientHistory without any bar.
    """
    candles.need("VWAP", 1)
    typical = (candles.high + candles.low + candles.close) / 3.0
    mean = np.full(len(candles), np.nan)
    for bars in hours.whole_sessions(candles):
        traded = np.cumsum(candles.volume[bars])
        paid = np.cumsum(typical[bars] * candles.volume[bars])
        mean[bars] = np.divide(paid, traded, out=np.full(len(traded), np.nan), where=traded > 0.0)
    return mean
