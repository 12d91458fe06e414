"""The context agent: regimes of constructed markets, dealers, flow, and the time of day."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from domain.agents import Action, Bias, JuryView
from domain.agents.members.context import Context, Regime
from domain.indicators.bands import atr
from domain.indicators.oscillators import adx
from tests.domain.agents.builders import (
    CLOSES,
    NOW,
    OPENS,
    five_minutes,
    gamma,
    of,
    quote,
    session,
    view,
    walk,
)
from tests.domain.indicators.builders import first, wandering


def regime(seen: JuryView) -> object:
    return of("context", seen).figures["regime"]


def test_a_straight_rise_is_trending() -> None:
    """Every movement goes up: +DI alone, ADX 100; the direction counts in full."""
    vote = of("context", view(bars=five_minutes(100 + 0.1 * np.arange(-59, 1))))
    assert (vote.figures["regime"], vote.figures["adx"], vote.figures["minus_di"]) == ("trending", 100.0, 0.0)
    assert (vote.figures["lean_trend"], vote.bias) == (1.0, Bias.BULLISH)


def test_a_market_that_goes_to_and_fro_is_ranging() -> None:
    """Up and down by turns: both DI are equal in the mean, and no direction counts."""
    vote = of("context", view(bars=five_minutes(np.tile([100.0, 100.5, 101.0, 100.5], 20), half=0.25)))
    assert vote.figures["regime"] == "ranging"
    assert vote.figures["adx"] < 20
    assert (vote.figures["lean_trend"], vote.action) == (0.0, Action.SKIP)


def test_a_market_that_ranges_twice_as_far_as_before_is_volatile() -> None:
    """Twenty bars of three times the height after 130: ATR is the highest of the last 100 and twice their median."""
    half = np.concatenate([np.full(130, 0.25), np.full(20, 0.75)])
    closes = np.full(150, 100.0)
    bars = five_minutes(closes, high=closes + half, low=closes - half)
    vote = of("context", view(bars=bars))
    assert vote.figures["regime"] == "volatile"
    assert vote.figures["atr_rank"] == 0.99
    assert any("among the widest" in text for text in vote.reasons)
    assert of("context", view(bars=bars), volatile_times=3).figures["regime"] == "ranging"


def test_a_steady_fall_is_a_trend_like_a_steady_rise() -> None:
    """In percent its range grows on every bar; in price, which is compared, it does not."""
    fall = five_minutes(40.0 - 0.2 * np.arange(150), half=0.25)
    assert regime(view(quote=quote("10.20"), bars=fall)) == "trending"


def test_the_regime_by_its_definition_on_every_bar_of_a_random_walk() -> None:
    """Told the slow way, bar by bar: between 20 and 25 a trend or a range stays what it was."""
    bars, agent = wandering(), Context()
    strengths, ranges = adx(bars).adx, atr(bars)
    state, seen = Regime.UNKNOWN, set()
    for at in range(27, len(bars)):
        if strengths[at] >= 25:
            state = Regime.TRENDING
        elif strengths[at] <= 20:
            state = Regime.RANGING
        window = [value for value in ranges[max(at - 99, 0) : at + 1] if not np.isnan(value)]
        below = sum(value < window[-1] for value in window) / len(window)
        wide = len(window) >= 50 and below >= 0.9 and window[-1] >= 1.5 * np.median(window)
        expected = Regime.VOLATILE if wide else state
        assert agent.market(first(bars, at + 1)).regime is expected, at
        seen.add(expected)
    assert seen >= {Regime.TRENDING, Regime.RANGING}


def test_few_bars_have_no_regime_and_it_says_so() -> None:
    """The snapshot alone is evidence too, for its share of 60 of 100."""
    vote = of("context", view(bars=five_minutes(walk(27)), gamma=gamma()))
    assert vote.figures["regime"] == "unknown"
    assert "regime unknown: ADX 14 needs 28 bars, have 27" in vote.reasons
    assert vote.figures["known"] == pytest.approx(0.6)


def test_spot_above_zero_gamma_is_bullish_as_far_as_it_is_known() -> None:
    """1.01 % above counts in full: (1.0 * 30 + 0.0 * 30) / 60 = 0.5, so (50 + 50 * 0.3 / 0.8) * 0.6 = 41."""
    vote = of("context", view(gamma=gamma(zero_gamma=98.99)))
    assert (vote.action, vote.bias, vote.confidence) == (Action.ENTER, Bias.BULLISH, 41)
    assert vote.reasons[0] == "spot 100.00 is +1.01% from zero gamma 98.99, dealers are short gamma"
    assert of("context", view(gamma=gamma(zero_gamma=101.01))).bias is Bias.BEARISH


def test_flow_is_the_mean_of_volume_and_premium() -> None:
    """Half a put for each call: 2 (1 - 0.5) / 1.5 = 0.667; three to one in premium: 1; together 0.833."""
    vote = of("context", view(gamma=gamma(put_call_volume=0.5, call_premium=3e6, put_premium=1e6)))
    assert vote.figures["lean_flow"] == pytest.approx(0.833333)
    assert vote.reasons[0] == "0.50 puts traded for each call, premium of calls 3,000,000, of puts 1,000,000"
    lone = of("context", view(gamma=gamma(put_call_volume=0.5, call_premium=None, put_premium=None)))
    assert lone.figures["lean_flow"] == pytest.approx(0.666667)
    none = of("context", view(gamma=gamma(put_call_volume=None, call_premium=None, put_premium=None)))
    assert none.figures["lean_flow"] is None


def test_what_is_usual_for_puts_and_calls_is_a_parameter() -> None:
    """An index trades more puts than a share."""
    seen = view(gamma=gamma(put_call_volume=1.5, call_premium=None, put_premium=None))
    assert of("context", seen).figures["lean_flow"] < 0
    assert of("context", seen, usual_put_call=1.5).figures["lean_flow"] == 0.0


@pytest.mark.parametrize(
    ("age", "known"),
    [
        (timedelta(minutes=30), 0.6),
        (timedelta(hours=12, minutes=15), 0.3),
        (timedelta(hours=23, minutes=59, seconds=59), 0.0),
    ],
)
def test_a_snapshot_counts_less_with_its_age(age: timedelta, known: float) -> None:
    """In full for half an hour, half way to a day by half."""
    vote = of("context", view(gamma=gamma(at=NOW - age)))
    assert vote.figures["known"] == pytest.approx(known, abs=1e-4)
    assert any("min old and counts less" in text for text in vote.reasons) is (known < 0.6)


@pytest.mark.parametrize("age", [timedelta(days=1), timedelta(days=3), timedelta(seconds=-1)])
def test_a_snapshot_of_another_day_or_of_later_counts_nothing(age: timedelta) -> None:
    """Without bars that is an abstention, with the regime told all the same."""
    vote = of("context", view(gamma=gamma(at=NOW - age)))
    assert vote.abstained
    assert "is not of the last day" in vote.reasons[0]
    assert vote.figures["regime"] == "unknown"


def test_dealers_long_gamma_make_less_certain() -> None:
    """They dampen moves: nine tenths."""
    short, long = (of("context", view(gamma=gamma(zero_gamma=98.99, dealers=d))) for d in ("short gamma", "long gamma"))
    assert (short.confidence, long.confidence) == (41, 37)
    assert long.reasons[-1] == "dealers long gamma dampen moves"


@pytest.mark.parametrize(
    ("now", "phase", "factor"),
    [
        (OPENS, "first", 0.7),
        (OPENS + timedelta(minutes=14, seconds=59), "first", 0.7),
        (OPENS + timedelta(minutes=15), "middle", 1.0),
        (CLOSES - timedelta(minutes=30, seconds=1), "middle", 1.0),
        (CLOSES - timedelta(minutes=30), "last", 0.7),
    ],
)
def test_the_first_and_last_minutes_are_less_certain(now: object, phase: str, factor: float) -> None:
    """Fifteen after the open, thirty before the close."""
    vote = of("context", view(now=now, gamma=gamma(at=now, zero_gamma=98.99)))
    assert vote.figures["phase"] == phase
    assert vote.confidence == round(41.25 * factor)


def test_a_closed_session_counts_half() -> None:
    """What is seen is of before."""
    vote = of("context", view(session=session(open=False), gamma=gamma(zero_gamma=98.99)))
    assert (vote.figures["phase"], vote.figures["minutes_to_close"], vote.confidence) == ("closed", 0.0, 21)


def test_bars_with_holes_at_the_end_count_half() -> None:
    """The last bar ended twenty minutes ago."""
    bars = five_minutes(100 + 0.1 * np.arange(-59, 1))
    fresh, stale = (of("context", view(now=now, bars=bars)) for now in (NOW, NOW + timedelta(minutes=20)))
    assert stale.confidence == pytest.approx(fresh.confidence / 2, abs=1)


def test_a_strength_that_was_never_clear_is_an_unknown_regime() -> None:
    """Between the thresholds on every bar; half of the direction counts."""
    vote = of("context", view(bars=five_minutes(walk(200))), trending=99.9, ranging=0.001)
    assert vote.figures["regime"] == "unknown"
    plus, minus = vote.figures["plus_di"], vote.figures["minus_di"]
    assert isinstance(plus, float) and isinstance(minus, float)
    assert vote.figures["lean_trend"] == pytest.approx(0.5 * 2 * (plus - minus) / (plus + minus), abs=1e-6)


def test_without_a_price_zero_gamma_is_compared_with_nothing() -> None:
    """The flow is still known: 30 of 100."""
    vote = of("context", view(quote=None, gamma=gamma(put_call_volume=0.25), notes={"bars": "no bars"}))
    assert (vote.figures["lean_zero_gamma"], vote.figures["known"]) == (None, pytest.approx(0.3))
    assert "no price to compare zero gamma with: no bars" in vote.reasons
