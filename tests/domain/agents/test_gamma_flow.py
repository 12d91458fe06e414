"""The gamma flow agent: zero gamma and walls at round distances."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from domain.agents import Action, Bias
from tests.domain.agents.builders import NOW, SHORT, days, five_minutes, gamma, of, quote, view


def test_above_zero_gamma_in_the_middle_of_the_walls() -> None:
    """1.01 % above zero: 1.0 * 50; walls at 3 % on both sides under short gamma: 0.0 * 25. Lean 2/3 of what counts,

    (50 + 50 * (0.667 - 0.2) / 0.8) * 0.75 = 59.
    """
    vote = of("gamma_flow", view(gamma=gamma(zero_gamma=98.99, spot=99.5)))
    assert (vote.action, vote.bias, vote.confidence) == (Action.ENTER, Bias.BULLISH, 59)
    assert (vote.figures["lean_flip"], vote.figures["lean_walls"], vote.figures["known"]) == (1.0, 0.0, 0.75)
    assert vote.reasons[0] == "spot 100.00 is +1.01% from zero gamma 98.99"
    assert of("gamma_flow", view(thesis=SHORT, gamma=gamma(zero_gamma=98.99, spot=99.5))).action is Action.REJECT


def test_a_crossing_of_zero_gamma_counts_at_once() -> None:
    """A hundredth of a percent above it now, below it in the snapshot."""
    crossed = of("gamma_flow", view(gamma=gamma(zero_gamma=99.99, spot=99.5)))
    assert crossed.figures["lean_flip"] == 1.0
    assert crossed.reasons[0].endswith("crossed since the snapshot")
    before = of("gamma_flow", view(gamma=gamma(zero_gamma=99.99, spot=100.2)))
    assert before.figures["lean_flip"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("call_wall", "put_wall", "lean"),
    [
        (103.0, 97.0, 0.0),
        (100.5, 97.0, -1.0),  # half a percent of room above, three below: more than three to one
        (103.0, 98.0, 0.4),  # 3 against 2: 2 * 1 / 5
        (110.0, 90.0, 0.0),  # both beyond the reach
        (99.0, 95.0, 1.0),  # through the call wall
        (105.0, 100.5, -1.0),  # through the put wall
        (100.0, 100.0, 0.0),  # at both
        (99.0, 101.0, 0.0),  # through both, whichever way
    ],
)
def test_a_wall_leans_away_from_itself_until_it_is_broken(call_wall: float, put_wall: float, lean: float) -> None:
    """Room above against room below, three percent at most."""
    vote = of("gamma_flow", view(gamma=gamma(call_wall=call_wall, put_wall=put_wall)))
    assert vote.figures["lean_walls"] == pytest.approx(lean)


def test_walls_hold_under_long_gamma_and_half_under_short() -> None:
    """And long gamma makes the whole less certain."""
    short, long = (
        of(
            "gamma_flow",
            view(gamma=gamma(dealers=dealers, call_wall=100.5, zero_gamma=None, total=total, total_later=total)),
        )
        for dealers, total in (("short gamma", -2e6), ("long gamma", 2e6))
    )
    assert (short.figures["known"], long.figures["known"]) == (0.25, 0.5)
    assert (short.bias, short.confidence, long.confidence) == (Bias.BEARISH, 25, round(50 * 0.85))
    assert "dealers are long gamma, 2,000,000 for one percent: moves are dampened" in long.reasons


def test_a_position_that_expires_today_is_less_certain() -> None:
    """Without today's expiry its sign is the other one."""
    lasting = of("gamma_flow", view(gamma=gamma(zero_gamma=98.99)))
    expiring = of("gamma_flow", view(gamma=gamma(zero_gamma=98.99, total=-2e6, total_later=1e6)))
    assert expiring.confidence == pytest.approx(0.8 * lasting.confidence, abs=1)
    assert expiring.reasons[-1] == "without today's expiry dealers would have 1,000,000 instead of -2,000,000"


def test_missing_levels_lower_confidence() -> None:
    """No zero gamma within reach, no put wall."""
    assert of("gamma_flow", view(gamma=gamma(zero_gamma=None))).figures["lean_flip"] is None
    wall = of("gamma_flow", view(gamma=gamma(put_wall=None, zero_gamma=98.99)))
    assert (wall.figures["lean_walls"], wall.figures["known"]) == (None, 0.5)
    neither = of("gamma_flow", view(gamma=gamma(put_wall=None, zero_gamma=None)))
    assert neither.reasons == ("no zero gamma within reach; the chain has no wall on one side or both",)


def test_an_old_snapshot_counts_less_and_one_of_another_day_not_at_all() -> None:
    """Half of it half way between half an hour and a day."""
    now, half = (of("gamma_flow", view(gamma=gamma(at=NOW - age, zero_gamma=98.99)))
                 for age in (timedelta(0), timedelta(hours=12, minutes=15)))  # fmt: skip
    assert half.confidence == pytest.approx(now.confidence / 2, abs=1)
    assert half.ages["gamma"] == 12.25 * 3600
    for age in (timedelta(days=1), timedelta(seconds=-1)):
        assert of("gamma_flow", view(gamma=gamma(at=NOW - age))).abstained


def test_distances_are_told_in_daily_ranges_too() -> None:
    """An ATR of 2: the call wall is 1.5 away."""
    vote = of("gamma_flow", view(daily=days(np.full(30, 100.0), half=1.0), gamma=gamma()))
    assert (vote.figures["call_wall_atrs"], vote.figures["put_wall_atrs"]) == (1.5, -1.5)
    assert of("gamma_flow", view(gamma=gamma())).figures["call_wall_atrs"] is None


def test_without_a_snapshot_or_a_price_it_abstains() -> None:
    """The last close is a price."""
    assert of("gamma_flow", view(notes={"gamma": "no options on SPY"})).reasons == ("no options on SPY",)
    assert of("gamma_flow", view(quote=None, gamma=gamma())).abstained
    seen = view(quote=None, gamma=gamma(zero_gamma=98.99), bars=five_minutes([100.0, 99.0]))
    assert any(text.startswith("last close 99.00") for text in of("gamma_flow", seen).reasons)
    one_sided = view(quote=quote("100")._replace(ask=None), gamma=gamma())
    assert of("gamma_flow", one_sided).abstained
