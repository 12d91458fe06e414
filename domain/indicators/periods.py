"""Longer bars made of shorter ones: weeks, months, quarters and years as the exchange's clock counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np

from domain.indicators.candles import Candles


class Timeframe(StrEnum):
    DAY = "D"
    WEEK = "W"
    MONTH = "M"
    QUARTER = "3M"
    YEAR = "12M"


def periods(candles: Candles, timeframe: Timeframe, zone: ZoneInfo) -> Candles:
    """One bar for each period that has any, begun at its first bar; the last one may still be running.

    zone: whose dates count, the exchange's; a bar belongs to the period in which it starts. What ``open[-1]`` of months,
    weeks and days gives is what timeframe continuity asks for.
    """
    days = [datetime.fromtimestamp(second, UTC).astimezone(zone).date() for second in candles.start.tolist()]
    keys = np.array([_key(day, timeframe) for day in days], dtype=np.int64)
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    if not len(first):
        return candles
    last = np.append(first[1:], len(keys)) - 1
    return Candles(
        candles.start[first],
        candles.open[first],
        np.maximum.reduceat(candles.high, first),
        np.minimum.reduceat(candles.low, first),
        candles.close[last],
        np.add.reduceat(candles.volume, first),
    )


def _key(day: date, timeframe: Timeframe) -> int:
    """A number that all days of one period share, and no others."""
    match timeframe:
        case Timeframe.DAY:
            return day.toordinal()
        case Timeframe.WEEK:
            return (day.toordinal() - 1) // 7  # ordinal 1 was a Monday
        case Timeframe.MONTH:
            return day.year * 12 + day.month
        case Timeframe.QUARTER:
            return day.year * 4 + (day.month - 1) // 3
        case Timeframe.YEAR:
            return day.year
