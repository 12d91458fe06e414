"""What agents share: sums of evidence, votes for a side, ages, ranks and freshness."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agents import Action, Advice, Bias
from domain.agents.reading import (
    Balance,
    Doubt,
    Evidence,
    Missing,
    ages,
    cast,
    clip,
    days_of,
    freshness,
    leaning,
    rank,
    staleness,
    steps,
    tilt,
    today,
    weigh,
)
from tests.domain.agents.builders import CLOSES, LONG, NOW, OPENS, SHORT, days, five_minutes, gamma, session, view


def test_evidence_adds_up_by_its_shares() -> None:
    """(3 * 1.0 - 1 * 0.5 * 1.0) / 3.5 = 0.714; of 3 + 1 + 4 shares 3.5 are known."""
    found = Balance.of(
        [Evidence("a", 3, 1.0, "a"), Evidence("b", 1, -1.0, "b", trust=0.5), Evidence("c", 4, None, "c")]
    )
    assert (found.lean, found.known) == (pytest.approx(2.5 / 3.5), 3.5 / 8)
    assert Balance.of([]) == Balance(0.0, 0.0)


@pytest.mark.parametrize(
    ("lean", "side", "confidence"),
    [
        (1.0, 1, 100.0),
        (-1.0, -1, 100.0),
        (0.6, 1, 75.0),
        (0.2, 0, 50.0),
        (-0.2, 0, 50.0),
        (0.1, 0, 62.5),
        (0.0, 0, 75.0),
    ],
)
def test_a_lean_takes_a_side_beyond_the_margin(lean: float, side: int, confidence: float) -> None:
    """50 at a margin of 0.2, 100 at the end, 75 for a balance; half of it where half is known and that still takes a side."""
    assert Balance(lean, 1.0).side(0.2) == side
    assert Balance(lean, 1.0).confidence(0.2) == pytest.approx(confidence)
    if abs(lean) > 0.4:
        assert Balance(lean, 0.5).confidence(0.2) == pytest.approx(confidence / 2)


@given(
    lean=st.floats(-1.0, 1.0), more=st.floats(0.0, 1.0), margin=st.floats(0.01, 0.99),
    known=st.floats(0.0, 1.0),
)  # fmt: skip
def test_confidence_is_a_percentage_and_grows_with_the_lean(
    lean: float, more: float, margin: float, known: float
) -> None:
    """Once a side is taken, more evidence for it never makes it less sure."""
    here = Balance(lean, known).confidence(margin)
    assert -1e-9 <= here <= 100.0 + 1e-9
    if Balance(lean, known).side(margin):
        further = lean + np.sign(lean) * more * (1.0 - abs(lean))
        assert Balance(further, known).confidence(margin) >= here - 1e-9


LEANS = st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.0, 1.0)), min_size=1, max_size=6)


@given(leans=LEANS, lost=st.sets(st.integers(0, 5)), margin=st.floats(0.01, 0.5))
def test_what_is_lost_never_makes_surer(leans: list[tuple[float, float]], lost: set[int], margin: float) -> None:
    """Of evidence that does not contradict itself: without a part of it no side is taken that was not, and none surer."""
    whole = [Evidence("e", share, lean, "e") for share, lean in leans]
    rest = [each._replace(lean=None) if at in lost else each for at, each in enumerate(whole)]
    before, after = (0.0 if not found.side(margin) else found.confidence(margin)
                     for found in (Balance.of(whole), Balance.of(rest)))  # fmt: skip
    assert after <= before + 1e-9


def test_little_evidence_takes_no_side_alone() -> None:
    """Full, but a fifth of all there could be: at the margin, not beyond it."""
    assert Balance(1.0, 0.2).side(0.2) == 0
    assert Balance(1.0, 0.2).confidence(0.2) == pytest.approx(50 * 0.2)
    assert Balance(-1.0, 0.21).side(0.2) == -1


@pytest.mark.parametrize(
    ("thesis", "bias", "action"),
    [
        (LONG, Bias.BULLISH, Action.ENTER),
        (LONG, Bias.BEARISH, Action.REJECT),
        (SHORT, Bias.BEARISH, Action.ENTER),
        (SHORT, Bias.BULLISH, Action.REJECT),
        (LONG, Bias.NEUTRAL, Action.SKIP),
        (SHORT, Bias.NEUTRAL, Action.SKIP),
    ],
)
def test_a_bias_is_for_or_against_the_thesis(thesis: object, bias: Bias, action: Action) -> None:
    """Or neither."""
    assert leaning(view(thesis=thesis), bias) is action


def test_the_weightiest_evidence_is_told_first_and_doubts_last() -> None:
    """Eight sentences at most."""
    evidence = [
        Evidence("weak", 1, 0.1, "weak"),
        Evidence("strong", 1, -1.0, "strong"),
        Evidence("gone", 1, None, "gone"),
    ]
    vote = weigh("a", view(), evidence, margin=0.2, figures={}, inputs=("quote",), doubts=[Doubt(0.5, "doubt")] * 9)
    assert vote.reasons == ("strong", "weak", "gone", *("doubt",) * 5)
    assert vote.figures["lean_gone"] is None
    with pytest.raises(Missing, match="gone"):
        weigh("a", view(), evidence[2:], margin=0.2, figures={}, inputs=())


def test_confidence_is_whole_and_bounded() -> None:
    """Whatever the sum of its parts; doubts multiply."""
    sure = cast("a", view(), 1, 250.0, ["x"], figures={}, inputs=())
    assert (sure.confidence, sure.action) == (100, Action.ENTER)
    doubtful = cast("a", view(), -1, 80.0, ["x"], figures={}, inputs=(), doubts=[Doubt(0.5, "y"), Doubt(0.5, "z")])
    assert (doubtful.confidence, doubtful.action) == (20, Action.REJECT)


def test_ages_are_of_what_is_there() -> None:
    """Nothing is told of what is missing, bars without a bar included."""
    advice = Advice(NOW - timedelta(seconds=3), "m", "skip", "neutral", 50, ("x",))
    seen = view(bars=five_minutes(np.full(3, 100.0), ends=NOW - timedelta(minutes=10)), advice=advice, gamma=gamma())
    told = ages(seen, "bars", "daily", "gamma", "quote", "advice")
    assert told == {"bars": 600.0, "gamma": 600.0, "quote": 1.0, "advice": 3.0}
    assert ages(view(quote=None, bars=five_minutes([])), "bars", "daily", "gamma", "quote", "advice") == {}


@pytest.mark.parametrize(
    ("hours", "left"), [(-0.01, 0.0), (0.0, 1.0), (0.5, 1.0), (12.25, 0.5), (23.999, 0.0), (24.0, 0.0), (72.0, 0.0)]
)
def test_a_snapshot_is_fresh_for_half_an_hour_and_gone_after_a_day(hours: float, left: float) -> None:
    """One of later counts nothing either."""
    seen = gamma(at=NOW - timedelta(hours=hours))
    assert freshness(seen, NOW, fresh_minutes=30) == pytest.approx(left, abs=1e-3)


def test_a_rank_is_among_the_last_hundred() -> None:
    """Strictly below; fifty at least."""
    assert rank(np.arange(50.0)) == 49 / 50
    assert rank(np.arange(49.0)) is None
    assert rank(np.concatenate([np.full(100, np.nan), np.arange(49.0)])) is None
    assert rank(np.concatenate([np.full(1000, 99.0), np.full(99, 1.0), [2.0]])) == 0.99
    assert rank(np.full(100, 1.0)) == 0.0


def test_differences_in_units_and_tilts_are_bounded() -> None:
    """A unit of nothing says nothing; three to one is the whole."""
    assert [steps(1.0, 2.0), steps(5.0, 2.0), steps(-5.0, 2.0), steps(5.0, 0.0)] == [0.5, 1.0, -1.0, 0.0]
    assert [tilt(3, 1), tilt(1, 3), tilt(1, 1), tilt(0, 0), tilt(1, 0)] == [1.0, -1.0, 0.0, 0.0, 1.0]
    assert [clip(2.0), clip(-2.0), clip(0.3)] == [1.0, -1.0, 0.3]


def test_todays_bars_are_those_of_the_running_session_from_its_open() -> None:
    """42 of five minutes until one o'clock; none before the open, after the close, or where the open is not held."""
    bars = five_minutes(np.full(60, 100.0))
    assert today(bars, NOW) == slice(18, 60)
    assert today(bars, OPENS - timedelta(seconds=1)) is None
    assert today(bars, CLOSES) is None
    assert today(five_minutes(np.full(30, 100.0)), NOW) is None


