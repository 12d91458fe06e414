"""Strength and direction on fixed scales. Arrays as in averages."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from domain.indicators.averages import simple, wilder
from domain.indicators.bands import true_range
from domain.indicators.candles import BoolArray, Candles
from domain.indicators.library import talib
from domain.options.normal import FloatArray

NEUTRAL = 50.0


class Stochastic(NamedTuple):
    k: FloatArray
    d: FloatArray


class DirectionalMovement(NamedTuple):
    adx: FloatArray
    plus: FloatArray
    minus: FloatArray


def rsi(candles: Candles, n: int = 14) -> FloatArray:
    """Wilder's relative strength index of closes, 0 to 100, first at bar n + 1. Raises InsufficientHistory.

    TA-Lib's RSI, except where nothing has moved since the first bar: 50 here, 0 there. Source: Wilder 1978.
    """
    candles.need(f"RSI {n}", n + 1)
    return relative_strength(candles.close, n)


def relative_strength(closes: FloatArray, n: int) -> FloatArray:
    """RSI of an array of shape (m,), m > n."""
    index: FloatArray = talib.RSI(closes, n)
    still = np.concatenate([[True], np.cumsum(np.abs(np.diff(closes))) == 0.0])
    index[still & ~np.isnan(index)] = NEUTRAL
    return index


def stochastic(candles: Candles, n: int = 14, slowing: int = 3, signal: int = 3) -> Stochastic:
    """Where the close lies between the lowest low (0) and highest high (100) of n bars, smoothed; and %D, its mean.

    %K begins at bar n + slowing - 1, %D signal - 1 bars later; slowing 1 is the fast stochastic. Where n bars have one
    price only the raw value is 50; TA-Lib's STOCH says 0. Raises InsufficientHistory. Source: Lane; ChartSchool.
    """
    candles.need(f"Stochastic {n}, {slowing}, {signal}", n + slowing + signal - 2)
    low, high = talib.MIN(candles.low, n), talib.MAX(candles.high, n)
    k = simple(_ratio(candles.close - low, high - low, where_none=NEUTRAL / 100.0) * 100.0, slowing)
    return Stochastic(k, simple(k, signal))


def adx(candles: Candles, n: int = 14) -> DirectionalMovement:
    """Average directional index with +DI and -DI, all 0 to 100; they begin at bars 2n and n + 1; 2n bars are needed.

    True ranges and movements of bars 2 to n + 1 make the first averages, as on ChartSchool's sheet; TA-Lib's ADX starts
    with one fewer. Both DI are 0 where nothing has moved. Raises InsufficientHistory. Source: Wilder 1978.
    """
    candles.need(f"ADX {n}", 2 * n)
    up, down = np.diff(candles.high), -np.diff(candles.low)
    reach = wilder(_from_second(true_range(candles)[1:]), n)
    plus = 100.0 * _ratio(_moved(up, (up > down) & (up > 0), n), reach, where_none=0.0)
    minus = 100.0 * _ratio(_moved(down, (down > up) & (down > 0), n), reach, where_none=0.0)
    one_sided = 100.0 * _ratio(np.abs(plus - minus), plus + minus, where_none=0.0)
    return DirectionalMovement(wilder(one_sided, n), plus, minus)


def _moved(movement: FloatArray, counts: BoolArray, n: int) -> FloatArray:
    return wilder(_from_second(np.where(counts, movement, 0.0)), n)


def _from_second(values: FloatArray) -> FloatArray:
    return np.concatenate([[np.nan], values])


def _ratio(part: FloatArray, whole: FloatArray, *, where_none: float) -> FloatArray:
    """part / whole, NaN where either is NaN, ``where_none`` where the whole is zero."""
    empty = np.where(np.isnan(whole), np.nan, where_none)
    return np.divide(part, whole, out=empty, where=whole > 0.0)
