"""The opening range agent: breaks of a range of 99.5 to 100.5 that is made by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from domain.agents import Action, Bias, JuryView, Series
from tests.domain.agents.builders import FIVE, LONG, OPENS, SHORT, five_minutes, of, session, view, walk

OPENING = (100.0, 100.0, 100.0, 100.0, 100.0, 100.0)


def after_the_open(*closes: float, thesis: object = LONG, opening: tuple[float, ...] = OPENING, history: int = 78,
                   volume: np.ndarray | None = None) -> JuryView:  # fmt: skip
    """The moment when the last of these bars of today is over; bars are half a dollar high on both sides of their close,
    and open there. Yesterday's stood at 100.
    """
    today = np.array([*opening, *closes])
    every = np.concatenate([np.full(history, 100.0), today])
    now = OPENS + timedelta(seconds=FIVE * len(today))
    parts = {} if volume is None else {"volume": volume}
    bars = five_minutes(every, ends=now, open=every, high=every + 0.5, low=every - 0.5, **parts)
    return view(now=now, thesis=thesis, session=session(now), bars=bars)


def test_a_fresh_break_on_the_thesis_side_is_a_case() -> None:
    """Close 101.0 is half the range of 1.0 above 100.5: 60 + 15; the volume is yesterday's at that time, no more: - 15."""
    vote = of("orb", after_the_open(101.0))
    assert (vote.action, vote.bias, vote.confidence) == (Action.ENTER, Bias.BULLISH, 60)
    assert (vote.figures["range_high"], vote.figures["range_low"]) == (100.5, 99.5)
    assert (vote.figures["broke"], vote.figures["bars_ago"], vote.figures["volume_ratio"]) == (1, 0, 1.0)
    assert vote.reasons == (
        "close 101.00 is above the range of the first 30 minutes, 99.50 to 100.50, broken on the last bar with 1.00 times "
        "the usual volume",
    )  # fmt: skip


def test_a_break_on_volume_is_surer() -> None:
    """Three times what traded at 15:00 the day before: 60 + 15 + 15; a quarter dollar beyond instead of half: 82.5."""
    volume = np.full(78 + 7, 1000.0)
    volume[-1] = 3000.0
    vote = of("orb", after_the_open(101.0, volume=volume))
    assert (vote.confidence, vote.figures["volume_ratio"]) == (90, 3.0)
    assert of("orb", after_the_open(100.75, volume=volume)).confidence == round(60 + 7.5 + 15)


def test_without_an_earlier_session_the_volume_is_unknown() -> None:
    """And neither adds nor takes."""
    vote = of("orb", after_the_open(101.0, history=10))
    assert (vote.confidence, vote.figures["volume_ratio"]) == (75, None)
    assert "no volume of earlier sessions" in vote.reasons[0]


def test_a_break_of_the_other_side_is_a_case_against_it() -> None:
    """For as long as it holds."""
    fresh = of("orb", after_the_open(99.0))
    assert (fresh.action, fresh.bias, fresh.confidence) == (Action.REJECT, Bias.BEARISH, 60)
    old = of("orb", after_the_open(99.0, 99.0, 99.0, 99.0))
    assert (old.action, old.confidence, old.figures["bars_ago"]) == (Action.REJECT, 50, 3)
    assert of("orb", after_the_open(99.0, thesis=SHORT)).action is Action.ENTER


@pytest.mark.parametrize(("bars", "action"), [(1, Action.ENTER), (3, Action.ENTER), (4, Action.SKIP)])
def test_a_break_is_fresh_for_three_bars(bars: int, action: Action) -> None:
    """Then the side has had its break of the day."""
    vote = of("orb", after_the_open(*[101.0] * bars))
    assert (vote.action, vote.bias) == (action, Bias.BULLISH)


def test_a_side_breaks_once_a_day() -> None:
    """Back inside and out again is no second break."""
    vote = of("orb", after_the_open(101.0, 100.0, 100.0, 100.0, 101.0))
    assert (vote.action, vote.figures["bars_ago"]) == (Action.SKIP, 4)
    assert vote.reasons[0].endswith("broken 4 bars ago: once for each side a day")


def test_inside_the_range_there_is_no_case() -> None:
    """Nor at its edge, nor after a break that has failed."""
    for closes in ((100.0,), (100.5,), (99.5,), (101.0, 100.0)):
        vote = of("orb", after_the_open(*closes))
        assert (vote.action, vote.bias, vote.confidence) == (Action.SKIP, Bias.NEUTRAL, 60)
    assert vote.reasons[0].endswith("broken above 1 bar ago")


