"""Saty Mahajan's levels, ribbon and phase, read together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

import numpy as np

from domain.agents.reading import (
    Doubt,
    Evidence,
    Missing,
    bars_of,
    days_of,
    or_abstain,
    price_of,
    staleness,
    today,
    weigh,
)
from domain.agents.registry import Agent, register
from domain.agents.view import JuryView
from domain.agents.vote import Figure, Vote
from domain.indicators.bands import atr
from domain.indicators.candles import Candles, InsufficientHistory
from domain.indicators.saty import ATR_PERIOD, GATE, Phase, Ribbon, phase, ribbon
from domain.parameters import check_range

RIBBON_SHARE, LEVELS_SHARE, PHASE_SHARE = 40.0, 35.0, 25.0
TRIGGER: Final = 0.236
WHOLE: Final = 1.0  # an ATR away: the day's usual way has been gone
SPENT: Final = 0.9  # of the day's ATR used
LAUNCH, OUTER, EXTENDED = 23.6, 61.8, 100.0
COMPRESSED_TRUST: Final = 0.8


class DayLevels(NamedTuple):
    """Mode "day": anchor and atr in price, of the last completed day; range_used: part of the atr, None without bars."""

    anchor: float
    atr: float
    range_used: float | None


class Look(NamedTuple):
    """What one indicator gives."""

    evidence: Evidence
    figures: Mapping[str, Figure] = MappingProxyType({})
    doubts: tuple[Doubt, ...] = ()


@register
@dataclass(frozen=True, slots=True)
class Satyland(Agent):
    """ATR levels of the day, pivot ribbon and phase oscillator.

    Evidence, with its share: ribbon (40), full for close, EMA 8, 21 and 34 in order, half for the EMAs alone; ATR levels
    (35), half from the trigger (0.236 of yesterday's ATR from yesterday's close), full from the golden gate (0.382), nothing
    within the trigger, from a whole ATR on, or with 90 % of the range used; phase (25), full in mark-up and mark-down, half
    in distribution and accumulation, nothing in the launch box and when extended, and the other way on the bar that leaves
    distribution, accumulation or an extreme. Less confidence while the phase is compressed.

    Ribbon (48 bars) and phase (23) are of completed bars of the alert, levels of 14 completed days. Abstains without any of
    them. Source: the author's published scripts, see domain.indicators.saty; the shares are ours.
    """

    name: ClassVar[str] = "satyland"
    weight: ClassVar[int] = 5
    flag: ClassVar[str] = "enable_satyland"
    margin: float = 0.2

    def __post_init__(self) -> None:
        check_range("margin", self.margin, 0, 1)

    @or_abstain
    def vote(self, view: JuryView) -> Vote:
        evidence, figures, doubts = [], dict[str, Figure](), list[Doubt]()
        for look in (self._ribbon, self._levels, self._phase):
            found, told, more = look(view)
            evidence.append(found)
            figures |= told
            doubts += more
        if view.bars is not None:
            doubts += staleness(view.bars, view)
        inputs = ("bars", "daily", "quote")
        return weigh(self.name, view, evidence, margin=self.margin, figures=figures, inputs=inputs, doubts=doubts)

    def _ribbon(self, view: JuryView) -> Look:
        try:
            found = ribbon(_candles(view))
        except (Missing, InsufficientHistory) as missing:
            return _unseen("ribbon", RIBBON_SHARE, missing)
        lean = _of_ribbon(found)
        averages = {"ema8": found.ema8, "ema21": found.ema21, "ema34": found.ema34}
        text = "ribbon: " + ", ".join(f"{name} {values[-1]:.2f}" for name, values in averages.items())
        figures: dict[str, Figure] = {"trend": int(found.trend[-1]), "conviction": int(found.conviction[-1])}
        return Look(Evidence("ribbon", RIBBON_SHARE, lean, text), figures | {"candle_bias": str(found.bias[-1])})

    def _levels(self, view: JuryView) -> Look:
        try:
            levels = day_levels(view)
            price, source = price_of(view)
        except (Missing, InsufficientHistory) as missing:
            return _unseen("levels", LEVELS_SHARE, missing)
        away = (price - levels.anchor) / levels.atr
        used = levels.range_used
        lean = float(np.sign(away)) * (0.0 if abs(away) < TRIGGER else 0.5 if abs(away) < GATE else 1.0)
        text = f"{source} {price:.2f} is {away:+.2f} ATR from yesterday's close {levels.anchor:.2f}"
        if abs(away) >= WHOLE or (used is not None and used >= SPENT):
            lean, text = 0.0, f"{text}: the day's range is spent"
        figures: dict[str, Figure] = {"anchor": levels.anchor, "day_atr": levels.atr, "atrs_from_anchor": away}
        return Look(Evidence("levels", LEVELS_SHARE, lean, text), figures | {"range_used": used})

    def _phase(self, view: JuryView) -> Look:
        try:
            found = phase(_candles(view))
        except (Missing, InsufficientHistory) as missing:
            return _unseen("phase", PHASE_SHARE, missing)
        value, compressed = float(found.oscillator[-1]), bool(found.compressed[-1])
        zone = str(found.zones()[-1])
        doubts = (Doubt(COMPRESSED_TRUST, "the phase is compressed: a move is still to be made"),) if compressed else ()
        figures: dict[str, Figure] = {"phase": value, "zone": zone, "compressed": compressed}
        return Look(Evidence("phase", PHASE_SHARE, _of_phase(found), f"phase {value:+.2f}, {zone}"), figures, doubts)


def day_levels(view: JuryView) -> DayLevels:
    """What domain.indicators.saty.atr_levels tells of the running day. Raises Missing, InsufficientHistory."""
    days = days_of(view)
    days.need("Saty ATR levels", ATR_PERIOD)
    reach = float(atr(days, ATR_PERIOD)[-1])
    if reach <= 0.0:
        raise Missing("prices have not moved for days: the ATR is nothing")
    session = None if view.bars is None else today(view.bars, view.now)
    used = None
    if view.bars is not None and session is not None:
        bars = view.bars.candles
        used = float(bars.high[session].max() - bars.low[session].min()) / reach
    return DayLevels(float(days.close[-1]), reach, used)


def _candles(view: JuryView) -> Candles:
    return bars_of(view).candles


def _unseen(name: str, share: float, why: Missing | InsufficientHistory) -> Look:
    return Look(Evidence(name, share, None, f"{name} unknown: {why.message}"))


def _of_ribbon(found: Ribbon) -> float:
    if trend := int(found.trend[-1]):
        return float(trend)
    return float(np.sign(found.ema8[-1] - found.ema21[-1]) + np.sign(found.ema21[-1] - found.ema34[-1])) / 4.0


def _of_phase(found: Phase) -> float:
    if found.leaves_accumulation[-1] or found.leaves_extreme_down[-1]:
        return 1.0
    if found.leaves_distribution[-1] or found.leaves_extreme_up[-1]:
        return -1.0
    value = float(found.oscillator[-1])
    size = abs(value)
    part = 0.0 if size <= LAUNCH or size > EXTENDED else 1.0 if size <= OUTER else 0.5
    return float(np.sign(value)) * part
