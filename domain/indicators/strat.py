"""The Strat: each bar by how it stands to the one before, combinations of such bars, and agreement of timeframes.

Bars must be adjusted for splits. A bar's type is final at its close only: until then a 1 can become a 2 and a 2 a 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from domain.indicators.candles import BoolArray, Candles, InsufficientHistory, TextArray, check_prices

INSIDE: Final = "1"
UP: Final = "2U"
DOWN: Final = "2D"
OUTSIDE: Final = "3"
_OPPOSITE: Final = {UP: DOWN, DOWN: UP}
_THIRD: Final = 3.0


class Kind(StrEnum):
    CONTINUATION = "continuation"
    REVERSAL = "reversal"
    BREAKOUT = "breakout"


@dataclass(frozen=True, slots=True)
class Combo:
    """A combination of bars with its prices.

    at: index of the bar that ends it; one past the last bar for a setup, which the next bar may end. direction: +1 up,
    -1 down. trigger: the high (low) of the bar before, stop: its other side, target: the high (low) of the bar before
    that, None where it does not lie beyond the trigger.
    """

    name: str
    kind: Kind
    at: int
    direction: int
    trigger: float
    stop: float
    target: float | None


def bar_types(candles: Candles) -> TextArray:
    """1 inside, 2U a new high only, 2D a new low only, 3 both; "" for the first bar. Equal highs or lows are inside.

    Raises InsufficientHistory below two bars.
    """
    candles.need("Strat bar types", 2)
    higher = candles.high[1:] > candles.high[:-1]
    lower = candles.low[1:] < candles.low[:-1]
    return np.concatenate([[""], np.select([higher & lower, higher, lower], [OUTSIDE, UP, DOWN], INSIDE)])


def hammers(candles: Candles) -> BoolArray:
    """Bars with some height whose open and close both lie in the upper third."""
    floor = candles.high - (candles.high - candles.low) / _THIRD
    return (np.minimum(candles.open, candles.close) >= floor) & (candles.high > candles.low)


def shooters(candles: Candles) -> BoolArray:
    """Bars with some height whose open and close both lie in the lower third."""
    ceiling = candles.low + (candles.high - candles.low) / _THIRD
    return (np.maximum(candles.open, candles.close) <= ceiling) & (candles.high > candles.low)


def combos(candles: Candles) -> list[Combo]:
    """Every combination that a completed bar ended, in order of time; one at most for each bar.

    2-1-2, 3-1-2, 1-3-1 (with the 2 that leaves it), 2-2, 1-2-2 (RevStrat), 3-2-2 and 1-3, and a break of a hammer or a
    shooter where none of those fits. A 3 counts as up or down if it closed beyond the inside bar before it. Raises
    InsufficientHistory below three bars.
    """
    candles.need("Strat combos", 3)
    return list(_ended(_Reading.of(candles)))


def setups(candles: Candles) -> list[Combo]:
    """What the next bar would end by breaking the last bar's high or low: up first, then down; none, one or both.

    Raises InsufficientHistory below three bars.
    """
    candles.need("Strat setups", 3)
    reading = _Reading.of(candles)
    found = (_combo(reading, len(candles), ending, ending) for ending in (UP, DOWN))
    return [combo for combo in found if combo is not None]


def continuity(price: float, opens: Mapping[str, float]) -> int:
    """Full timeframe continuity: +1 with the price above the open of every timeframe, -1 below every one, else 0.

    opens: the running bar's open by timeframe, usually month, week, day and 60 minutes. Raises InsufficientHistory
    without any timeframe, BarsWithHoles for a price that is none.
    """
    if not opens:
        raise InsufficientHistory("timeframe continuity", need=1, have=0)
    levels = np.array([price, *opens.values()], dtype=np.float64)
    check_prices("price or open", levels)
    return int((price > levels[1:]).all()) - int((price < levels[1:]).all())


@dataclass(frozen=True, slots=True)
class _Reading:
    """Bars with what single ones are called."""

    candles: Candles
    types: list[str]
    hammers: BoolArray
    shooters: BoolArray

    @classmethod
    def of(cls, candles: Candles) -> _Reading:
        return cls(candles, [str(text) for text in bar_types(candles)], hammers(candles), shooters(candles))


def _ended(reading: _Reading) -> Iterator[Combo]:
    for at, last in enumerate(reading.types[2:], start=2):
        side = _side_of_outside(reading.candles, at) if last == OUTSIDE else last
        if side in _OPPOSITE and (combo := _combo(reading, at, last, side)) is not None:
            yield combo


def _side_of_outside(candles: Candles, at: int) -> str:
    if candles.close[at] > candles.high[at - 1]:
        return UP
    return DOWN if candles.close[at] < candles.low[at - 1] else ""


def _combo(reading: _Reading, at: int, last: str, side: str) -> Combo | None:
    """What a bar at that index and of that type ends by going to that side."""
    found = _named(reading.types[max(at - 3, 0) : at], last, side) or _single(reading, at - 1, last, side)
    if found is None:
        return None
    up, candles = side == UP, reading.candles
    near, far = (candles.high, candles.low) if up else (candles.low, candles.high)
    trigger, pivot = float(near[at - 1]), float(near[at - 2])
    beyond = pivot > trigger if up else pivot < trigger
    return Combo(*found, at, 1 if up else -1, trigger, float(far[at - 1]), pivot if beyond else None)


def _named(before: list[str], last: str, side: str) -> tuple[str, Kind] | None:
    """By the types of the two or three bars before the last one."""
    third, second, first = ["", *before][-3:]
    if last == OUTSIDE:
        return ("1-3", Kind.BREAKOUT) if first == INSIDE else None
    if first == INSIDE and second == OUTSIDE:
        return ("1-3-1" if third == INSIDE else "3-1-2"), Kind.BREAKOUT
    if first == INSIDE and second in _OPPOSITE:
        return "2-1-2", Kind.CONTINUATION if second == side else Kind.REVERSAL
    if first == _OPPOSITE[side]:
        return {INSIDE: "1-2-2", OUTSIDE: "3-2-2"}.get(second, "2-2"), Kind.REVERSAL
    return None


def _single(reading: _Reading, at: int, last: str, side: str) -> tuple[str, Kind] | None:
    """By the shape of the bar before the last one."""
    if last == OUTSIDE:
        return None
    if side == UP and reading.hammers[at]:
        return "hammer", Kind.REVERSAL
    if side == DOWN and reading.shooters[at]:
        return "shooter", Kind.REVERSAL
    return None