def test_a_range_without_height_is_broken_by_anything() -> None:
    """All of the opening traded at one price."""
    every = np.array([*OPENING, 100.01])
    now = OPENS + timedelta(minutes=35)
    bars = five_minutes(every, ends=now, open=every, high=every, low=every)
    assert of("orb", view(now=now, session=session(now), bars=bars)).action is Action.ENTER


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("minutes", [5, 15, 30])
def test_breaks_by_their_definition_on_a_random_day(seed: int, minutes: int) -> None:
    """Told the slow way: the opening's highest and lowest price, and the first close beyond each."""
    walked = walk(40, seed=seed, step=0.4)
    seen = after_the_open(*walked[6:], opening=tuple(walked[:6]))
    opening, later = walked[: minutes // 5], walked[minutes // 5 :]
    high, low = max(opening) + 0.5, min(opening) - 0.5
    first = {side: next((at for at, close in enumerate(later) if (close > high if side > 0 else close < low)), None)
             for side in (1, -1)}  # fmt: skip
    outside = int(later[-1] > high) - int(later[-1] < low)
    known = [at for side, at in first.items() if at is not None and (not outside or side == outside)]
    vote = of("orb", seen, minutes=minutes)

    assert (vote.figures["range_high"], vote.figures["range_low"]) == pytest.approx((high, low))
    assert vote.figures["bars_ago"] == (len(later) - 1 - max(known) if known else None)
    assert vote.bias.value == {1: "bullish", -1: "bearish", 0: "neutral"}[outside]


@pytest.mark.parametrize(("minutes", "high"), [(5, 100.5), (15, 101.5), (30, 103.5)])
def test_the_opening_has_the_minutes_of_its_parameter(minutes: int, high: float) -> None:
    """Closes of 100, 101 and so on, half a dollar below their highs."""
    opening = (100.0, 100.5, 101.0, 102.0, 102.5, 103.0)
    assert of("orb", after_the_open(103.0, opening=opening), minutes=minutes).figures["range_high"] == high


def test_before_the_opening_is_over_it_abstains() -> None:
    """Six bars make it, the seventh may break it."""
    five = after_the_open(opening=OPENING[:5])
    assert of("orb", five).reasons == ("the opening of 30 minutes and a bar after it are not over",)
    assert of("orb", after_the_open()).abstained


def without(seen: JuryView, bar: int) -> JuryView:
    """That bar of today is missing."""
    assert seen.bars is not None
    at = int(np.searchsorted(seen.bars.candles.start, int(OPENS.timestamp()) + FIVE * bar))
    parts = [
        np.delete(getattr(seen.bars.candles, name), at) for name in ("start", "open", "high", "low", "close", "volume")
    ]
    return view(now=seen.now, session=seen.session,
                bars=Series(FIVE, type(seen.bars.candles)(*parts), seen.bars.hours))  # fmt: skip


def test_a_late_open_or_a_halt_in_it_leaves_no_range() -> None:
    """The first bar is missing, or the third."""
    seen = after_the_open(101.0, 101.0)
    assert "no session is running whose open the bars hold" in of("orb", without(seen, 0)).reasons[0]
    assert of("orb", without(seen, 2)).reasons == (
        "bars are missing in the opening of 30 minutes: a late open or a halt",
    )
    assert not of("orb", without(seen, 6)).abstained


def test_bars_that_do_not_divide_the_opening_have_no_range() -> None:
    """Hours do not; bars without sessions are of days."""
    seen = after_the_open(101.0)
    assert seen.bars is not None
    hourly = Series(3600, seen.bars.candles, seen.bars.hours)
    assert "bars of 3600 s do not divide" in of("orb", view(now=seen.now, bars=hourly)).reasons[0]
    daily = Series(86_400, seen.bars.candles)
    assert "have no sessions" in of("orb", view(now=seen.now, bars=daily)).reasons[0]


@pytest.mark.parametrize("now", [OPENS - timedelta(minutes=1), OPENS + timedelta(minutes=390)])
def test_outside_the_session_it_abstains(now: datetime) -> None:
    """Yesterday's break is not today's."""
    seen = after_the_open(101.0)
    assert of("orb", view(now=now, bars=seen.bars)).abstained


def test_the_range_is_known_only_if_the_bars_begin_before_the_open() -> None:
    """Two hundred bars of a minute do not reach back to it in the afternoon."""
    seen = after_the_open(101.0, history=0)
    assert of("orb", seen).action is Action.ENTER
    assert of("orb", without(seen, 0)).abstained
