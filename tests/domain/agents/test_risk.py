"""The risk agent: a score that can be added up by hand, and a veto that nothing outvotes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agents import Action, Bias, Holding
from tests.domain.agents.builders import DAY, LONG, NOW, SHORT, book, days, five_minutes, of, quote, view

CALM = days(np.full(60, 100.0), half=0.5)  # an ATR of 1 % and bands without width: nothing of either range


def test_an_empty_book_in_a_calm_market_is_no_risk() -> None:
    """Nothing is used, everything is known."""
    vote = of("risk", view(daily=CALM))
    assert (vote.action, vote.bias, vote.confidence, vote.blocks) == (Action.ENTER, Bias.NEUTRAL, 100, False)
    assert vote.reasons[0] == "risk score 0 of 100"
    assert vote.figures["score"] == 0.0


def test_the_score_is_the_sum_of_its_parts() -> None:
    """3 of 10 positions: 6; 4,000 of 10,000: 8; 200 of 1,000 lost: 5; all in QQQ at 0.9: 15; together 34."""
    load = book(
        open_positions=3, exposure=4000.0, loss_today=200.0, holdings=(Holding("QQQ", LONG, 4000.0, 0.9),)
    )  # fmt: skip
    vote = of("risk", view(daily=CALM, book=load))
    parts = {
        name: vote.figures[f"points_{name}"] for name in ("positions", "exposure", "loss", "range", "concentration")
    }

    assert parts == {"positions": 6.0, "exposure": 8.0, "loss": 5.0, "range": 0.0, "concentration": 15.0}
    assert (vote.figures["score"], vote.confidence) == (34.0, 66)
    assert vote.reasons[:3] == (
        "risk score 34 of 100", "100% of exposure moves with SPY QQQ", "exposure 4,000.00 of 10,000.00",
    )  # fmt: skip


def test_a_profit_today_uses_nothing_of_the_loss() -> None:
    """A negative loss is a gain."""
    assert of("risk", view(daily=CALM, book=book(loss_today=-500.0))).figures["points_loss"] == 0.0


def test_the_range_is_half_atr_and_half_band_width() -> None:
    """ATR 3 %, half way from 1 to 5; closes by turns 97.95 and 102.05, bands 4 x 2.05 = 8.2 wide, a fifth of 4 to 25.

    Bars reach 0.95 beyond, so each true range is 4.1 + 1.9 = 6: ATR 6 % is over the whole way, 1; (1 + 0.2) / 2 * 20 = 12.
    """
    still = of("risk", view(daily=days(np.full(60, 100.0), half=1.5)))
    assert still.figures["atr_percent"] == pytest.approx(3.0)
    assert still.figures["points_range"] == pytest.approx(5.0)

    closes = np.tile([102.05, 97.95], 30) + (100.0 - 97.95)  # the last one at 100
    swinging = of("risk", view(daily=days(closes, half=0.95)))
    assert swinging.figures["band_width_percent"] == pytest.approx(8.2)
    assert swinging.figures["points_range"] == pytest.approx(12.0, abs=0.01)


def test_without_daily_bars_the_alerts_are_scaled_to_a_day() -> None:
    """0.4 % in five minutes are 0.4 * sqrt(390 / 5) = 3.53 % in a session."""
    vote = of("risk", view(bars=five_minutes(np.full(60, 100.0), half=0.2)))
    assert vote.figures["atr_percent"] == pytest.approx(0.4 * 78**0.5)
    assert "by the alert's bars" in vote.reasons[1]
    weekly = replace(days(np.full(60, 100.0), half=2.0), interval_s=7 * DAY)
    assert of("risk", view(bars=weekly)).figures["atr_percent"] == pytest.approx(4.0 / 7**0.5)


def test_without_bars_the_range_is_unknown_and_not_nothing() -> None:
    """8 of the 80 points that are known: a score of 10; 90 of 100, as much as 0.8 of it is known: 72."""
    vote = of("risk", view(book=book(exposure=4000.0), notes={"daily": "no daily bars: all providers down"}))
    assert (vote.figures["points_range"], vote.figures["score"], vote.figures["known"]) == (None, 10.0, 0.8)
    assert vote.confidence == 72
    assert "range of prices unknown: no daily bars: all providers down" in vote.reasons


def test_few_daily_bars_are_unknown_too() -> None:
    """Nineteen are not the twenty of the bands."""
    vote = of("risk", view(daily=days(np.full(19, 100.0))))
    assert "range of prices unknown: fewer than 20 bars" in vote.reasons


def test_what_moves_together_is_signed_by_both_theses() -> None:
    """Long QQQ at 0.9 and short GLD at -0.8 are concentrated; 0.7 is not over 0.7; short SPY itself is the opposite."""
    held = (
        Holding("QQQ", LONG, 1000.0, 0.9),
        Holding("GLD", SHORT, 1000.0, -0.8),
        Holding("XLE", LONG, 1000.0, 0.7),
        Holding("SPY", SHORT, 1000.0),
    )
    vote = of("risk", view(daily=CALM, book=book(holdings=held)))
    assert vote.figures["concentration"] == 0.5
    assert "50% of exposure moves with SPY QQQ, GLD" in vote.reasons
    bearish = of("risk", view(daily=CALM, thesis=SHORT, book=book(holdings=held)))
    assert bearish.figures["concentration"] == 0.25


def test_the_same_underlying_needs_no_correlation() -> None:
    """It is 1."""
    vote = of("risk", view(daily=CALM, book=book(holdings=(Holding("SPY", LONG, 1000.0),))))
    assert (vote.figures["concentration"], vote.figures["correlations_known"]) == (1.0, 1.0)


def test_an_unknown_correlation_is_named_and_lowers_confidence() -> None:
    """Of 2,000 the half is known and moves with it: 15 * 0.5 of 92.5 points, a score of 8.1; 91.9 * 0.925 = 85."""
    held = (Holding("QQQ", LONG, 1000.0, 0.9), Holding("ABC", LONG, 1000.0))
    vote = of("risk", view(daily=CALM, book=book(holdings=held)))
    assert vote.figures["correlations_known"] == 0.5
    assert vote.figures["score"] == pytest.approx(7.5 / 0.925)
    assert vote.confidence == 85
    assert "100% of exposure moves with SPY QQQ; correlation unknown of ABC" in vote.reasons


def test_all_correlations_unknown_are_no_concentration_of_nothing() -> None:
    """The part is unknown: 85 points are left."""
    vote = of("risk", view(daily=CALM, book=book(holdings=(Holding("ABC", LONG, 1000.0),))))
    assert (vote.figures["concentration"], vote.confidence) == (None, 85)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"open_positions": 10}, "limit reached: positions 10 of 10"),
        ({"positions_on_symbol": 2}, "limit reached: positions on the symbol 2 of 2"),
        ({"exposure": 10_000.0}, "limit reached: exposure 10,000 of 10,000"),
        ({"loss_today": 1_000.0}, "limit reached: loss of the day 1,000 of 1,000"),
        ({"max_exposure": 0.0}, "limit reached: exposure 0 of 0"),
    ],
)
def test_a_limit_that_is_reached_is_a_veto(changes: dict[str, float], says: str) -> None:
    """Whatever the score is."""
    vote = of("risk", view(daily=CALM, book=book(**changes)))
    assert (vote.action, vote.blocks, vote.confidence) == (Action.REJECT, True, 100)
    assert vote.reasons[0] == says
    assert vote.figures["score"] < 80


def test_a_book_without_limits_uses_nothing() -> None:
    """Infinite limits are none."""
    load = book(exposure=1e9, max_exposure=float("inf"), loss_today=1e9, max_daily_loss=float("inf"))
    assert of("risk", view(daily=CALM, book=load)).confidence == 100


def test_a_score_over_80_is_a_veto_and_80_is_not() -> None:
    """0.8 of everything but the range: 60 of 80 points known, by nine tenths 72 of 80."""
    held = (Holding("QQQ", LONG, 8.0, 0.9), Holding("XLE", LONG, 2.0, 0.0))
    at = of("risk", view(book=book(open_positions=8, exposure=8000.0, loss_today=800.0, holdings=held)))
    assert (at.figures["score"], at.action, at.blocks, at.confidence) == (pytest.approx(80.0), Action.ENTER, False, 16)

    over = of("risk", view(book=book(open_positions=9, exposure=8000.0, loss_today=800.0, holdings=held)))
    assert (over.action, over.blocks, over.confidence) == (Action.REJECT, True, 82)
    assert over.reasons[0] == "risk score 82 is over 80"
    assert of("risk", view(book=book(open_positions=9)), veto_over=20).blocks


def test_a_critical_range_is_a_veto() -> None:
    """10 % a day."""
    vote = of("risk", view(daily=days(np.full(60, 100.0), half=5.0)))
    assert (vote.blocks, vote.reasons[0]) == (True, "ATR is 10.0% of price a day, 10% is critical")


@pytest.mark.parametrize(("spot", "blocks"), [("104.00", True), ("103.99", False), ("96.00", True), ("96.01", False)])
def test_a_critical_move_since_yesterday_is_a_veto(spot: str, blocks: bool) -> None:
    """Four ATRs of 1, either way."""
    vote = of("risk", view(quote=quote(spot), daily=CALM))
    assert vote.blocks is blocks
    assert vote.figures["atrs_since_yesterday"] == pytest.approx(float(spot) - 100.0)


def test_days_of_another_week_do_not_tell_a_move_since_yesterday() -> None:
    """What is not known is no critical factor."""
    old = days(np.full(60, 100.0), until=NOW - timedelta(days=7), half=0.5)
    vote = of("risk", view(quote=quote("110.00"), daily=old))
    assert (vote.blocks, vote.figures["atrs_since_yesterday"]) == (False, None)


def test_every_cause_of_a_veto_is_named() -> None:
    """Limits first, then what is critical, then the score."""
    held = (Holding("QQQ", LONG, 10_000.0, 0.9),)
    load = book(open_positions=10, exposure=10_000.0, loss_today=1_000.0, holdings=held)
    vote = of("risk", view(daily=days(np.full(60, 100.0), half=6.0), book=load))
    assert [text.split(":")[0].split(" is ")[0] for text in vote.reasons[:5]] == [
        "limit reached", "limit reached", "limit reached", "ATR", "risk score 90",
    ]  # fmt: skip


@given(
    positions=st.integers(0, 9), exposure=st.floats(0.0, 9_999.0), loss=st.floats(0.0, 999.0),
    more=st.sampled_from(["open_positions", "exposure", "loss_today"]),
)  # fmt: skip
def test_a_fuller_book_is_never_surer(positions: int, exposure: float, loss: float, more: str) -> None:
    """More of anything never raises the confidence of entering, and never lifts a veto."""
    load = book(open_positions=positions, exposure=exposure, loss_today=loss)
    fuller = replace(load, **{more: getattr(load, more) + 1})
    before, after = (of("risk", view(daily=CALM, book=held)) for held in (load, fuller))
    assert after.blocks or (not before.blocks and after.confidence <= before.confidence)
