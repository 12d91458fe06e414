"""What the alert's own bars say: trend, momentum, volatility, support and resistance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from domain.agents.reading import (
    Doubt,
    Evidence,
    bars_of,
    or_abstain,
    price_of,
    rank,
    staleness,
    steps,
    tilt,
    weigh,
    when,
)
from domain.agents.registry import Agent, register
from domain.agents.view import JuryView
from domain.agents.vote import Figure, Vote
from domain.indicators.averages import ema, exponential, macd
from domain.indicators.bands import atr, bollinger
from domain.indicators.candles import Candles
from domain.indicators.oscillators import rsi
from domain.options.normal import FloatArray
from domain.parameters import check_range

BARS_NEEDED: Final = 35  # MACD 12, 26, 9 begins at 34; one more bar shows whether it turns
FAST, SLOW = 21, 50
TREND_SHARE, PRICE_SHARE, MACD_SHARE, MOMENTUM_SHARE, LEVELS_SHARE = 25.0, 10.0, 20.0, 25.0, 20.0
FULL_TREND: Final = 0.5  # ATRs between the averages
FULL_PRICE: Final = 1.0  # ATRs between close and average
FULL_MACD: Final = 0.1  # ATRs of the histogram
RSI_MIDDLE: Final = 50.0
WIDE_TRUST: Final = 0.85


class Levels(NamedTuple):
    """Nearest swing pivots on both sides of a price, None where there is none."""

    resistance: float | None
    support: float | None


@register
@dataclass(frozen=True, slots=True)
class Technical(Agent):
    """Trend, momentum, and the room to the next level.

    Evidence, with its share: EMA 21 against EMA 50 (25), full at half an ATR 14; close against EMA 21 (10), full at one;
    MACD 12, 26, 9's histogram (20), full at a tenth; RSI 14 (25): a crossing back through ``overbought`` or ``oversold``
    within ``recent`` bars in full, beyond them nothing (that move is made), between them by its distance from 50; room
    (20) to the nearest pivots above and below, each at most ``room`` ATRs, full at three to one.

    A pivot is a high (low) above (below) those of ``wing`` bars on both sides, so it is known ``wing`` bars later and not
    before; a broken one changes its part. Less confidence where Bollinger's bands are among the widest ``wide_rank``
    percent of the last 100 bars. Abstains below 35 bars; EMA 50 is missing below 50. Sources: Wilder 1978; Appel;
    Bollinger on Bollinger Bands, 2001 (a tag of a band is no signal by itself); Murphy, Technical Analysis of the
    Financial Markets, 1999, chapter 4 (role reversal); ChartSchool for the seeds.
    """

    name: ClassVar[str] = "technical"
    weight: ClassVar[int] = 25
    core: ClassVar[bool] = True
    overbought: float = 70.0
    oversold: float = 30.0
    recent: int = 3  # bars
    wing: int = 3  # bars
    room: float = 3.0  # ATRs
    wide_rank: float = 95.0  # percent
    margin: float = 0.2

    def __post_init__(self) -> None:
        check_range("overbought", self.overbought, 50, 100)
        check_range("oversold", self.oversold, 0, 50)
        check_range("recent", self.recent, 0, 50)
        check_range("wing", self.wing, 0, 50)
        check_range("room", self.room, 0, 100)
        check_range("wide_rank", self.wide_rank, 0, 100)
        check_range("margin", self.margin, 0, 1)

    @or_abstain
    def vote(self, view: JuryView) -> Vote:
        series = bars_of(view)
        candles = series.candles
        candles.need("the technical agent", BARS_NEEDED)
        price, source = price_of(view)
        reach = float(atr(candles)[-1])
        strength = rsi(candles)
        levels = self.levels(candles, price)
        bands = bollinger(candles)
        width = bands.upper - bands.lower
        place = rank(width)
        evidence = [
            *_of_averages(candles, reach),
            self._momentum(strength),
            self._room(levels, price, source, reach),
        ]
        figures: dict[str, Figure] = {
            "price": price,
            "rsi": float(strength[-1]),
            "atr": reach,
            "atr_percent": 100.0 * reach / price,
            "band_width_percent": 100.0 * float(width[-1]) / price,
            "band_width_rank": place,
            "resistance": levels.resistance,
            "support": levels.support,
        }
        return weigh(
            self.name,
            view,
            evidence,
            margin=self.margin,
            figures=figures,
            inputs=("bars", "quote"),
            doubts=[*self._wide(place), *staleness(series, view)],
        )

    def levels(self, candles: Candles, price: float) -> Levels:
        """Nearest pivots at or beyond the price, highs and lows alike."""
        known = pivots(candles, self.wing)
        above, below = known[known >= price], known[known <= price]
        return Levels(float(above.min()) if len(above) else None, float(below.max()) if len(below) else None)

    def _momentum(self, strength: FloatArray) -> Evidence:
        now = float(strength[-1])
        lean, text = steps(now - RSI_MIDDLE, self.overbought - RSI_MIDDLE), f"RSI {now:.1f}"
        if now < RSI_MIDDLE:
            lean = steps(now - RSI_MIDDLE, RSI_MIDDLE - self.oversold)
        if now >= self.overbought or now <= self.oversold:
            lean, text = 0.0, f"RSI {now:.1f} is beyond {self.oversold:g} to {self.overbought:g}: that move is made"
        window = strength[-self.recent - 1 :]
        before, after = window[:-1], window[1:]
        down = np.flatnonzero((before >= self.overbought) & (after < self.overbought))
        up = np.flatnonzero((before <= self.oversold) & (after > self.oversold))
        latest = max(int(down[-1]) if len(down) else -1, int(up[-1]) if len(up) else -1)
        if latest >= 0 and self.oversold < now < self.overbought:
            rises = bool(len(up)) and int(up[-1]) == latest
            level = self.oversold if rises else self.overbought
            ago = len(after) - 1 - latest
            lean = 1.0 if rises else -1.0
            text = f"RSI {now:.1f} came back {'up' if rises else 'down'} through {level:g} {when(ago)}"
        return Evidence("momentum", MOMENTUM_SHARE, lean, text)

    def _room(self, levels: Levels, price: float, source: str, reach: float) -> Evidence:
        if levels == (None, None) or reach <= 0.0:
            return Evidence("levels", LEVELS_SHARE, None, "support and resistance unknown: no swing pivot in the bars")
        up, down = (
            self.room if level is None else min(abs(level - price) / reach, self.room)
            for level in (levels.resistance, levels.support)
        )
        above = "none" if levels.resistance is None else f"{levels.resistance:.2f}"
        below = "none" if levels.support is None else f"{levels.support:.2f}"
        text = f"{source} {price:.2f}: resistance {above}, {up:.1f} ATR away; support {below}, {down:.1f} ATR"
        return Evidence("levels", LEVELS_SHARE, tilt(up, down), text)

    def _wide(self, place: float | None) -> list[Doubt]:
        if place is None or 100.0 * place < self.wide_rank:
            return []
        return [Doubt(WIDE_TRUST, f"Bollinger's bands are wider than on {100.0 * place:.0f}% of the last bars")]


def pivots(candles: Candles, wing: int) -> FloatArray:
    """Prices of swing highs and lows, in order of time, highs first. Empty for bars that stand still.

    Of equal neighbours the first counts. The last ``wing`` bars are none yet: what follows them is not known.
    """
    if len(candles) < 2 * wing + 1:
        return np.empty(0)
    found = []
    for sign, values in ((1.0, candles.high), (-1.0, candles.low)):
        windows = sign * sliding_window_view(values, 2 * wing + 1)
        middle = windows[:, wing]
        swings = (middle > windows[:, :wing].max(axis=1)) & (middle >= windows[:, wing + 1 :].max(axis=1))
        found.append(sign * middle[swings])
    return np.concatenate(found)


def _of_averages(candles: Candles, reach: float) -> list[Evidence]:
    close, fast = float(candles.close[-1]), float(ema(candles, FAST)[-1])
    histogram = float(macd(candles).histogram[-1])
    trend = Evidence("trend", TREND_SHARE, None, f"trend unknown: EMA {SLOW} needs {SLOW} bars, have {len(candles)}")
    if len(candles) >= SLOW:
        slow = float(exponential(candles.close, SLOW)[-1])
        text = f"EMA {FAST} {fast:.2f} against EMA {SLOW} {slow:.2f}"
        trend = Evidence("trend", TREND_SHARE, steps(fast - slow, FULL_TREND * reach), text)
    return [
        trend,
        Evidence(
            "price",
            PRICE_SHARE,
            steps(close - fast, FULL_PRICE * reach),
            f"close {close:.2f} against EMA {FAST} {fast:.2f}",
        ),
        Evidence("macd", MACD_SHARE, steps(histogram, FULL_MACD * reach), f"MACD histogram {histogram:+.4f}"),
    ]
