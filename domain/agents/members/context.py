"""What kind of market the alert comes into."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple

import numpy as np

from domain.agents.reading import (
    Doubt,
    Evidence,
    Missing,
    bars_of,
    freshness,
    or_abstain,
    price_of,
    rank,
    staleness,
    steps,
    tilt,
    weigh,
)
from domain.agents.registry import Agent, register
from domain.agents.view import Gamma, JuryView
from domain.agents.vote import Figure, Vote, abstention
from domain.indicators.bands import atr
from domain.indicators.candles import Candles, InsufficientHistory
from domain.indicators.oscillators import adx
from domain.options.exposure import DealerPosition
from domain.options.normal import FloatArray
from domain.parameters import check_range

TREND_SHARE, ZERO_SHARE, FLOW_SHARE = 40.0, 30.0, 30.0
CLOSED_TRUST: Final = 0.5
EDGE_TRUST: Final = 0.7
VOLATILE_TRUST: Final = 0.8
DAMPED_TRUST: Final = 0.9


class Regime(StrEnum):
    TRENDING = "trending"
    RANGING = "ranging"
    VOLATILE = "volatile"
    UNKNOWN = "unknown"


# How much of the direction of movement counts as a trend: none of it in a range.
TREND_OF: Final = {Regime.TRENDING: 1.0, Regime.VOLATILE: 0.5, Regime.RANGING: 0.0, Regime.UNKNOWN: 0.5}


class Market(NamedTuple):
    """regime with what it was told by; plus and minus: +DI and -DI; atr in price; atr_rank: 0 to 1, None for few bars."""

    regime: Regime
    adx: float
    plus: float
    minus: float
    atr: float
    atr_rank: float | None


@register
@dataclass(frozen=True, slots=True)
class Context(Agent):
    """Trend, dealers and options flow: is this a market for the alert's thesis, at this time of day?

    Evidence, with its share: direction of movement (40), as much of it as the regime allows; spot against zero gamma (30),
    full at ``zero_reach`` percent; options flow (30), mean of the put/call ratio of volumes against ``usual_put_call`` and
    of premiums, full at three to one. Snapshots older than ``fresh_minutes`` count less, from a day on not at all.

    Regime: volatile where ATR 14 ranks at or above ``volatile_rank`` percent of its last 100 bars and is ``volatile_times``
    its median there; else trending from ADX 14 ``trending`` on and ranging up to ``ranging``; between them it stays what it
    was. ATRs are compared in price, so that a rise and a fall of the same shape are one regime.

    Less confidence: outside the session, in its first and last minutes, in a volatile market, and where dealers are long
    gamma, who sell into rises and buy into falls. Abstains without usable bars and snapshot. Sources: Wilder 1978 (ADX; 25
    and 20 as in ChartSchool, Average Directional Index); Perfiliev for zero gamma and what dealers do beyond it.
    """

    name: ClassVar[str] = "context"
    weight: ClassVar[int] = 20
    core: ClassVar[bool] = True
    trending: float = 25.0  # ADX
    ranging: float = 20.0  # ADX
    volatile_rank: float = 90.0  # percent
    volatile_times: float = 1.5  # of the median
    zero_reach: float = 1.0  # percent of spot
    usual_put_call: float = 1.0  # puts for each call
    fresh_minutes: int = 30
    first_minutes: int = 15
    last_minutes: int = 30
    margin: float = 0.2  # lean that takes a side, 0 to 1

    def __post_init__(self) -> None:
        check_range("ranging", self.ranging, 0, 100)
        check_range("trending", self.trending, 0, 100)
        if self.ranging > self.trending:
            raise ValueError(f"ranging is {self.ranging}, it must not be above trending, {self.trending}")
        check_range("volatile_rank", self.volatile_rank, 0, 100)
        check_range("volatile_times", self.volatile_times, 0, 100)
        check_range("zero_reach", self.zero_reach, 0, 100)
        check_range("usual_put_call", self.usual_put_call, 0, 100)
        check_range("fresh_minutes", self.fresh_minutes, 0, 1440)
        check_range("first_minutes", self.first_minutes, -1, 390)
        check_range("last_minutes", self.last_minutes, -1, 390)
        check_range("margin", self.margin, 0, 1)

    @or_abstain
    def vote(self, view: JuryView) -> Vote:
        market, trend = self._trend(view)
        figures = {"regime": Regime.UNKNOWN.value, **self._figures(view, market)}
        evidence = [trend, self._zero_gamma(view), self._flow(view)]
        if all(each.lean is None for each in evidence):
            return abstention(self.name, "; ".join(each.text for each in evidence), **figures)
        return weigh(
            self.name,
            view,
            evidence,
            margin=self.margin,
            figures=figures,
            inputs=("bars", "gamma", "quote"),
            doubts=self._doubts(view, market),
        )

    def market(self, candles: Candles) -> Market:
        """The regime of these bars. Raises InsufficientHistory below the 28 that ADX 14 needs."""
        moves = adx(candles)
        ranges = atr(candles)
        place = rank(ranges)
        wide = place is not None and 100.0 * place >= self.volatile_rank
        if wide and ranges[-1] >= self.volatile_times * float(np.nanmedian(ranges[-100:])):
            regime = Regime.VOLATILE
        else:
            regime = self._of_adx(moves.adx)
        strength, plus, minus, reach = (float(part[-1]) for part in (moves.adx, moves.plus, moves.minus, ranges))
        return Market(regime, strength, plus, minus, reach, place)

    def _of_adx(self, strengths: FloatArray) -> Regime:
        told = np.flatnonzero((strengths >= self.trending) | (strengths <= self.ranging))
        if not len(told):
            return Regime.UNKNOWN
        return Regime.TRENDING if strengths[told[-1]] >= self.trending else Regime.RANGING

    def _trend(self, view: JuryView) -> tuple[Market | None, Evidence]:
        try:
            market = self.market(bars_of(view).candles)
        except (Missing, InsufficientHistory) as missing:
            return None, Evidence("trend", TREND_SHARE, None, f"regime unknown: {missing.message}")
        lean = TREND_OF[market.regime] * tilt(market.plus, market.minus)
        text = f"{market.regime} market: ADX {market.adx:.1f}, +DI {market.plus:.1f}, -DI {market.minus:.1f}"
        return market, Evidence("trend", TREND_SHARE, lean, text)

    def _zero_gamma(self, view: JuryView) -> Evidence:
        gamma, trust = view.gamma, self._trust(view)
        if gamma is None or not trust:
            return Evidence("zero_gamma", ZERO_SHARE, None, _no_snapshot(view))
        if gamma.zero_gamma is None:
            return Evidence("zero_gamma", ZERO_SHARE, None, f"dealers are {gamma.dealers}, no zero gamma within reach")
        try:
            price, source = price_of(view)
        except Missing as missing:
            return Evidence("zero_gamma", ZERO_SHARE, None, f"no price to compare zero gamma with: {missing.message}")
        lean = steps(price - gamma.zero_gamma, price * self.zero_reach / 100.0)
        percent = 100.0 * (price - gamma.zero_gamma) / price
        text = f"{source} {price:.2f} is {percent:+.2f}% from zero gamma {gamma.zero_gamma:.2f}, dealers are {gamma.dealers}"
        return Evidence("zero_gamma", ZERO_SHARE, lean, text, trust)

    def _flow(self, view: JuryView) -> Evidence:
        gamma, trust = view.gamma, self._trust(view)
        if gamma is None or not trust:
            return Evidence("flow", FLOW_SHARE, None, "options flow unknown without a snapshot")
        leans, told = [], []
        if gamma.put_call_volume is not None:
            leans.append(tilt(self.usual_put_call, gamma.put_call_volume))
            told.append(f"{gamma.put_call_volume:.2f} puts traded for each call")
        if gamma.call_premium is not None and gamma.put_premium is not None:
            leans.append(tilt(gamma.call_premium, gamma.put_premium))
            told.append(f"premium of calls {gamma.call_premium:,.0f}, of puts {gamma.put_premium:,.0f}")
        if not leans:
            return Evidence("flow", FLOW_SHARE, None, "options flow unknown: no volumes in the snapshot")
        return Evidence("flow", FLOW_SHARE, sum(leans) / len(leans), ", ".join(told), trust)

    def _trust(self, view: JuryView) -> float:
        return 0.0 if view.gamma is None else freshness(view.gamma, view.now, fresh_minutes=self.fresh_minutes)

    def _doubts(self, view: JuryView, market: Market | None) -> list[Doubt]:
        phase, minutes = self._phase(view)
        doubts = []
        if phase == "closed":
            doubts.append(Doubt(CLOSED_TRUST, "the regular session is not open"))
        elif phase != "middle":
            doubts.append(Doubt(EDGE_TRUST, f"{phase} minutes of the session, {minutes:.0f} to the close"))
        if market is not None and market.regime is Regime.VOLATILE:
            doubts.append(Doubt(VOLATILE_TRUST, f"ATR {market.atr:.2f} is among the widest of the last 100 bars"))
        if view.gamma is not None and self._trust(view):
            if view.gamma.dealers == DealerPosition.LONG_GAMMA:
                doubts.append(Doubt(DAMPED_TRUST, "dealers long gamma dampen moves"))
            minutes = view.gamma.age_s(view.now) / 60.0
            if minutes > self.fresh_minutes:  # counted already, as trust in what it shows
                doubts.append(Doubt(1.0, f"the snapshot is {minutes:.0f} min old and counts less"))
        if view.bars is not None and market is not None:
            doubts += staleness(view.bars, view)
        return doubts

    def _phase(self, view: JuryView) -> tuple[str, float]:
        """first, middle, last or closed, and the minutes to the close."""
        session = view.session
        if not session.open:
            return "closed", 0.0
        left = view.to_close.total_seconds() / 60.0
        if left <= self.last_minutes:
            return "last", left
        since = (view.now - session.opens_at).total_seconds() / 60.0
        return ("first" if since < self.first_minutes else "middle"), left

    def _figures(self, view: JuryView, market: Market | None) -> dict[str, Figure]:
        phase, minutes = self._phase(view)
        figures: dict[str, Figure] = {"phase": phase, "minutes_to_close": minutes}
        if market is not None:
            figures |= {
                "regime": market.regime.value,
                "adx": market.adx,
                "plus_di": market.plus,
                "minus_di": market.minus,
                "atr": market.atr,
                "atr_rank": market.atr_rank,
            }
        if view.gamma is not None:
            figures |= _of_snapshot(view.gamma)
        return figures


def _of_snapshot(gamma: Gamma) -> dict[str, Figure]:
    return {
        "dealers": gamma.dealers,
        "gamma_total": gamma.total,
        "zero_gamma": gamma.zero_gamma,
        "put_call_volume": gamma.put_call_volume,
        "call_premium": gamma.call_premium,
        "put_premium": gamma.put_premium,
    }


def _no_snapshot(view: JuryView) -> str:
    if view.gamma is None:
        return f"dealers unknown: {view.why_missing('gamma')}"
    return f"dealers unknown: the snapshot of {view.gamma.at:%Y-%m-%d %H:%M} UTC is not of the last day"
