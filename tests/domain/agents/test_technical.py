"""The technical agent: what its evidence comes to on bars whose averages can be computed by hand."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from domain.agents import Action, Bias
from domain.agents.members.technical import Technical, pivots
from tests.domain.agents.builders import FIVE, NOW, SHORT, five_minutes, of, quote, view, walk
from tests.domain.indicators.builders import candles, first, wandering


def line(n: int, slope: float = 0.1, *, end: float = 100.0) -> np.ndarray:
    return end + slope * np.arange(-n + 1, 1)


def test_a_straight_rise_is_bullish_by_its_averages() -> None:
    """Of a line with slope 0.1 an EMA of n lags by 0.1 (n - 1) / 2.

    EMA 21 - EMA 50 = 1.45 and close - EMA 21 = 1.0, both in full at an ATR of 0.5; the MACD stays at 0.7, so its histogram
    is 0; RSI 100 counts nothing; a line has no pivots. Lean 35 of the 80 that are known: 0.4375, beyond the margin of 0.2
    by 0.297 of the rest: (50 + 14.8) * 0.8 = 52.
    """
    rise = view(bars=five_minutes(line(60)))
    vote = of("technical", rise)

    assert (vote.action, vote.bias, vote.confidence) == (Action.ENTER, Bias.BULLISH, 52)
    assert (vote.figures["lean_trend"], vote.figures["lean_price"], vote.figures["lean_macd"]) == (1.0, 1.0, 0.0)
    assert (vote.figures["lean_momentum"], vote.figures["lean_levels"]) == (0.0, None)
    assert vote.figures["atr"] == pytest.approx(0.5, abs=0.01)
    assert (vote.figures["lean"], vote.figures["known"]) == (0.4375, 0.8)
    assert "EMA 21 99.00 against EMA 50 97.55" in vote.reasons
    assert "RSI 100.0 is beyond 30 to 70: that move is made" in vote.reasons
    assert of("technical", view(thesis=SHORT, bars=rise.bars)).action is Action.REJECT


def test_a_fall_is_the_rise_upside_down() -> None:
    """For a bearish alert."""
    vote = of("technical", view(thesis=SHORT, bars=five_minutes(line(60, -0.1))))
    assert (vote.action, vote.bias, vote.confidence) == (Action.ENTER, Bias.BEARISH, 52)


def test_prices_that_stand_still_are_no_case() -> None:
    """Every lean is 0 and levels are unknown: 75, the most that balance is worth, times 0.8."""
    vote = of("technical", view(bars=five_minutes(np.full(60, 100.0), half=0.0)))
    assert (vote.action, vote.bias, vote.confidence) == (Action.SKIP, Bias.NEUTRAL, 60)
    assert vote.figures["rsi"] == 50.0


def test_a_return_from_overbought_is_bearish_for_three_bars() -> None:
    """After a long rise of 0.1 a bar one fall of 1.0: RSI 100 * 13 * 0.1 / (13 * 0.1 + 1.0) = 56.5, through 70."""
    fallen = [*line(60), 99.0]
    vote = of("technical", view(bars=five_minutes(fallen)))
    assert vote.figures["rsi"] == pytest.approx(100 * 1.3 / 2.3)
    assert vote.figures["lean_momentum"] == -1.0
    assert "RSI 56.5 came back down through 70 on the last bar" in vote.reasons

    for bars, lean in ((2, -1.0), (3, pytest.approx((100 * 1.3 / 2.3 - 50.0) / 20.0, abs=1e-5))):
        later = of("technical", view(bars=five_minutes([*fallen, *[99.0] * bars])))
        assert later.figures["lean_momentum"] == lean  # nothing moves, so RSI stays


def test_a_return_from_oversold_is_bullish() -> None:
    """The same upside down."""
    vote = of("technical", view(bars=five_minutes([*line(60, -0.1), 101.0])))
    assert vote.figures["lean_momentum"] == 1.0
    assert any("came back up through 30" in text for text in vote.reasons)


def test_room_is_what_lies_between_the_nearest_pivots() -> None:
    """Highs of 103 and lows of 99 half an hour ago, price 100, ATR about 1: three ATRs up against one down, in full."""
    closes = np.full(60, 100.0)
    high, low = np.full(60, 100.5), np.full(60, 99.5)
    high[[20, 40]], low[[30, 50]] = [104.0, 103.0], [98.0, 99.0]
    vote = of("technical", view(bars=five_minutes(closes, high=high, low=low)), room=10)

    assert (vote.figures["resistance"], vote.figures["support"]) == (103.0, 99.0)
    assert vote.figures["lean_levels"] == 1.0
    assert "spot 100.00: resistance 103.00" in vote.reasons[0]


def test_where_nothing_is_above_the_way_is_free() -> None:
    """No pivot counts as the most room that is counted at all."""
    low = np.full(60, 99.5)
    low[50] = 99.0
    vote = of("technical", view(bars=five_minutes(np.full(60, 100.0), high=np.full(60, 100.5), low=low)))
    assert (vote.figures["resistance"], vote.figures["support"]) == (None, 99.0)
    assert vote.figures["lean_levels"] == 1.0


def test_a_broken_resistance_is_support() -> None:
    """A swing high below the price is a level below it."""
    closes = np.concatenate([np.full(40, 100.0), np.full(20, 102.0)])
    high = closes + 0.5
    high[20] = 101.0
    vote = of("technical", view(quote=quote("102.00"), bars=five_minutes(closes, high=high, low=closes - 0.5)))
    assert vote.figures["support"] == 101.0


def test_a_pivot_is_known_when_its_right_hand_bars_are_over() -> None:
    """With two bars on each side the high of bar 3 (of 7) is none before bar 5."""
    high = np.array([10.0, 11.0, 13.0, 12.0, 11.0, 10.0, 9.0])
    bars = candles(high, np.full(7, 5.0), np.full(7, 8.0))
    assert [pivots(first(bars, n), 2).tolist() for n in (3, 4, 5, 7)] == [[], [], [13.0], [13.0]]


def test_of_equal_highs_the_first_is_the_pivot() -> None:
    """A flat top is one level."""
    high = np.array([10.0, 11.0, 13.0, 13.0, 11.0, 10.0])
    assert pivots(candles(high, np.full(6, 5.0), np.full(6, 8.0)), 1).tolist() == [13.0]


def test_pivots_by_their_definition_on_a_random_walk() -> None:
    """Found the slow way: above (below) all bars of the left wing, not below (above) any of the right one."""
    bars, wing = wandering(), 3
    slow = [
        float(values[i])
        for sign, values in ((1, bars.high), (-1, bars.low))
        for i in range(wing, len(bars) - wing)
        if all(sign * values[i] > sign * other for other in values[i - wing : i])
        and all(sign * values[i] >= sign * other for other in values[i + 1 : i + wing + 1])
    ]
    assert pivots(bars, wing).tolist() == slow
    assert len(slow) > 40


def test_wide_bands_make_less_certain() -> None:
    """Five bars of ten times the range after a long calm: the move has been made."""
    calm = np.tile([100.0, 100.1], 75)
    wild = np.concatenate([calm, [101.0, 99.0, 101.0, 99.0, 100.0]])
    vote = of("technical", view(bars=five_minutes(wild)))
    assert vote.figures["band_width_rank"] >= 0.95
    assert any("bands are wider" in text for text in vote.reasons)
    certain = of("technical", view(bars=five_minutes(wild)), wide_rank=99.5)
    assert vote.confidence == pytest.approx(0.85 * certain.confidence, abs=1)


def test_below_35_bars_it_abstains_and_below_50_the_trend_is_unknown() -> None:
    """The slow average has no value yet; what is known counts, for as much."""
    assert of("technical", view(bars=five_minutes(line(34)))).reasons == ("the technical agent needs 35 bars, have 34",)
    short = of("technical", view(bars=five_minutes(line(49))))
    assert short.figures["lean_trend"] is None
    assert short.figures["known"] == pytest.approx(0.55)
    assert "trend unknown: EMA 50 needs 50 bars, have 49" in short.reasons


def test_without_a_quote_the_last_close_is_the_price() -> None:
    """And the reason says so."""
    vote = of("technical", view(quote=None, bars=five_minutes(walk(200))))
    assert vote.figures["price"] == 100.0
    assert any(text.startswith("last close 100.00: resistance") for text in vote.reasons)
    assert set(vote.ages) == {"bars"}


def test_bars_that_ended_long_ago_count_half() -> None:
    """More than three intervals: a halt, or the night."""
    bars = five_minutes(line(60))
    fresh, stale = (
        of("technical", view(now=NOW + timedelta(seconds=after), bars=bars)) for after in (3 * FIVE, 3 * FIVE + 1)
    )
    assert (fresh.confidence, stale.confidence) == (52, 26)
    assert stale.reasons[-1] == "the last bar ended 15 min ago, intervals are 5 min"
    assert stale.ages["bars"] == 901.0


def test_levels_ask_for_whole_wings() -> None:
    """Fewer bars than a pivot needs have none."""
    assert Technical().levels(first(wandering(), 6), 100.0) == (None, None)
