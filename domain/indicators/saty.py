"""Saty Mahajan's three indicators from their published formulas: ATR levels, pivot ribbon, phase oscillator."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.indicators.averages import exponential
from domain.indicators.bands import atr
from domain.indicators.candles import BoolArray, Candles, TextArray
from domain.indicators.library import talib
from domain.indicators.periods import Timeframe
from domain.options.normal import FloatArray

ATR_PERIOD: Final = 14
_PARTS: Final = (0.236, 0.382, 0.5, 0.618, 0.786, 1.0)
FRACTIONS: Final = tuple(round(whole + part, 3) for whole in (0, 1, 2) for part in _PARTS)
GATE: Final = 0.382
_CALM, _SPENT = 0.70, 0.90
_RIBBON: Final = (8, 13, 21, 34, 48)
_LONG: Final = 200


class Mode(Enum):
    """Timeframe of the bars that the levels are taken from, by style of trading."""

    DAY = Timeframe.DAY
    MULTIDAY = Timeframe.WEEK
    SWING = Timeframe.MONTH
    POSITION = Timeframe.QUARTER
    LONG_TERM = Timeframe.YEAR


class AtrLevels(NamedTuple):
    """anchor and atr in price, range_used as a fraction of atr; shape (n,), NaN before bar 15. gate_up and gate_down: the
    bar has passed 0.382 of the way on that side, aiming at 0.618.
    """

    anchor: FloatArray
    atr: FloatArray
    range_used: FloatArray
    gate_up: BoolArray
    gate_down: BoolArray

    def level(self, fraction: float) -> FloatArray:
        """Price at that multiple of the ATR from the anchor, below it for a negative one; FRACTIONS are those drawn."""
        return self.anchor + fraction * self.atr

    def range_colours(self) -> TextArray:
        """green up to 70 % of the range used, red from 90 %, orange between; "" before bar 15."""
        used = np.round(self.range_used, 6)  # 101.4 - 100 is a hair over 1.4
        return np.select([np.isnan(used), used <= _CALM, used >= _SPENT], ["", "green", "red"], "orange")


class Ribbon(NamedTuple):
    """EMAs by their length, shape (n,), NaN before their first; ema200 is NaN throughout where there are fewer bars.

    trend: +1 close >= EMA 8 >= 21 >= 34, -1 the other way round, else 0. fast_up and slow_up: EMA 8 at or above 21, 21
    at or above 34. conviction: +1 and -1 at the bar where EMA 13 crosses 48. bias: candle colours against EMA 48.
    """

    ema8: FloatArray
    ema13: FloatArray
    ema21: FloatArray
    ema34: FloatArray
    ema48: FloatArray
    ema200: FloatArray
    trend: NDArray[np.int8]
    fast_up: BoolArray
    slow_up: BoolArray
    conviction: NDArray[np.int8]
    bias: TextArray


class Phase(NamedTuple):
    """oscillator: two decimals, NaN before bar 23. compressed is False before bar 21. The four others mark the bar that
    leaves accumulation (up through -61.8), extreme down (up through -100), distribution (down through 61.8) and extreme
    up (down through 100).
    """

    oscillator: FloatArray
    compressed: BoolArray
    leaves_accumulation: BoolArray
    leaves_extreme_down: BoolArray
    leaves_distribution: BoolArray
    leaves_extreme_up: BoolArray

    def zones(self) -> TextArray:
        """Names of the zones by bar, "" before bar 23."""
        at = self.oscillator
        inner, outer, end = 23.6, 61.8, 100.0
        cases = [np.isnan(at), np.abs(at) <= inner, at > end, at > outer, at > inner, at < -end, at < -outer]
        names = ["", "launch box", "extended up", "distribution", "mark-up", "extended down", "accumulation"]
        return np.select(cases, names, "mark-down")


def atr_levels(periods: Candles) -> AtrLevels:
    """Levels for every bar of a mode's timeframe, from the close and Wilder's ATR 14 of the bar before it.

    periods: bars of Mode's timeframe, as periods makes them; the last may be the running one. The script asks for extended
    hours. 15 bars are needed. Raises InsufficientHistory.
    """
    periods.need("Saty ATR levels", ATR_PERIOD + 1)
    reach = _of_bar_before(atr(periods, ATR_PERIOD))
    anchor = np.where(np.isnan(reach), np.nan, _of_bar_before(periods.close))
    used = np.divide(periods.high - periods.low, reach, out=np.full(len(periods), np.nan), where=reach > 0.0)
    gates = periods.high > anchor + GATE * reach, periods.low < anchor - GATE * reach
    return AtrLevels(anchor, reach, used, *gates)


def ribbon(candles: Candles) -> Ribbon:
    """Pivot ribbon of completed bars; 48 are needed. For a bar still running the script shows the values before it.

    bias: green for a rising bar above EMA 48, blue for a falling one above, orange and red below; "" before bar 48.
    Raises InsufficientHistory.
    """
    candles.need("Saty pivot ribbon", max(_RIBBON))
    close = candles.close
    ema8, ema13, ema21, ema34, ema48 = (exponential(close, n) for n in _RIBBON)
    bullish = (close >= ema8) & (ema8 >= ema21) & (ema21 >= ema34)
    bearish = (close <= ema8) & (ema8 <= ema21) & (ema21 <= ema34)
    trend = bullish.astype(np.int8) - bearish.astype(np.int8)
    fast_up, slow_up = ema8 >= ema21, ema21 >= ema34
    crossed = _crosses(ema13 - ema48)
    return Ribbon(
        ema8, ema13, ema21, ema34, ema48, exponential(close, _LONG), trend, fast_up, slow_up, crossed,
        _bias(candles, ema48),
    )  # fmt: skip


def phase(candles: Candles) -> Phase:
    """EMA 3 of the close's distance from EMA 21 in percent of three ATR 14, and whether the bands are compressed.

    23 bars are needed. 0 where the ATR is 0. Raises InsufficientHistory.
    """
    candles.need("Saty phase oscillator", 23)
    reach, pivot = atr(candles, ATR_PERIOD), exponential(candles.close, 21)
    still = np.where(np.isnan(pivot), np.nan, 0.0)
    distance = 100.0 * np.divide(candles.close - pivot, 3.0 * reach, out=still, where=reach > 0.0)
    value = np.round(exponential(distance, 3), 2)
    return Phase(
        value, _compressed(2.0 * talib.STDDEV(candles.close, 21), reach),
        _through(value, -61.8, up=True), _through(value, -100.0, up=True),
        _through(value, 61.8, up=False), _through(value, 100.0, up=False),
    )  # fmt: skip


def _compressed(offset: FloatArray, reach: FloatArray) -> BoolArray:
    """Bollinger's offset against two ATRs; expanding from a width of 1.854 ATRs on ends it early."""
    compression = offset - 2.0 * reach
    expanding = np.concatenate([[False], compression[1:] >= compression[:-1]])
    return (compression <= 0.0) & ~(expanding & (offset - 1.854 * reach > 0.0))


def _of_bar_before(values: FloatArray) -> FloatArray:
    return np.concatenate([[np.nan], values[:-1]])


def _crosses(difference: FloatArray) -> NDArray[np.int8]:
    up = _through(difference, 0.0, up=True).astype(np.int8)
    return up - _through(difference, 0.0, up=False).astype(np.int8)


def _through(values: FloatArray, level: float, *, up: bool) -> BoolArray:
    now, before = values[1:], values[:-1]
    passed = (before <= level) & (now > level) if up else (before >= level) & (now < level)
    return np.concatenate([[False], passed])


def _bias(candles: Candles, ema48: FloatArray) -> TextArray:
    rising, above = candles.close >= candles.open, candles.close >= ema48
    cases = [np.isnan(ema48), above & rising, above, rising]
    return np.select(cases, ["", "green", "blue", "orange"], "red")
