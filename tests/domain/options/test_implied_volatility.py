"""Implied volatility: published examples, round trips as exact as a price allows, and what has no solution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.options import bsm
from domain.options.implied import total_volatility

CALL, PUT = 1, -1

terms = st.tuples(
    st.sampled_from([CALL, PUT]),
    st.floats(10, 1000),
    st.floats(0.4, 2.5),
    st.floats(1 / 365, 3),
    st.floats(-0.01, 0.1),
    st.floats(-0.01, 0.08),
)


def test_hulls_examples_are_found():
    """A call at 1.875 on a stock at 21 implies 23.5 percent; a currency call at 0.0430 implies 14.1 percent."""
    assert float(bsm.implied_volatility(1.875, CALL, 21, 20, 0.25, 0.10, 0.0)) == pytest.approx(0.235, abs=5e-4)
    assert float(bsm.implied_volatility(0.043, CALL, 1.6, 1.6, 0.3333, 0.08, 0.11)) == pytest.approx(0.141, abs=5e-4)


@given(terms, st.floats(0.01, 5.0))
def test_the_volatility_found_is_the_one_that_made_the_price(given_terms, vol):
    """To 1e-10 wherever a point of volatility moves the price of a share at 100 by more than a hundredth of a cent."""
    sign, spot, moneyness, years, rate, held = given_terms
    strike = spot * moneyness
    price = bsm.price(sign, spot, strike, years, rate, held, vol)
    implied = float(bsm.implied_volatility(price, sign, spot, strike, years, rate, held))
    vega = float(bsm.greeks(sign, spot, strike, years, rate, held, vol).vega)
    if vega > 1e-6 * spot:
        assert implied == pytest.approx(vol, abs=1e-10)


@given(terms, st.floats(0.05, 4.0))
def test_the_volatility_found_gives_the_price_back(given_terms, vol):
    """Also where volatility has hardly left a trace in the price: then there is none, or one that makes that price."""
    sign, spot, moneyness, years, rate, held = given_terms
    strike = spot * moneyness
    price = float(bsm.price(sign, spot, strike, years, rate, held, vol))
    implied = float(bsm.implied_volatility(price, sign, spot, strike, years, rate, held))
    if math.isnan(implied):
        intrinsic = max(sign * (spot * math.exp(-held * years) - strike * math.exp(-rate * years)), 0.0)
        assert price - intrinsic <= 1e-13 * (spot + strike)
    else:
        assert float(bsm.price(sign, spot, strike, years, rate, held, implied)) == pytest.approx(
            price, abs=1e-13 * spot
        )


def test_far_out_of_the_money_every_digit_of_the_price_counts():
    """A volatility comes back to twelve digits from prices as small as 1e-200."""
    vol = np.array([0.05, 0.1, 0.2, 0.5])
    price = bsm.price(PUT, 100.0, [50.0, 20.0, 8.0, 2.0], 0.25, 0.02, 0.0, vol)
    assert 0.0 < price.min() < 1e-200
    assert bsm.implied_volatility(price, PUT, 100.0, [50.0, 20.0, 8.0, 2.0], 0.25, 0.02, 0.0) == pytest.approx(
        vol, rel=1e-12
    )


def test_a_solution_is_found_from_the_least_total_volatility_to_the_greatest():
    """Ten decades of moneyness, five of total volatility: as exact as double arithmetic is."""
    draw = np.random.default_rng(3)
    moneyness, total = 10 ** draw.uniform(-10, 1, 4000), 10 ** draw.uniform(-4, 1, 4000)
    forward, strike = np.exp(-moneyness / 2), np.exp(moneyness / 2)  # a call out of the money, normalised
    value = bsm.price(CALL, forward, strike, 1.0, 0.0, 0.0, total)
    rest = forward - value
    seen = (value > 1e-290) & (rest > 1e-3 * forward)
    found = total_volatility(value[seen], rest[seen], -moneyness[seen])
    assert seen.sum() > 2000
    assert found == pytest.approx(total[seen], rel=1e-11, abs=1e-14)


def test_the_ends_of_the_bracket_belong_to_it():
    """One percent and five hundred percent are found, what lies beyond is not."""
    vol = np.array([0.01, 5.0, 0.0099, 5.001])
    price = bsm.price(CALL, 100.0, 100.0, 0.5, 0.0, 0.0, vol)
    implied = bsm.implied_volatility(price, CALL, 100.0, 100.0, 0.5, 0.0, 0.0)
    assert implied[:2] == pytest.approx(vol[:2], rel=1e-9)
    assert np.isnan(implied[2:]).all()


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (10.0, "exactly intrinsic value"),
        (9.0, "below intrinsic value"),
        (10.0 + 2e-14, "above intrinsic value by no more than a rounding"),
        (0.0, "no price"),
        (-1.0, "negative"),
        (109.9, "above what a volatility of five hundred percent gives"),
        (110.0, "the stock itself"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
    ],
)
def test_a_price_without_a_volatility_has_none(price, why):
    """No solution is NaN, never zero and never an end of the bracket."""
    assert math.isnan(float(bsm.implied_volatility(price, CALL, 110, 100, 0.1, 0.0, 0.0))), why


@pytest.mark.parametrize("name", ["price", "right_sign", "spot", "strike", "years", "rate", "dividend_yield"])
def test_a_missing_number_spoils_its_own_place_only(name):
    """NaN in one place of one argument is NaN there, and nowhere else."""
    arguments = {"price": 8.0, "right_sign": -1.0, "spot": 95.0, "strike": 100.0, "years": 0.5, "rate": 0.05}
    mixed = {key: np.full(3, value) for key, value in (arguments | {"dividend_yield": 0.01}).items()}
    mixed[name][1] = np.nan
    assert np.isnan(bsm.implied_volatility(**mixed)).tolist() == [False, True, False]


def test_shapes_broadcast_and_an_empty_batch_stays_empty():
    """A column of strikes against a row of volatilities gives their grid."""
    strikes, vols = np.linspace(90, 110, 3)[:, None], np.linspace(0.1, 0.4, 4)[None, :]
    prices = bsm.price(CALL, 100.0, strikes, 0.5, 0.02, 0.0, vols)
    implied = bsm.implied_volatility(prices, CALL, 100.0, strikes, 0.5, 0.02, 0.0)
    assert implied == pytest.approx(np.broadcast_to(vols, (3, 4)), abs=1e-12)
    assert bsm.implied_volatility(np.empty(0), CALL, 100.0, np.empty(0), 0.5, 0.02, 0.0).shape == (0,)
    assert bsm.implied_volatility(5.0, CALL, 100.0, strikes, 0.5, 0.02, 0.0).shape == (3, 1)
