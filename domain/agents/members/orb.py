"""A break of the range in which the session opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np

from domain.agents.reading import Missing, bars_of, cast, or_abstain, staleness, today, when
from domain.agents.registry import Agent, register
from domain.agents.view import JuryView, Series
from domain.agents.vote import Action, Figure, Vote
from domain.indicators.hours import OPENING_MINUTES, OpeningRange, SessionHours, opening_range
from domain.parameters import check_range

FRESH: Final = 60.0  # confidence of a fresh break whose volume is unknown
BY_DISTANCE: Final = 15.0  # more for a close half the range's height beyond it
BY_VOLUME: Final = 15.0  # more or less for volume above or below what is usual at that time
OLD: Final = 50.0
INSIDE: Final = 60.0


class Break(NamedTuple):
    """One break of the session. side: +1 up, -1 down; ago: bars since; volume_ratio: None where nothing compares."""

    side: int
    ago: int
    volume_ratio: float | None


@register
@dataclass(frozen=True, slots=True)
class OpeningRangeBreakout(Agent):
    """The first close beyond the range of the session's first ``minutes``, once for each side a day.

    A break is fresh for ``within`` bars, and holds while the last close is beyond the range. Fresh and holding on the
    thesis's side: enter. Holding on the other side, however old: reject. Inside, or broken before: skip. Confidence 60,
    with up to 15 for the distance beyond in half ranges, and 15 for (against) volume above ``volume_times`` (below) the
    mean at the same time of the earlier sessions in the bars.

    Abstains without bars or their sessions, before the opening is complete, after a late open or a halt in it, outside the
    session, and with bars that do not divide it. Source: Crabel, Day Trading with Short Term Price Patterns and Opening
    Range Breakout, 1990; bars before the open never count.
    """

    name: ClassVar[str] = "orb"
    weight: ClassVar[int] = 10
    flag: ClassVar[str] = "enable_orb"
    minutes: int = 30
    within: int = 3  # bars
    volume_times: float = 1.0

    def __post_init__(self) -> None:
        if self.minutes not in OPENING_MINUTES:
            raise ValueError(f"minutes is {self.minutes}, it must be one of {', '.join(map(str, OPENING_MINUTES))}")
        check_range("within", self.within, 0, 100)
        check_range("volume_times", self.volume_times, 0, 100)

    @or_abstain
    def vote(self, view: JuryView) -> Vote:
        series = bars_of(view)
        session, found = self._range(series, view)
        high, low = float(found.high[session.stop - 1]), float(found.low[session.stop - 1])
        close = float(series.candles.close[session.stop - 1])
        outside = int(close > high) - int(close < low)
        broke = _latest(series, session, found, outside)
        side, confidence, text = self._reading(view, outside, broke, (close, high, low))
        figures: dict[str, Figure] = {
            "range_high": high,
            "range_low": low,
            "close": close,
            "minutes": self.minutes,
            "broke": 0 if broke is None else broke.side,
            "bars_ago": None if broke is None else broke.ago,
            "volume_ratio": None if broke is None else broke.volume_ratio,
        }
        late = side == view.thesis.sign and broke is not None and broke.ago >= self.within
        return cast(
            self.name,
            view,
            side,
            confidence,
            [text],
            figures=figures,
            inputs=("bars",),
            action=Action.SKIP if late else None,
            doubts=staleness(series, view),
        )

    def _range(self, series: Series, view: JuryView) -> tuple[slice, OpeningRange]:
        """Today's bars and the range of their opening. Raises Missing."""
        if series.hours is None:
            raise Missing(f"bars of {series.interval_s} s have no sessions: an opening is within a day")
        bars, rest = divmod(self.minutes * 60, series.interval_s)
        if rest:
            raise Missing(f"bars of {series.interval_s} s do not divide an opening of {self.minutes} minutes")
        session = today(series, view.now)
        if session is None:
            raise Missing("no session is running whose open the bars hold")
        if session.stop - session.start <= bars:
            raise Missing(f"the opening of {self.minutes} minutes and a bar after it are not over")
        hours = _only(series.hours, int(series.candles.start[session.start]))
        found = opening_range(series.candles, hours, minutes=self.minutes, interval_s=series.interval_s)
        if np.isnan(found.high[session.stop - 1]):
            raise Missing(f"bars are missing in the opening of {self.minutes} minutes: a late open or a halt")
        return session, found

    def _reading(
        self, view: JuryView, outside: int, broke: Break | None, prices: tuple[float, float, float]
    ) -> tuple[int, float, str]:
        """Side, confidence and the sentence."""
        close, high, low = prices
        where = f"the range of the first {self.minutes} minutes, {low:.2f} to {high:.2f}"
        if broke is None or not outside:
            before = "" if broke is None else f", broken {_way(broke.side)} {when(broke.ago)}"
            return 0, INSIDE, f"close {close:.2f} is inside {where}{before}"
        edge = high if outside > 0 else low
        text = f"close {close:.2f} is {_way(outside)} {where}"
        if broke.ago >= self.within:
            return outside, OLD, f"{text}, broken {when(broke.ago)}: once for each side a day"
        height = max(high - low, 0.0)
        beyond = min(abs(close - edge) / (0.5 * height), 1.0) if height > 0.0 else 1.0
        confidence = FRESH + BY_DISTANCE * beyond
        if broke.volume_ratio is None:
            return outside, confidence, f"{text}, broken {when(broke.ago)}; no volume of earlier sessions to compare"
        confidence += BY_VOLUME if broke.volume_ratio > self.volume_times else -BY_VOLUME
        return (
            outside,
            confidence,
            f"{text}, broken {when(broke.ago)} with {broke.volume_ratio:.2f} times the usual volume",
        )


def _latest(series: Series, session: slice, found: OpeningRange, outside: int) -> Break | None:
    """The break of the side that the price is on, or the latest of any while it is inside."""
    breaks = found.breakout[session]
    at = np.flatnonzero(breaks == outside if outside else breaks != 0)
    if not len(at):
        return None
    bar = session.start + int(at[-1])
    return Break(int(found.breakout[bar]), session.stop - 1 - bar, _volume_ratio(series, session.start, bar))


def _only(hours: SessionHours, opens: int) -> SessionHours:
    """The session that opens at that second."""
    which = hours.opens == opens
    return SessionHours(hours.opens[which], hours.closes[which])


def _volume_ratio(series: Series, first: int, at: int) -> float | None:
    """Volume of a bar over the mean at the same time of the earlier sessions; None where none traded then."""
    hours, candles = series.hours, series.candles
    assert hours is not None  # whoever has a range has hours
    offset = int(candles.start[at] - candles.start[first])
    earlier = hours.opens[hours.opens < candles.start[first]] + offset
    usual = candles.volume[np.isin(candles.start, earlier)]
    mean = float(usual.mean()) if len(usual) else 0.0
    return float(candles.volume[at]) / mean if mean > 0.0 else None


def _way(side: int) -> str:
    return "above" if side > 0 else "below"
