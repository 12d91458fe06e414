"""A quiet market that has just been left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from domain.agents.reading import bars_of, cast, or_abstain, staleness, when
from domain.agents.registry import Agent, register
from domain.agents.view import JuryView
from domain.agents.vote import Action, Figure, Vote
from domain.indicators.candles import BoolArray
from domain.indicators.squeeze import BARS_NEEDED, Colour, pro_level, squeeze
from domain.parameters import check_range

FIRED: Final = 60.0  # confidence of a squeeze that fired towards its momentum
GROWING: Final = 15.0  # more while momentum grows
BY_LEVEL: Final = 5.0  # more for each level of Squeeze Pro before it fired
BY_LENGTH: Final = 10.0  # more after a squeeze of ``long`` bars
ON: Final = 65.0
QUIET: Final = 55.0


@register
@dataclass(frozen=True, slots=True)
class TtmSqueeze(Agent):
    """TTM Squeeze as thinkorswim draws it: fired within ``within`` bars, in the direction of its momentum.

    Fired: enter where the sign of the momentum is the thesis's, reject where it is not. On: skip, nothing has happened yet.
    Neither: skip. Confidence 60, with 15 while the momentum grows, 5 for each level of Squeeze Pro (0 to 3) on the bar
    before it fired, and 10 after at least ``long`` bars of squeeze. Abstains below 40 bars. Source: Carter, Mastering the
    Trade, 2012, chapter 11; definition and its traps in domain.indicators.squeeze.
    """

    name: ClassVar[str] = "squeeze"
    weight: ClassVar[int] = 5
    flag: ClassVar[str] = "enable_squeeze"
    within: int = 3  # bars
    long: int = 6  # bars

    def __post_init__(self) -> None:
        check_range("within", self.within, 0, 20)
        check_range("long", self.long, 0, 80)

    @or_abstain
    def vote(self, view: JuryView) -> Vote:
        series = bars_of(view)
        candles = series.candles
        candles.need("colour of the squeeze", BARS_NEEDED + 1)
        found = squeeze(candles)
        momentum, colour = float(found.momentum[-1]), str(found.colours[-1])
        side = int(np.sign(momentum))
        fired = np.flatnonzero(found.fired[-self.within :])
        ago = min(self.within, len(found.fired)) - 1 - int(fired[-1]) if len(fired) else None
        on = bool(found.on[-1])
        level = 0 if ago is None else int(pro_level(candles)[-ago - 2])
        length = _length(found.on) if on else 0 if ago is None else _length(found.on[: len(found.on) - ago - 1])
        figures: dict[str, Figure] = {
            "on": on,
            "fired_bars_ago": ago,
            "momentum": momentum,
            "colour": colour,
            "pro_level": level,
            "length": length,
        }
        state = f"momentum {momentum:+.3f} ({colour})"
        action = None
        if on:
            side, confidence, text = 0, ON, f"squeezed for {length} bars, not fired; {state}"
        elif ago is None:
            confidence, text, action = QUIET, f"no squeeze fired within {self.within} bars; {state}", Action.SKIP
        else:
            confidence = FIRED + BY_LEVEL * level + (BY_LENGTH if length >= self.long else 0.0)
            confidence += GROWING if colour in (Colour.CYAN, Colour.RED) else 0.0
            text = f"fired {when(ago)} after a squeeze of {length} bars, level {level}; {state}"
        return cast(
            self.name,
            view,
            side,
            confidence,
            [text],
            figures=figures,
            inputs=("bars",),
            action=action,
            doubts=staleness(series, view),
        )


def _length(on: BoolArray) -> int:
    """How many bars at the end were on without a break."""
    off = np.flatnonzero(~on)
    return len(on) - 1 - int(off[-1]) if len(off) else len(on)
