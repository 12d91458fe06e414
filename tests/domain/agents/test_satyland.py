"""The Satyland agent: levels of a day whose ATR is 2, and lines whose phase is known."""

from __future__ import annotations

import numpy as np
import pytest

from domain.agents import Action, Bias
from domain.agents.members.satyland import day_levels
from domain.agents.reading import part, today
from domain.indicators import Candles, saty
from tests.domain.agents.builders import NOW, SHORT, days, five_minutes, of, quote, view, walk

CALM_DAYS = days(np.full(30, 100.0), half=1.0)  # anchor 100, ATR 2


def line(slope: float, n: int = 100) -> np.ndarray:
    return 100.0 + slope * np.arange(-n + 1, 1)


def test_a_rise_in_order_between_the_gates_is_a_case() -> None:
    """Close and EMA 8, 21, 34 in order: 1.0 * 40; 0.9 from yesterday's close, 0.45 ATR: past the golden gate, 1.0 * 35.

    A line of 0.03 a bar is 0.3 above its EMA 21 with an ATR of 0.43: phase 23.3, in the launch box, 0 * 25. Lean 0.75, and
    bands of closes in a line are narrow against bars of 0.4, so the phase is compressed: (50 + 50 * 0.55 / 0.8) * 0.8 = 68.
    """
    vote = of("satyland", view(quote=quote("100.90"), bars=five_minutes(line(0.03)), daily=CALM_DAYS))
    assert vote.figures["lean_ribbon"] == 1.0
    assert (vote.figures["atrs_from_anchor"], vote.figures["lean_levels"]) == (0.45, 1.0)
    assert (vote.figures["zone"], vote.figures["lean_phase"], vote.figures["compressed"]) == ("launch box", 0.0, True)
    assert vote.figures["phase"] == pytest.approx(100 * 0.3 / (3 * 0.43), abs=0.01)
    assert (vote.action, vote.bias, vote.confidence) == (Action.ENTER, Bias.BULLISH, 68)
    assert of("satyland", view(thesis=SHORT, bars=five_minutes(line(0.03)))).action is Action.REJECT


@pytest.mark.parametrize(
    ("spot", "lean"),
    [("100.47", 0.0), ("100.48", 0.5), ("100.76", 0.5), ("100.77", 1.0), ("101.99", 1.0), ("102.00", 0.0),
     ("99.53", 0.0), ("99.52", -0.5), ("99.23", -1.0), ("98.00", 0.0)],
)  # fmt: skip
def test_levels_count_between_the_trigger_and_a_whole_atr(spot: str, lean: float) -> None:
    """0.236 of 2 is 0.472, 0.382 is 0.764; an ATR away the usual way has been gone."""
    assert of("satyland", view(quote=quote(spot), daily=CALM_DAYS)).figures["lean_levels"] == lean


@pytest.mark.parametrize(("half", "lean"), [(0.89, 1.0), (0.91, 0.0)])
def test_a_day_whose_range_is_spent_has_nothing_left(half: float, lean: float) -> None:
    """Today's bars reach 1.78 or 1.82 of the 2 that are usual; 1.8 is nine tenths."""
    closes = np.full(60, 100.0)
    vote = of("satyland", view(quote=quote("100.80"), bars=five_minutes(closes, half=half), daily=CALM_DAYS))
    assert vote.figures["range_used"] == pytest.approx(half)
    assert vote.figures["lean_levels"] == lean
    assert any("the day's range is spent" in text for text in vote.reasons) is (lean == 0.0)


@pytest.mark.parametrize(
    ("half", "zone", "lean"),
    [(0.45, "mark-up", 1.0), (0.25, "mark-up", 1.0), (0.2, "distribution", 0.5), (0.1, "extended up", 0.0)],
)
def test_the_phase_counts_while_it_goes_on(half: float, zone: str, lean: float) -> None:
    """A line of 0.1 a bar is 1.0 above its EMA 21: 100 / (3 * (0.1 + 2 half)), which is 33, 56, 67 and 111."""
    vote = of("satyland", view(bars=five_minutes(line(0.1), half=half)))
    assert vote.figures["phase"] == pytest.approx(100 / (3 * (0.1 + 2 * half)), rel=0.02)
    assert (vote.figures["zone"], vote.figures["lean_phase"]) == (zone, lean)


def test_the_bar_that_leaves_distribution_is_bearish() -> None:
    """A rise at a phase of 67 that breaks: down through 61.8."""
    closes = [*line(0.1), 99.5]
    vote = of("satyland", view(bars=five_minutes(closes, half=0.2)))
    assert vote.figures["phase"] < 61.8
    assert vote.figures["lean_phase"] == -1.0
    up = of("satyland", view(bars=five_minutes([*line(-0.1), 100.5], half=0.2)))
    assert up.figures["lean_phase"] == 1.0


def test_averages_in_order_without_the_close_count_half() -> None:
    """After a rise the close falls below EMA 8, which is still above 21 and that above 34."""
    vote = of("satyland", view(bars=five_minutes([*line(0.1), 99.0])))
    assert (vote.figures["trend"], vote.figures["lean_ribbon"]) == (0, 0.5)


def test_the_levels_are_those_of_the_running_day() -> None:
    """The same as the published formula gives with today as the last of its bars."""
    seen = view(bars=five_minutes(walk(200)), daily=days(walk(100, seed=3, step=0.7)))
    assert seen.bars is not None and seen.daily is not None
    session = today(seen.bars, NOW)
    assert session is not None
    now = part(seen.bars.candles, session)
    running = (now.start[0], now.open[0], now.high.max(), now.low.min(), now.close[-1], now.volume.sum())
    held = seen.daily.candles
    whole = Candles(*(np.append(getattr(held, name), value) for name, value in
                      zip(("start", "open", "high", "low", "close", "volume"), running, strict=True)))  # fmt: skip
    published, found = saty.atr_levels(whole), day_levels(seen)
    assert (found.anchor, found.atr, found.range_used) == pytest.approx(
        (published.anchor[-1], published.atr[-1], published.range_used[-1])
    )


def test_what_is_missing_lowers_confidence() -> None:
    """Each part needs bars of its own: 48 for the ribbon, 23 for the phase, 14 days for the levels."""
    bars = {n: five_minutes(walk(n)) for n in (22, 23, 47, 48)}
    known = {n: of("satyland", view(bars=bars[n])).figures.get("known") for n in bars}
    assert known == {22: None, 23: 0.25, 47: 0.25, 48: 0.65}
    assert of("satyland", view(bars=bars[48], daily=days(walk(14)))).figures["known"] == 1.0
    short = of("satyland", view(bars=bars[47], daily=days(walk(13))))
    assert "ribbon unknown: Saty pivot ribbon needs 48 bars, have 47" in short.reasons
    assert "levels unknown: Saty ATR levels needs 14 bars, have 13" in short.reasons


def test_days_that_stand_still_have_no_levels() -> None:
    """An ATR of nothing has no fractions."""
    vote = of("satyland", view(daily=days(np.full(30, 100.0), half=0.0)))
    assert vote.abstained
    assert "the ATR is nothing" in vote.reasons[0]
