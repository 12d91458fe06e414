"""Each term of a score, at values that can be worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.selection import VolatilityRange
from domain.selection.candidates import Listed
from domain.selection.score import NEUTRAL, ranked, terms_of
from tests.domain.selection.builders import WEEKLY, candidate, contract, policy, quote, sight

AT = Listed(contract("750"), 7, None, None)


def term(name: str, history: VolatilityRange | None = None, by: dict | None = None, **facts) -> float:
    return getattr(terms_of(candidate(AT, **facts), policy(**(by or {})), history), name)


@pytest.mark.parametrize(
    ("delta", "value"), [(0.40, 1.0), (-0.40, 1.0), (0.50, 0.5), (0.60, 0.0), (0.25, 0.0), (0.30, 1 / 3)]
)
def test_delta_counts_its_distance_from_the_target(delta, value):
    """0 at either edge of the band, which need not be equally far: 0.15 below 0.40 and 0.20 above it."""
    assert term("delta", delta=delta) == pytest.approx(value)


def test_a_delta_that_is_not_known_is_neutral():
    """It may still be bought as the nearest strike."""
    assert term("delta", delta=None) == NEUTRAL


@pytest.mark.parametrize(("ask", "value"), [("5.00", 1.0), ("5.25", 0.6748), ("5.80", 0.0123)])
def test_spread_counts_against_what_the_policy_allows(ask, value):
    """Nothing is left at fifteen percent of the middle."""
    assert term("spread", quote=quote("x", "5.00", ask)) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("facts", "value"),
    [
        ({"open_interest": 500, "volume": 100, "quote": quote("x", sizes=(10, 50))}, 0.5),
        ({"open_interest": 1500, "volume": None, "quote": quote("x", sizes=(30, 30))}, 0.75),
        ({"open_interest": 1500, "volume": 0, "quote": quote("x", sizes=(None, None))}, 0.375),
        ({"open_interest": None, "volume": None, "quote": quote("x", sizes=(None, 10))}, 0.5),
        ({"open_interest": None, "volume": None, "quote": quote("x", sizes=(None, None))}, NEUTRAL),
    ],
)
def test_liquidity_is_the_mean_of_what_is_known(facts, value):
    """Open interest, volume and the thinner size, each a half at its own scale; what is not told is left out."""
    assert term("liquidity", **facts) == pytest.approx(value)


@pytest.mark.parametrize(
    ("theta", "value"), [(0.0, 1.0), (0.1, 1.0), (-0.51, 0.5), (-1.02, 0.0), (-3.0, 0.0), (None, NEUTRAL)]
)
def test_theta_counts_as_a_share_of_the_premium_a_day(theta, value):
    """The middle is 5.10 and a fifth of it a day the worst."""
    assert term("theta", theta=theta) == pytest.approx(value)


@pytest.mark.parametrize(
    ("vol", "value"), [(0.2, 1.0), (0.3, 0.75), (0.6, 0.0), (0.9, 0.0), (0.1, 1.0), (None, NEUTRAL)]
)
def test_volatility_counts_by_its_rank_in_the_year(vol, value):
    """A buyer likes it low; outside the year's range it is as at its edge."""
    assert term("volatility", VolatilityRange(0.2, 0.6), vol=vol) == pytest.approx(value)


def test_volatility_without_a_history_is_neutral():
    """So is a history of one value, which ranks nothing."""
    assert term("volatility") == NEUTRAL
    assert term("volatility", VolatilityRange(0.3, 0.3), vol=0.5) == NEUTRAL


@pytest.mark.parametrize(("days", "value"), [(7, 1.0), (14, 0.0), (2, 0.0), (10, 4 / 7), (6, 4 / 5)])
def test_days_count_their_distance_from_the_target(days, value):
    """0 at either edge of the window."""
    assert term("days", days=days) == pytest.approx(value)


def test_a_window_of_one_day_is_its_target():
    """There is no distance to divide by; at the edge of a window that ends with its target neither."""
    assert term("days", by={"min_days": 7, "max_days": 7}, days=7) == 1.0
    assert term("days", by={"min_days": 0, "max_days": 7}, days=7) == 1.0


def test_the_score_is_the_weighted_mean_of_the_terms():
    """Delta 0.5 at three quarters, days 1 at one quarter."""
    rows = ranked([candidate(AT, delta=0.5)], sight(), policy(weights={"delta": 3, "days": 1}))
    assert rows[0].score == pytest.approx(0.625)


def test_equal_scores_go_to_the_lower_strike_then_to_the_shorter_root():
    """SPX before SPXW; the order in which they come does not matter."""
    same = {"delta": 0.4}
    three = [
        candidate(Listed(contract(strike, expiration=WEEKLY, root=root), 7, None, None), **same)
        for strike, root in (("755", "SPX"), ("750", "SPXW"), ("750", "SPX"))
    ]
    expected = ["SPX151231C00750000", "SPXW151231C00750000", "SPX151231C00755000"]
    for order in (three, three[::-1]):
        assert [row.candidate.contract.symbol for row in ranked(order, sight(), policy())] == expected
    assert Decimal("750") == three[1].contract.strike
