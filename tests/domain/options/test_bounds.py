"""What an option can be worth beside its underlying: constructed quotes on both sides of each bound."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from domain.options import bsm
from domain.options.bounds import HIGHEST_VOL, Breach, breach
from domain.symbols.occ import OptionContract, Right

TODAY = date(2026, 3, 2)
MONTH = date(2026, 4, 1)


def judged(right, strike, bid, ask, spot="100", root="ACME", expiration=MONTH):
    contract = OptionContract(root, expiration, Right(right), Decimal(strike))
    return breach(contract, Decimal(bid), Decimal(ask), None if spot is None else Decimal(spot), TODAY)


@pytest.mark.parametrize(
    ("right", "strike", "bid", "ask"),
    [
        ("C", "100", "3.00", "3.10"),
        ("P", "100", "2.90", "3.00"),
        ("C", "0.5", "99.40", "99.70"),
        ("P", "500", "399.50", "401.00"),
        ("C", "150", "0.01", "0.03"),
    ],
)
def test_ordinary_quotes_break_no_bound(right, strike, bid, ask):
    """At, deep in and far out of the money, a month before expiry."""
    assert judged(right, strike, bid, ask) is None


def test_a_call_dearer_than_the_stock_is_impossible():
    """A hundredfold price beyond what the stock itself can have moved; a little above the stock is unlikely."""
    assert judged("C", "100", "300.00", "310.00") is Breach.IMPOSSIBLE
    assert judged("C", "100", "119.00", "120.50") is Breach.UNLIKELY
    assert judged("C", "100", "300.00", "310.00", spot=None) is None


def test_a_put_dearer_than_its_strike_is_impossible_whatever_the_spot():
    """Nobody pays more for a right than it can ever bring; at a bid of just the strike it is not."""
    assert judged("P", "100", "100.50", "102.00", spot=None) is Breach.IMPOSSIBLE
    assert judged("P", "100", "99.90", "100.10", spot="0.02") is None


def test_a_price_of_a_fraction_of_intrinsic_value_is_unlikely():
    """An ask below what exercise brings by more than a fiftieth of spot; a late spot or a dividend is within it."""
    assert judged("C", "80", "0.19", "0.21") is Breach.UNLIKELY
    assert judged("P", "120", "0.19", "0.21") is Breach.UNLIKELY
    assert judged("C", "80", "18.40", "18.60") is None


def test_more_time_value_than_any_volatility_gives_is_unlikely():
    """A hundredfold price of a cheap option, below the stock and the strike, is told by its time value."""
    week = date(2026, 3, 9)
    assert judged("C", "110", "39.00", "41.00", expiration=week) is Breach.UNLIKELY
    assert judged("P", "90", "39.00", "41.00", expiration=week) is Breach.UNLIKELY
    assert judged("C", "110", "9.00", "10.00", expiration=week) is None


def test_no_model_price_at_the_highest_volatility_breaks_a_bound():
    """Black-Scholes without rates, from the last day to two years: the bound on time value is never below it."""
    for right, sign in (("C", 1), ("P", -1)):
        for days in (0, 1, 7, 30, 365, 730):
            for strike in (20, 60, 90, 100, 110, 150, 400):
                value = float(bsm.price(sign, 100.0, strike, (days + 1) / 365, 0.0, 0.0, HIGHEST_VOL))
                expiration = date.fromordinal(TODAY.toordinal() + days)
                price = str(round(max(value, 0.01), 4))
                assert judged(right, str(strike), price, price, expiration=expiration) is None, (right, days, strike)


def test_the_highest_volatility_is_the_one_up_to_which_volatilities_are_found():
    """Beyond it a quote would have no implied volatility anyway."""
    assert HIGHEST_VOL == bsm.MAX_VOL
    assert np.isnan(bsm.implied_volatility(60.0, 1, 100.0, 110.0, 8 / 365, 0.0, 0.0))


def test_contracts_that_are_on_something_else_are_not_compared_with_spot():
    """Adjusted roots are not judged, volatility's by the strike alone, an index's not by early exercise."""
    assert judged("C", "100", "300.00", "310.00", root="ACME1") is None
    assert judged("P", "100", "300.00", "310.00", root="ACME1") is None
    assert judged("C", "10", "9.00", "9.40", spot="14", root="VIXW") is None
    assert judged("C", "10", "40.00", "41.00", spot="14", root="VIX") is None
    assert judged("P", "20", "25.00", "26.00", spot="14", root="VIX") is Breach.IMPOSSIBLE
    leap = date(2027, 12, 17)
    assert judged("P", "6000", "1700.00", "1720.00", spot="4000", root="SPXW", expiration=leap) is None
    assert judged("C", "4000", "6000.00", "6100.00", spot="4000", root="SPXW") is Breach.IMPOSSIBLE