@pytest.mark.parametrize(
    ("now", "ended", "stale"),
    [
        (NOW, NOW - timedelta(minutes=15), False),
        (NOW, NOW - timedelta(minutes=20), True),
        (OPENS + timedelta(minutes=5), CLOSES - timedelta(days=1), False),  # the night
        (OPENS + timedelta(minutes=15), CLOSES - timedelta(days=1), False),
        (OPENS + timedelta(minutes=16), CLOSES - timedelta(days=1), True),
        (OPENS + timedelta(minutes=5), CLOSES - timedelta(days=5), False),
        (OPENS + timedelta(minutes=5), CLOSES - timedelta(days=6), True),
    ],
)
def test_bars_are_stale_when_a_session_goes_on_without_them(now: datetime, ended: datetime, stale: bool) -> None:
    """Three intervals of the running session, or more than five days."""
    seen = view(now=now, bars=five_minutes(np.full(60, 100.0), ends=ended))
    assert seen.bars is not None
    assert bool(staleness(seen.bars, seen)) is stale


def test_bars_are_not_stale_after_the_close() -> None:
    """Nothing is traded."""
    seen = view(bars=five_minutes(np.full(60, 100.0), ends=NOW - timedelta(hours=2)), session=session(open=False))
    assert seen.bars is not None
    assert staleness(seen.bars, seen) == []


def test_daily_bars_that_end_long_ago_are_not_of_yesterday() -> None:
    """Five days hold a weekend with a holiday on both sides; more is a provider that has stopped."""
    for ago, known in ((0, True), (2, True), (7, False)):
        seen = view(daily=days(np.full(30, 100.0), until=NOW - timedelta(days=ago)))
        if known:
            assert len(days_of(seen)) == 30
        else:
            with pytest.raises(Missing, match=r"daily bars ended 7\.5 days ago"):
                days_of(seen)
