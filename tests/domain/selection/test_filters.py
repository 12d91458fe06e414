"""What a contract is refused for, one filter after another."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest

from domain.options import bsm
from domain.selection import FILTERS, is_adjusted, screen, shelved
from domain.selection.candidates import tick
from domain.selection.filters import HIGHEST_VOL, LOOKED_AT
from tests.domain.selection.builders import (
    CALL,
    CHAIN,
    PUT,
    WEEKLY,
    candidate,
    contract,
    policy,
    quote,
    selected,
    sight,
    symbol_of,
)

WIDE_OPEN = {"min_days": 0, "max_days": 30, "delta_min": Decimal("0.01"), "delta_max": Decimal("0.99")}


def removed(selection) -> dict[str, int]:
    return {name: count for name, count in selection.removed.items() if count}


def test_every_filter_counts_what_it_takes_away():
    """In their order: a contract is counted by the first one that it fails."""
    odd = {
        "740": {"fault": "quote_wide"},
        "745": {"quote": quote("x", "2.00", "2.50")},
        "750": {"quote": quote("x", "2.00", "2.25")},
        "752.5": {"delta": 0.1},
        "760": {"delta": 0.4},
    }
    activity = {contract("755").symbol: (5, None), contract("757.5").symbol: (100, 2)}
    chain = [*CHAIN, contract("757.5"), contract("760"), contract("750", root="GOOG1"), contract("9000")]

    found = selected(
        chain,
        facts=lambda c: odd.get(f"{c.strike}", {}),
        seen=sight(activity=activity),
        min_volume=3,
    )

    assert list(found.removed) == list(FILTERS)
    assert removed(found) == {
        "right": 15, "standard": 1, "days": 10, "reach": 1, "open_interest": 1, "volume": 1, "quote": 1, "spread": 1,
        "spread_ticks": 1, "delta": 1,
    }  # fmt: skip
    assert (found.listed, found.passed, symbol_of(found)) == (len(chain), 1, "GOOG151231C00760000")


@pytest.mark.parametrize(
    ("window", "days"),
    [((0, 0), 0), ((1, 7), 7), ((7, 7), 7), ((8, 30), 22)],
)
def test_the_window_of_days_counts_calendar_days(window, days):
    """From today, both ends included."""
    low, high = window
    assert selected(min_days=low, max_days=high, target_days=low).chosen().days == days


def test_a_saturday_expiry_counts_from_its_friday():
    """Before 2015 monthly contracts carried the Saturday after their last trading day."""
    saturdays = [contract("750", expiration=date(2016, 1, day)) for day in (2, 9)]
    assert [row.candidate.days for row in selected(saturdays, min_days=1).best] == [8]


def test_adjusted_contracts_are_never_chosen():
    """They deliver something else than 100 shares."""
    minis, adjusted = contract("750", root="GOOG7", multiplier=10), contract("750", root="GOOG1")
    odd = contract("750", multiplier=150)
    assert all(is_adjusted(c) for c in (minis, adjusted, odd))
    assert selected([minis, adjusted, odd]).removed["standard"] == 3


@pytest.mark.parametrize(("passes", "kept"), [(True, 5), (False, 0)])
def test_the_policy_says_whether_unknown_activity_passes(passes, kept):
    """Nothing told is neither much nor little."""
    found = selected(**WIDE_OPEN | {"min_days": 7, "max_days": 7}, min_open_interest=1, unknown_passes=passes)
    assert (found.passed, found.removed["open_interest"]) == (kept, 5 - kept)


def test_no_minimum_asks_for_no_activity():
    """A policy that wants none does not mind that none is told."""
    values = WIDE_OPEN | {"min_days": 7, "max_days": 7}
    assert selected(**values, min_open_interest=0, min_volume=0, unknown_passes=False).passed == 5


def test_a_spread_at_the_limit_passes():
    """Fifteen percent of the middle are allowed and nothing above it; the ticks are counted beside that."""
    at_limit = {"quote": quote("x", "1.85", "2.15")}  # 0.30 of 2.00
    assert selected(facts=lambda _: at_limit, max_spread_ticks=30).removed["spread"] == 0
    assert selected(facts=lambda _: at_limit, max_spread_ticks=29).removed["spread_ticks"] == 5
    above = {"quote": quote("x", "1.85", "2.16")}
    assert selected(facts=lambda _: above, max_spread_ticks=30).removed["spread"] == 5


@pytest.mark.parametrize(
    ("root", "bid", "ask", "ticks"),
    [
        ("GOOG", "2.90", "3.00", 10),
        ("GOOG", "3.00", "3.20", 4),
        ("GOOG", "3.00", "3.22", 5),
        ("SPY", "3.00", "3.20", 20),
    ],
)
def test_ticks_are_those_of_a_penny_class(root, bid, ask, ticks):
    """A cent below three dollars and a nickel from there; a cent throughout for the large funds."""
    listed = screen(shelved([contract("750", root=root)]), sight(), policy()).kept[0]
    assert candidate(listed, quote=quote("x", bid, ask)).spread_ticks == ticks
    assert tick(root, Decimal("2.99")) == Decimal("0.01")


@pytest.mark.parametrize("right", [CALL, PUT])
@pytest.mark.parametrize("vol", [0.05, 0.3, 0.8, HIGHEST_VOL])
@pytest.mark.parametrize("days", [1, 7, 45])
def test_no_contract_of_the_delta_band_is_out_of_reach(right, vol, days):
    """At any volatility up to the highest: what is not looked at has a delta outside the band."""
    spot, band = 500.0, policy(min_days=0, max_days=60)
    expiration = date.fromordinal(date(2015, 12, 24).toordinal() + days)
    ladder = [contract(str(strike), right, expiration) for strike in range(2, 2500, 20)]
    sign = 1 if right is CALL else -1
    strikes = [float(c.strike) for c in ladder]
    deltas = abs(bsm.greeks(sign, spot, strikes, days / 365, 0.04, 0.0, vol).delta)
    wanted = {c for c, delta in zip(ladder, deltas, strict=True) if band.delta_min <= delta <= band.delta_max}

    kept = {row.contract for row in screen(shelved(ladder), sight(right, str(spot)), band).kept}

    assert wanted <= kept
    assert len(kept) < len(ladder)


def test_a_long_chain_is_looked_at_around_the_money_only():
    """So many contracts as one batch takes, the nearest for their time to expiration; the rest is counted."""
    steps = [contract(f"{strike / 10}") for strike in range(7000, 8500)]

    screened = screen(shelved(steps), sight(), policy())

    strikes = [row.contract.strike for row in screened.kept]
    assert (len(strikes), screened.removed["reach"]) == (LOOKED_AT, len(steps) - LOOKED_AT)
    below, above = Decimal("749.4") - min(strikes), max(strikes) - Decimal("749.4")
    assert below > 0 and above > 0
    assert math.isclose(len(strikes), float(10 * (below + above)), abs_tol=2)


def test_an_expiration_near_the_days_wanted_is_looked_at_more_widely():
    """Where a selection cannot look at all, an expiration late in the window only shows its strikes near the money."""
    far = date(2016, 1, 5)
    chain = [contract(f"{strike}", expiration=day) for day in (WEEKLY, far) for strike in range(600, 900, 3)]
    days = [row.days for row in screen(shelved(chain), sight(), policy()).kept]
    assert days.count(7) > 2 * days.count(12) > 0


def test_nearest_strikes_are_looked_for_in_the_nearest_expirations():
    """Whole expirations, the earliest first, whatever the delta band."""
    many = [contract(f"{strike}", expiration=WEEKLY) for strike in range(725, 775)]
    later = [contract(f"{strike}", expiration=date(2016, 1, 8)) for strike in range(700, 800)]
    kept = screen(shelved(later + many), sight(), policy(strike="atm", max_days=30)).kept
    assert [row.contract.expiration for row in kept].count(WEEKLY) == 50
    assert len(kept) == LOOKED_AT
    assert kept[0].contract.strike == 749


def test_the_order_of_the_chain_does_not_matter():
    """Shelves are sorted."""
    assert screen(shelved(CHAIN), sight(), policy()) == screen(shelved(CHAIN[::-1]), sight(), policy())
