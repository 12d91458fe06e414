"""Combinations of bars that go the way of every timeframe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

import numpy as np

from domain.agents.reading import (
    Missing,
    bars_of,
    cast,
    last,
    or_abstain,
    price_of,
    staleness,
    today,
    when,
)
from domain.agents.registry import Agent, register
from domain.agents.view import EXCHANGE, JuryView, Series
from domain.agents.vote import Action, Figure, Vote
from domain.indicators.candles import Candles
from domain.indicators.strat import Combo, combos, continuity
from domain.parameters import check_range

TIMEFRAMES: Final = ("month", "week", "day", "60 min")
LEAST_TIMEFRAMES: Final = 2  # one open alone agrees with itself always
HOUR_S: Final = 3600
BARS_OF_A_COMBO: Final = 5  # four, and the one that gives the first of them its type
COMBO: Final = 70.0  # confidence of a combination in force with every timeframe
TARGET_AHEAD: Final = 15.0  # more while its target is still to be reached
AGAINST: Final = 65.0  # of timeframes that all go the other way
AGAINST_BOTH: Final = 80.0
NONE: Final = 60.0


@register
@dataclass(frozen=True, slots=True)
class Strat(Agent):
    """A combination ended within ``within`` bars and full timeframe continuity: month, week, day and 60 minutes.

    Enter: both go the thesis's way. Reject: every timeframe goes the other way, more surely with a combination that does
    too. Skip: else. A combination is in force until the price is beyond its stop. Confidence 70, with 15 while the target
    lies ahead, times the share of the four timeframes that are known: the hour's open is not before its first bar is over.
    Month and week from daily bars and today's, hours counted from the session's open.

    Abstains below three bars and with fewer than two timeframes. Bars must be adjusted for splits. Source: Rob Smith's
    definitions as in domain.indicators.strat.
    """

    name: ClassVar[str] = "strat"
    weight: ClassVar[int] = 5
    flag: ClassVar[str] = "enable_strat"
    within: int = 2  # bars

    def __post_init__(self) -> None:
        check_range("within", self.within, 0, 20)

    @or_abstain
    def vote(self, view: JuryView) -> Vote:
        series = bars_of(view)
        price, source = price_of(view)
        opens = running_opens(view)
        if len(opens) < LEAST_TIMEFRAMES:
            raise Missing(f"continuity needs {LEAST_TIMEFRAMES} timeframes, known: {', '.join(opens) or 'none'}")
        combo, ago = self._latest(series, price)
        agreed = continuity(price, opens)
        side, confidence, action = _judged(view.thesis.sign, agreed, combo, price)
        missing = [name for name in TIMEFRAMES if name not in opens]
        levels = ", ".join(f"{name} {level:.2f}" for name, level in opens.items())
        reasons = [
            _of_combo(combo, ago, self.within),
            f"{source} {price:.2f} is {_WAYS[agreed]} the opens: {levels}",
            *([f"unknown: {', '.join(missing)}"] if missing else []),
        ]
        figures: dict[str, Figure] = {
            "combo": None if combo is None else combo.name,
            "combo_direction": 0 if combo is None else combo.direction,
            "bars_ago": ago,
            "continuity": agreed,
            "price": price,
            **{f"open_{name.replace(' ', '_')}": opens.get(name) for name in TIMEFRAMES},
        }
        if combo is not None:
            figures |= {"trigger": combo.trigger, "stop": combo.stop, "target": combo.target}
        return cast(
            self.name,
            view,
            side,
            confidence * len(opens) / len(TIMEFRAMES),
            reasons,
            figures=figures,
            inputs=("bars", "daily", "quote"),
            action=action,
            doubts=staleness(series, view),
        )

    def _latest(self, series: Series, price: float) -> tuple[Combo | None, int | None]:
        """The latest combination in force and how many bars ago it ended."""
        candles = last(series.candles, BARS_OF_A_COMBO + self.within - 1)
        for combo in reversed(combos(candles)):
            ago = len(candles) - 1 - combo.at
            if ago < self.within and (price - combo.stop) * combo.direction >= 0.0:
                return combo, ago
        return None, None


_WAYS: Final = {1: "above all", -1: "below all", 0: "not on one side of"}


def running_opens(view: JuryView) -> dict[str, float]:
    """Opens of the running month, week, day and hour, the unknown ones left out; each from a bar that is over."""
    series = view.bars
    session = None if series is None else today(series, view.now)
    so_far = None if series is None or session is None else float(series.candles.open[session.start])
    midnight = view.now.astimezone(EXCHANGE).replace(hour=0, minute=0, second=0, microsecond=0)
    levels = {
        "month": _open_since(view.daily, midnight.replace(day=1), so_far),
        "week": _open_since(view.daily, midnight - timedelta(days=midnight.weekday()), so_far),
        "day": so_far,
        "60 min": None if series is None or session is None else _open_of_hour(series.candles, session, view.now),
    }
    return {name: level for name, level in levels.items() if level is not None}


def _open_since(daily: Series | None, since: datetime, so_far: float | None) -> float | None:
    """Open of the first daily bar from then on, today's where there is none yet; None where the bars begin later."""
    if daily is None:
        return None
    at = int(np.searchsorted(daily.candles.start, since.timestamp()))
    if at == 0:
        return None
    return float(daily.candles.open[at]) if at < len(daily.candles) else so_far


def _open_of_hour(candles: Candles, session: slice, now: datetime) -> float | None:
    """Open of the bar that begins the running hour; None before that bar is over."""
    begun = int(candles.start[session.start])
    hour = begun + (int(now.timestamp()) - begun) // HOUR_S * HOUR_S
    at = int(np.searchsorted(candles.start, hour))
    return float(candles.open[at]) if at < session.stop and candles.start[at] == hour else None


def _judged(thesis: int, agreed: int, combo: Combo | None, price: float) -> tuple[int, float, Action | None]:
    """Side, confidence, and the action where it does not follow from the side."""
    direction = 0 if combo is None else combo.direction
    if agreed == -thesis:
        return agreed, AGAINST_BOTH if direction == agreed else AGAINST, None
    if agreed == thesis and direction == thesis and combo is not None:
        ahead = combo.target is not None and (combo.target - price) * direction > 0.0
        return agreed, COMBO + (TARGET_AHEAD if ahead else 0.0), None
    return agreed, NONE, Action.SKIP


def _of_combo(combo: Combo | None, ago: int | None, within: int) -> str:
    if combo is None or ago is None:
        return f"no combination in force ended within {within} bars"
    target = "none" if combo.target is None else f"{combo.target:.2f}"
    way = "up" if combo.direction > 0 else "down"
    prices = f"trigger {combo.trigger:.2f}, stop {combo.stop:.2f}, target {target}"
    return f"{combo.name} {combo.kind} {way} {when(ago)}: {prices}"
