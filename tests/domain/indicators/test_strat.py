"""The Strat: types of bars, combinations with their prices, agreement of timeframes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from domain.indicators import BarsWithHoles, Candles, InsufficientHistory, strat
from domain.indicators.strat import Combo, Kind
from tests.domain.indicators.builders import candles, spy_days


def ranges(*bars: tuple[float, float], close: list[float] | None = None, open: list[float] | None = None) -> Candles:
    """Bars by low and high; open and close in the middle unless told, so that none is a hammer."""
    low, high = (np.array([bar[side] for bar in bars]) for side in (0, 1))
    middle = (low + high) / 2
    return candles(high, low, middle if close is None else close, open=middle if open is None else open)


# bars by low and high, the last of which ends the combination
CASES = {
    "2-1-2 up goes on": ([(10, 20), (12, 24), (13, 23), (14, 25)], "2-1-2", Kind.CONTINUATION, 1, 23, 13, 24),
    "2-1-2 up turns": ([(10, 20), (8, 19), (9, 18), (9, 19)], "2-1-2", Kind.REVERSAL, 1, 18, 9, 19),
    "2-1-2 down turns": ([(10, 20), (12, 24), (13, 23), (11, 22)], "2-1-2", Kind.REVERSAL, -1, 13, 23, 12),
    "3-1-2 up": ([(10, 20), (8, 24), (9, 23), (10, 25)], "3-1-2", Kind.BREAKOUT, 1, 23, 9, 24),
    "1-3-1 down": ([(5, 30), (10, 20), (8, 24), (9, 23), (7, 22)], "1-3-1", Kind.BREAKOUT, -1, 9, 23, 8),
    "2-2 up": ([(9, 21), (10, 22), (8, 20), (9, 21)], "2-2", Kind.REVERSAL, 1, 20, 8, 22),
    "2-2 down": ([(9, 21), (8, 20), (9, 22), (7, 21)], "2-2", Kind.REVERSAL, -1, 9, 22, 8),
    "1-2-2 up": ([(5, 30), (10, 20), (8, 19), (9, 21)], "1-2-2", Kind.REVERSAL, 1, 19, 8, 20),
    "3-2-2 down": ([(10, 20), (8, 24), (9, 26), (7, 25)], "3-2-2", Kind.REVERSAL, -1, 9, 26, 8),
}


@pytest.mark.parametrize("case", CASES)
def test_a_combination_has_trigger_stop_and_target(case: str) -> None:
    """Trigger and stop are the two ends of the bar before, target the end of the one before that."""
    bars, *expected = CASES[case]
    found = strat.combos(ranges(*bars))[-1]
    assert [found.name, found.kind, found.direction, found.trigger, found.stop, found.target] == expected
    assert found.at == len(bars) - 1


def test_equal_highs_and_lows_are_inside() -> None:
    """Only a new extreme counts, to the last digit."""
    types = strat.bar_types(ranges((10, 20), (10, 20), (9, 20), (9, 21), (8, 22), (8.5, 22), (8.5, 22.01)))
    assert types.tolist() == ["", "1", "2D", "2U", "3", "1", "2U"]


def test_a_split_that_is_not_adjusted_changes_the_type() -> None:
    """Apple on 2014-06-09, the day of its 7:1 split, was an outside day and looks like a fall."""
    raw, adjusted = ((644.47, 651.26), (91.75, 93.88)), ((644.47 / 7, 651.26 / 7), (91.75, 93.88))
    assert [strat.bar_types(ranges(*bars))[1] for bars in (raw, adjusted)] == ["2D", "3"]


def test_an_outside_bar_after_an_inside_one_takes_the_side_of_its_close() -> None:
    """1-3; a close within the inside bar leaves it undecided."""
    bars = [(10.0, 20.0), (12.0, 18.0), (9.0, 21.0)]
    up, down, open_ = (strat.combos(ranges(*bars, close=[15, 15, last])) for last in (19, 11, 15))

    assert up == [Combo("1-3", Kind.BREAKOUT, 2, 1, 18.0, 12.0, 20.0)]
    assert down == [Combo("1-3", Kind.BREAKOUT, 2, -1, 12.0, 18.0, 10.0)]
    assert open_ == []


def test_a_hammer_or_shooter_counts_where_nothing_else_does() -> None:
    """2U-2U is no combination, but a break of a hammer's high is; there is no target where the pivot lies behind."""
    bars = ranges((10, 20), (11, 22), (12, 23), open=[15, 20, 15], close=[15, 21, 15])
    assert strat.hammers(bars).tolist() == [False, True, False]
    assert strat.combos(bars) == [Combo("hammer", Kind.REVERSAL, 2, 1, 22.0, 11.0, None)]

    bars = ranges((10, 20), (8, 18), (7, 17), open=[15, 10, 15], close=[15, 9, 15])
    assert strat.shooters(bars).tolist() == [False, True, False]
    assert strat.combos(bars) == [Combo("shooter", Kind.REVERSAL, 2, -1, 8.0, 18.0, None)]


def test_bars_that_go_on_are_no_combination() -> None:
    """2U after 2U, and an inside bar, end nothing."""
    assert strat.combos(ranges((10, 20), (11, 21), (12, 22), (13, 21))) == []


def test_setups_wait_on_both_sides_of_an_inside_bar() -> None:
    """After 2U-1 the next bar may go on or turn; after a bar down only up is a reversal."""
    both = strat.setups(ranges((10, 20), (12, 24), (13, 23)))
    assert [(combo.name, combo.kind, combo.direction, combo.trigger, combo.at) for combo in both] == [
        ("2-1-2", Kind.CONTINUATION, 1, 23.0, 3), ("2-1-2", Kind.REVERSAL, -1, 13.0, 3)
    ]  # fmt: skip
    assert [combo.direction for combo in strat.setups(ranges((9, 21), (10, 22), (8, 20)))] == [1]


def test_few_bars_are_no_combination() -> None:
    """Two have types, three a combination."""
    two = ranges((10, 20), (11, 21))
    for wanted in (strat.combos, strat.setups):
        with pytest.raises(InsufficientHistory, match="needs 3 bars, have 2"):
            wanted(two)


@pytest.mark.parametrize(("price", "expected"), [(101.0, 1), (100.0, 0), (99.5, 0), (94.0, -1), (95.0, 0)])
def test_timeframes_agree_only_if_all_do(price: float, expected: int) -> None:
    """Above each open, below each, or neither; at an open is neither."""
    assert strat.continuity(price, {"month": 95.0, "week": 98.0, "day": 100.0, "60": 99.0}) == expected


def test_timeframes_without_prices_do_not_agree() -> None:
    """They are refused."""
    with pytest.raises(InsufficientHistory):
        strat.continuity(100.0, {})
    with pytest.raises(BarsWithHoles):
        strat.continuity(100.0, {"day": float("nan")})
    with pytest.raises(BarsWithHoles):
        strat.continuity(float("nan"), {"day": 100.0})


def test_every_recorded_day_has_one_type_by_its_definition() -> None:
    """Counted the slow way over twenty years of SPY."""
    _, bars = spy_days()
    types = strat.bar_types(bars)
    names = {(False, False): "1", (True, False): "2U", (False, True): "2D", (True, True): "3"}
    slow = [names[bars.high[i] > bars.high[i - 1], bars.low[i] < bars.low[i - 1]] for i in range(1, len(bars))]
    assert_array_equal(types[1:], slow)
