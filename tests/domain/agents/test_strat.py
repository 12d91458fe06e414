"""The Strat agent: combinations from the published list, and opens of timeframes that are counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.agents import Action, Bias, JuryView, Series
from domain.agents.members.strat import running_opens
from domain.indicators.strat import combos
from tests.domain.agents.builders import NOW, SHORT, days, five_minutes, mirrored, of, quote, session, view, walk

# By low and high: an up bar, an inside bar, and a bar that breaks it upwards: 2-1-2, trigger 101.5, stop 100.5.
TWO_ONE_TWO = ((99.0, 101.0), (100.0, 102.0), (100.5, 101.5), (101.0, 103.0))
# Opens by day back from Tuesday the 17th: the week began on Monday the 16th, the month on Monday the 2nd.
MONTH_OPEN, WEEK_OPEN, DAY_OPEN, HOUR_OPEN = 97.0, 98.0, 99.0, 99.5


def market(*ranges: tuple[float, float], thesis: object = None, spot: str = "101.60", **changes: object) -> JuryView:
    """Bars up to one o'clock in New York that end with these ranges; before them inside bars that end nothing."""
    calm = [(95.0 + 0.001 * i, 105.0 - 0.001 * i) for i in range(60 - len(ranges))]
    low, high = (np.array([bar[side] for bar in (*calm, *ranges)]) for side in (0, 1))
    middle = (low + high) / 2
    open_ = middle.copy()
    open_[-42] = DAY_OPEN  # 9:30; 42 bars of five minutes to 13:00
    open_[-6] = HOUR_OPEN  # 12:30, the fourth hour since the open
    daily_open = np.full(30, 100.0)
    daily_open[-12], daily_open[-2] = MONTH_OPEN, WEEK_OPEN
    fields = {
        "quote": quote(spot),
        "bars": five_minutes(middle, open=open_, high=high, low=low),
        "daily": days(np.full(30, 100.0), half=5.0, open=daily_open),
        **changes,
    }
    return view(**fields) if thesis is None else view(thesis=thesis, **fields)


def test_the_running_opens_are_found_by_the_exchanges_dates() -> None:
    """Month and week from the daily bars, day and hour from the alert's."""
    assert running_opens(market()) == {"month": MONTH_OPEN, "week": WEEK_OPEN, "day": DAY_OPEN, "60 min": HOUR_OPEN}


def test_a_combination_with_every_timeframe_is_a_case() -> None:
    """70, and 15 as the target of 102.0, the high two bars back, is ahead of 101.60."""
    vote = of("strat", market(*TWO_ONE_TWO))
    assert (vote.action, vote.bias, vote.confidence) == (Action.ENTER, Bias.BULLISH, 85)
    figures = {
        name: vote.figures[name] for name in ("combo", "combo_direction", "bars_ago", "trigger", "stop", "target")
    }
    assert figures == {
        "combo": "2-1-2", "combo_direction": 1, "bars_ago": 0, "trigger": 101.5, "stop": 100.5, "target": 102.0,
    }  # fmt: skip
    assert vote.reasons[0] == "2-1-2 continuation up on the last bar: trigger 101.50, stop 100.50, target 102.00"
    assert vote.reasons[1].startswith("spot 101.60 is above all the opens: month 97.00, week 98.00")


def test_a_target_that_is_reached_is_worth_less() -> None:
    """102.50 is beyond it."""
    assert of("strat", market(*TWO_ONE_TWO, spot="102.50")).confidence == 70


def test_the_same_upside_down_is_a_case_for_a_bearish_alert() -> None:
    """2-1-2 down below every open."""
    up = market(*TWO_ONE_TWO)
    assert up.bars is not None and up.daily is not None
    down = view(thesis=SHORT, quote=quote("98.40"), bars=mirrored(up.bars, 100.0), daily=mirrored(up.daily, 100.0))
    vote = of("strat", down)
    assert (vote.action, vote.bias, vote.confidence) == (Action.ENTER, Bias.BEARISH, 85)


def test_every_timeframe_against_it_is_a_case_against_it() -> None:
    """More so with a combination."""
    both = of("strat", market(*TWO_ONE_TWO, thesis=SHORT))
    assert (both.action, both.bias, both.confidence) == (Action.REJECT, Bias.BULLISH, 80)
    alone = of("strat", market(thesis=SHORT))
    assert (alone.action, alone.confidence, alone.figures["combo"]) == (Action.REJECT, 65, None)


def test_a_combination_without_the_timeframes_is_none() -> None:
    """98.50 lies above month and week, below day and hour."""
    vote = of("strat", market(*((low - 3, high - 3) for low, high in TWO_ONE_TWO), spot="98.50"))
    assert (vote.action, vote.bias, vote.confidence) == (Action.SKIP, Bias.NEUTRAL, 60)
    assert (vote.figures["combo"], vote.figures["continuity"]) == ("2-1-2", 0)
    assert "not on one side of the opens" in vote.reasons[1]


