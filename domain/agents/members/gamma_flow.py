"""What dealers will have to do as the price moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from domain.agents.reading import (
    Doubt,
    Evidence,
    Missing,
    clip,
    freshness,
    or_abstain,
    price_of,
    steps,
    tilt,
    weigh,
)
from domain.agents.registry import Agent, register
from domain.agents.view import Gamma, JuryView
from domain.agents.vote import Figure, Vote
from domain.indicators.bands import atr
from domain.options.exposure import DealerPosition
from domain.parameters import check_range

FLIP_SHARE, WALLS_SHARE = 50.0, 50.0
BROKEN_WALLS_TRUST: Final = 0.5  # of walls under short gamma: hedging there adds to a break
DAMPED_TRUST: Final = 0.85
EXPIRING_TRUST: Final = 0.8
BARS_NEEDED: Final = 14


@register
@dataclass(frozen=True, slots=True)
class GammaFlow(Agent):
    """Zero gamma and the walls, seen from the price of now.

    Evidence, with its share: zero gamma (50), above it bullish and below it bearish, full at ``zero_reach`` percent, and at
    once where the price has crossed it since the snapshot; walls (50): the room to the call wall above against that to the
    put wall below, each at most ``wall_reach`` percent, full at three to one, so a wall that is near leans away from
    itself; beyond a wall it leans the way of the break. Walls count half where dealers are short gamma.

    The whole counts less with the snapshot's age, after ``fresh_minutes``; less where dealers are long gamma (they dampen
    moves), and where today's expiry alone decides the sign of their position. Abstains without a snapshot of the last day
    or a price. Sources: Perfiliev, How to Calculate Gamma Exposure (GEX) and Zero Gamma Level. Dealers long calls and short
    puts is an assumption, see domain.options.exposure.
    """

    name: ClassVar[str] = "gamma_flow"
    weight: ClassVar[int] = 5
    zero_reach: float = 1.0  # percent of price
    wall_reach: float = 3.0  # percent of price
    fresh_minutes: int = 30
    margin: float = 0.2

    def __post_init__(self) -> None:
        check_range("zero_reach", self.zero_reach, 0, 100)
        check_range("wall_reach", self.wall_reach, 0, 100)
        check_range("fresh_minutes", self.fresh_minutes, 0, 1440)
        check_range("margin", self.margin, 0, 1)

    @or_abstain
    def vote(self, view: JuryView) -> Vote:
        gamma = view.gamma
        if gamma is None:
            raise Missing(view.why_missing("gamma"))
        trust = freshness(gamma, view.now, fresh_minutes=self.fresh_minutes)
        if not trust:
            raise Missing(f"the snapshot of {gamma.at:%Y-%m-%d %H:%M} UTC is not of the last day")
        price, source = price_of(view)
        evidence = [self._flip(gamma, price, source), self._walls(gamma, price)]
        return weigh(
            self.name,
            view,
            evidence,
            margin=self.margin,
            figures=_figures(view, gamma, price),
            inputs=("gamma", "quote", "daily"),
            doubts=_doubts(view, gamma, trust),
        )

    def _flip(self, gamma: Gamma, price: float, source: str) -> Evidence:
        zero = gamma.zero_gamma
        if zero is None:
            return Evidence("flip", FLIP_SHARE, None, "no zero gamma within reach")
        above, was_above = price > zero, gamma.spot > zero
        percent = 100.0 * (price - zero) / price
        text = f"{source} {price:.2f} is {percent:+.2f}% from zero gamma {zero:.2f}"
        if above != was_above and zero not in (price, gamma.spot):
            return Evidence("flip", FLIP_SHARE, 1.0 if above else -1.0, f"{text}, crossed since the snapshot")
        return Evidence("flip", FLIP_SHARE, steps(price - zero, price * self.zero_reach / 100.0), text)

    def _walls(self, gamma: Gamma, price: float) -> Evidence:
        call, put = gamma.call_wall, gamma.put_wall
        if call is None or put is None:
            return Evidence("walls", WALLS_SHARE, None, "the chain has no wall on one side or both")
        reach = price * self.wall_reach / 100.0
        above, below = min(max(call - price, 0.0), reach), min(max(price - put, 0.0), reach)
        text = f"call wall {call:.2f} {_percent(call, price)}, put wall {put:.2f} {_percent(put, price)}"
        if price > call or price < put:
            broken = int(price > call) - int(price < put)
            return Evidence("walls", WALLS_SHARE, clip(broken), f"{text}: beyond a wall")
        trust = BROKEN_WALLS_TRUST if gamma.dealers == DealerPosition.SHORT_GAMMA else 1.0
        return Evidence("walls", WALLS_SHARE, tilt(above, below), text, trust)


def _doubts(view: JuryView, gamma: Gamma, trust: float) -> list[Doubt]:
    doubts = []
    if trust < 1.0:
        doubts.append(Doubt(trust, f"the snapshot is {gamma.age_s(view.now) / 60:.0f} min old"))
    if gamma.dealers == DealerPosition.LONG_GAMMA:
        doubts.append(
            Doubt(DAMPED_TRUST, f"dealers are long gamma, {gamma.total:,.0f} for one percent: moves are dampened")
        )
    if gamma.total * gamma.total_later < 0.0:
        text = f"without today's expiry dealers would have {gamma.total_later:,.0f} instead of {gamma.total:,.0f}"
        doubts.append(Doubt(EXPIRING_TRUST, text))
    return doubts


def _figures(view: JuryView, gamma: Gamma, price: float) -> dict[str, Figure]:
    reach = None
    if view.daily is not None and len(view.daily.candles) >= BARS_NEEDED:
        reach = float(atr(view.daily.candles)[-1])
    figures: dict[str, Figure] = {
        "price": price,
        "dealers": gamma.dealers,
        "gamma_total": gamma.total,
        "gamma_later": gamma.total_later,
        "max_pain": gamma.max_pain,
        "expected_to_close": gamma.expected_to_close,
    }
    for name, level in (("zero_gamma", gamma.zero_gamma), ("call_wall", gamma.call_wall), ("put_wall", gamma.put_wall)):
        figures[name] = level
        figures[f"{name}_atrs"] = (level - price) / reach if level is not None and reach else None
    return figures


def _percent(level: float, price: float) -> str:
    return f"({100.0 * (level - price) / price:+.2f}%)"
