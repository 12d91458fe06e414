"""TTM Squeeze: quiet markets by Bollinger Bands inside Keltner Channels, and the momentum they are left with.

As thinkorswim draws it. Three common readings are wrong: Bollinger Bands of 1.5 deviations (LazyBear's first version; 87
instead of 48 days for SPY in 2014), a momentum smoothed from a rate of change, and the slope of the regression where its
end is meant.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.indicators.averages import simple
from domain.indicators.bands import bollinger, keltner_of_squeeze
from domain.indicators.candles import BoolArray, Candles, TextArray
from domain.indicators.library import talib
from domain.options.normal import FloatArray

PERIOD: Final = 20
BARS_NEEDED: Final = 2 * PERIOD - 1
_PRO_WIDTHS: Final = (2.0, 1.5, 1.0)


class Colour(StrEnum):
    CYAN = "cyan"
    BLUE = "blue"
    RED = "red"
    YELLOW = "yellow"


class Squeeze(NamedTuple):
    """Arrays of shape (n,). on and fired are False before bar 20, momentum (in price) is NaN before bar 39.

    fired: the first bar that is off after one that was on. colours: a Colour from bar 40 on, "" before: above zero
    cyan while rising, else blue; at or below zero red while falling, else yellow.
    """

    on: BoolArray
    fired: BoolArray
    momentum: FloatArray
    colours: TextArray


def squeeze(candles: Candles) -> Squeeze:
    """The squeeze of 20 bars, both Bollinger Bands (2.0) strictly inside Keltner's (1.5). Raises InsufficientHistory."""
    candles.need("TTM Squeeze", BARS_NEEDED)
    on = _inside(candles, 1.5)
    fired = np.concatenate([[False], on[:-1] & ~on[1:]])
    strength = momentum(candles)
    return Squeeze(on, fired, strength, _colours(strength))


def pro_level(candles: Candles) -> NDArray[np.int8]:
    """Squeeze Pro: 0 none, 1 low, 2 middle, 3 high compression, by Keltner widths of 2.0, 1.5 and 1.0; 0 before bar 20.

    Raises InsufficientHistory below 20 bars.
    """
    levels = np.zeros(len(candles), dtype=np.int8)
    for width in _PRO_WIDTHS:
        levels += _inside(candles, width)
    return levels


def momentum(candles: Candles) -> FloatArray:
    """End of the regression line through 20 bars of the close's distance from the middle, in price.

    The middle is the mean of SMA 20 and of the halfway point between the highest high and the lowest low of 20 bars.
    NaN before bar 39. Raises InsufficientHistory.
    """
    candles.need("squeeze momentum", BARS_NEEDED)
    halfway = (talib.MAX(candles.high, PERIOD) + talib.MIN(candles.low, PERIOD)) / 2.0
    distance = candles.close - (halfway + simple(candles.close, PERIOD)) / 2.0
    end: FloatArray = talib.LINEARREG(distance, PERIOD)
    return end


def _inside(candles: Candles, width: float) -> BoolArray:
    inner, outer = bollinger(candles, PERIOD), keltner_of_squeeze(candles, PERIOD, width)
    return (inner.upper < outer.upper) & (inner.lower > outer.lower)


def _colours(strength: FloatArray) -> TextArray:
    now, before = strength[1:], strength[:-1]
    above = np.where(now > before, Colour.CYAN.value, Colour.BLUE.value)
    below = np.where(now < before, Colour.RED.value, Colour.YELLOW.value)
    colours = np.where(np.isnan(before), "", np.where(now > 0.0, above, below))
    return np.concatenate([[""], colours])