def test_timeframes_without_a_combination_are_no_case() -> None:
    """The way is free, nothing has begun."""
    vote = of("strat", market())
    assert (vote.action, vote.bias, vote.confidence) == (Action.SKIP, Bias.BULLISH, 60)
    assert vote.reasons[0] == "no combination in force ended within 2 bars"


def test_a_combination_beyond_its_stop_is_over() -> None:
    """At 100.49 the break has failed."""
    assert of("strat", market(*TWO_ONE_TWO, spot="100.49")).figures["combo"] is None
    assert of("strat", market(*TWO_ONE_TWO, spot="100.50")).figures["combo"] == "2-1-2"


@pytest.mark.parametrize(("later", "found"), [(1, "2-1-2"), (2, None)])
def test_a_combination_counts_for_two_bars(later: int, found: str | None) -> None:
    """Inside bars after it end nothing."""
    inside = [(101.0 + 0.1 * i, 103.0 - 0.1 * i) for i in range(1, later + 1)]
    vote = of("strat", market(*TWO_ONE_TWO, *inside))
    assert (vote.figures["combo"], vote.figures["bars_ago"]) == (found, later if found else None)


def test_an_hour_without_a_bar_is_unknown_and_lowers_confidence() -> None:
    """At 12:33 no bar of the hour is over: three of four timeframes, 85 * 3 / 4."""
    now = datetime(2026, 11, 18, 17, 33, tzinfo=UTC)
    full = market(*TWO_ONE_TWO)
    assert full.bars is not None
    earlier = five_minutes(
        full.bars.candles.close, ends=now - timedelta(minutes=3), open=full.bars.candles.open,
        high=full.bars.candles.high, low=full.bars.candles.low,
    )  # fmt: skip
    vote = of("strat", market(now=now, session=session(now), bars=earlier))
    assert "60 min" not in running_opens(market(now=now, bars=earlier))
    assert vote.figures["open_60_min"] is None
    assert vote.reasons[-1] == "unknown: 60 min"
    assert vote.confidence == round(85 * 3 / 4)


def test_on_the_first_day_of_a_week_or_month_its_open_is_todays() -> None:
    """Monday the 16th opens its week; Monday the 2nd its month and week."""
    for day, shared in ((16, {"week", "day"}), (2, {"month", "week", "day"})):
        now = datetime(2026, 11, day, 18, 0, tzinfo=UTC)
        bars = five_minutes(np.full(60, 100.0), ends=now, open=np.where(np.arange(60) == 18, 77.0, 100.0))
        opens = running_opens(view(now=now, bars=bars, daily=days(np.full(30, 50.0), until=now)))
        assert {name for name, level in opens.items() if level == 77.0} == shared


def test_days_that_begin_within_the_month_do_not_know_its_open() -> None:
    """Their first bar is not the month's."""
    opens = running_opens(market(daily=days(np.full(12, 100.0))))
    assert set(opens) == {"week", "day", "60 min"}


def test_without_timeframes_it_abstains() -> None:
    """No daily bars and no session: nothing is running."""
    seen = market(*TWO_ONE_TWO)
    assert seen.bars is not None
    lone = view(bars=Series(300, seen.bars.candles))
    assert of("strat", lone).reasons == ("continuity needs 2 timeframes, known: none",)
    assert of("strat", view(now=NOW, bars=None, daily=seen.daily)).abstained


def test_daily_alerts_are_judged_by_month_and_week() -> None:
    """Bars of days have no day that runs: half of the timeframes, half the confidence."""
    daily = market().daily
    assert daily is not None
    vote = of("strat", view(quote=quote("101.00"), bars=daily, daily=daily))
    assert set(running_opens(view(bars=daily, daily=daily))) == {"month", "week"}
    assert vote.confidence == 30


@pytest.mark.parametrize("seed", range(20))
def test_a_few_bars_are_enough_to_find_the_combination(seed: int) -> None:
    """The same that two hundred bars have ended last."""
    bars = five_minutes(walk(200, seed=seed), half=0.0625)
    seen = view(bars=bars, daily=days(np.full(30, 100.0)))
    in_force = [
        combo for combo in combos(bars.candles)
        if combo.at >= 198 and (100.0 - combo.stop) * combo.direction >= 0
    ]  # fmt: skip
    expected = (in_force[-1].name, 199 - in_force[-1].at) if in_force else (None, None)
    vote = of("strat", seen)
    assert (vote.figures["combo"], vote.figures["bars_ago"]) == expected
