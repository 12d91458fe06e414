"""Which bars belong to which regular session, and the range in which a session opens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.indicators.candles import Candles, IntArray
from domain.options.normal import FloatArray

OPENING_MINUTES: Final = (5, 15, 30)


@dataclass(frozen=True, slots=True, eq=False)
class SessionHours:
    """Regular sessions as two arrays of shape (k,), seconds since 1970 UTC, ascending and apart; as the calendar has them.

    Raises ValueError for sessions that overlap or end before they begin.
    """

    opens: IntArray
    closes: IntArray

    def __post_init__(self) -> None:
        if (self.closes <= self.opens).any() or (self.opens[1:] < self.closes[:-1]).any():
            raise ValueError("sessions must end after they begin and before the next one")

    @classmethod
    def of(cls, sessions: Iterable[tuple[datetime, datetime]]) -> SessionHours:
        """From pairs of opening and closing moments, timezone-aware, oldest first."""
        pairs = [(int(opens.timestamp()), int(closes.timestamp())) for opens, closes in sessions]
        times = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return cls(times[:, 0], times[:, 1])

    def whole_sessions(self, candles: Candles) -> Iterator[slice]:
        """Bars of each session that the history holds from its open on; bars before and after regular hours in none."""
        for opens, closes in zip(self.opens, self.closes, strict=True):
            first, end = np.searchsorted(candles.start, [opens, closes])
            if first < end and candles.start[0] <= opens:
                yield slice(int(first), int(end))


class OpeningRange(NamedTuple):
    """high and low in price from the end of the opening minutes to the close, NaN elsewhere.

    breakout: shape (n,), +1 at the first close above high, -1 at the first close below low of that session, else 0.
    """

    high: FloatArray
    low: FloatArray
    breakout: NDArray[np.int8]


def opening_range(candles: Candles, hours: SessionHours, *, minutes: int, interval_s: int) -> OpeningRange:
    """Range of the first ``minutes`` of each regular session, and each side's first close beyond it.

    interval_s: length of the bars; it must divide the opening minutes, else ValueError. A session counts only if it has
    every bar of its opening: a late open, a halt or a history that begins within leaves it without a range. Bars before
    the open never count. Raises InsufficientHistory for fewer bars than the opening has.
    """
    bars, rest = divmod(minutes * 60, interval_s)
    if rest:
        raise ValueError(f"bars of {interval_s} s do not divide an opening of {minutes} minutes")
    candles.need(f"opening range of {minutes} minutes", bars)
    high, low = np.full(len(candles), np.nan), np.full(len(candles), np.nan)
    breakout = np.zeros(len(candles), dtype=np.int8)
    for session in hours.whole_sessions(candles):
        opening, after = slice(session.start, session.start + bars), slice(session.start + bars, session.stop)
        if not _complete(candles.start[session][:bars], bars, interval_s, hours.opens):
            continue
        high[after], low[after] = candles.high[opening].max(), candles.low[opening].min()
        for side, beyond in ((1, candles.close[after] > high[after]), (-1, candles.close[after] < low[after])):
            if beyond.any():
                breakout[after.start + int(np.argmax(beyond))] = side
    return OpeningRange(high, low, breakout)


def _complete(starts: IntArray, bars: int, interval_s: int, opens: IntArray) -> bool:
    """Whether these are all bars of an opening, the first of them at one of the opening moments."""
    return (
        len(starts) == bars and starts[-1] - starts[0] == (bars - 1) * interval_s and bool((opens == starts[0]).any())
    )
