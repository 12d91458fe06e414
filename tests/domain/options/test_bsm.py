"""Black-Scholes-Merton against published values, identities and finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.options import bsm

CALL, PUT = 1, -1

# Sign, spot, strike, years, rate, dividend yield, volatility, published price.
PUBLISHED = [
    (CALL, 60, 65, 0.25, 0.08, 0.0, 0.30, 2.1334, "Haug 1.1.1"),
    (PUT, 100, 95, 0.5, 0.10, 0.05, 0.20, 2.4648, "Haug 1.1.2"),
    (CALL, 42, 40, 0.5, 0.10, 0.0, 0.20, 4.76, "Hull example 15.6"),
    (PUT, 42, 40, 0.5, 0.10, 0.0, 0.20, 0.81, "Hull example 15.6"),
    (CALL, 930, 900, 2 / 12, 0.08, 0.03, 0.20, 51.83, "Hull example 17.1"),
    (CALL, 19, 19, 0.75, 0.10, 0.10, 0.28, 1.7011, "Haug 1.1.3, Black 76"),
    (PUT, 19, 19, 0.75, 0.10, 0.10, 0.28, 1.7011, "Haug 1.1.3, Black 76"),
    (CALL, 1.56, 1.60, 0.5, 0.06, 0.08, 0.12, 0.0291, "Haug 1.1.5, Garman and Kohlhagen"),
]


@pytest.mark.parametrize(("sign", "s", "k", "t", "r", "q", "vol", "published", "source"), PUBLISHED)
def test_prices_are_those_that_were_published(sign, s, k, t, r, q, vol, published, source):
    """Haug's and Hull's examples come out to their last printed digit."""
    digits = 4 if source.startswith("Haug") else 2
    assert round(float(bsm.price(sign, s, k, t, r, q, vol)), digits) == published


def test_greeks_are_those_that_were_published_in_the_units_promised():
    """Hull's running example: theta in calendar days, vega in points of volatility, rho in points of rate."""
    seen = bsm.greeks(CALL, 49, 50, 0.3846, 0.05, 0.0, 0.20)
    assert float(seen.delta) == pytest.approx(0.522, abs=5e-4)
    assert float(seen.gamma) == pytest.approx(0.066, abs=5e-4)
    assert float(seen.vega) == pytest.approx(0.121, abs=5e-4)
    assert float(seen.theta) == pytest.approx(-4.31 / 365, abs=2e-5)
    assert float(seen.rho) == pytest.approx(8.91 / 100, abs=5e-5)


def test_greeks_with_a_dividend_yield_are_those_of_haug():
    """Delta, gamma, vega, theta and rho of Haug's chapter 2, brought from his units to ours."""
    assert float(bsm.greeks(CALL, 105, 100, 0.5, 0.10, 0.10, 0.36).delta) == pytest.approx(0.5946, abs=5e-5)
    assert float(bsm.greeks(PUT, 105, 100, 0.5, 0.10, 0.10, 0.36).delta) == pytest.approx(-0.3566, abs=5e-5)
    assert float(bsm.greeks(CALL, 55, 60, 0.75, 0.10, 0.0, 0.30).gamma) == pytest.approx(0.0278, abs=5e-5)
    assert float(bsm.greeks(CALL, 55, 60, 0.75, 0.105, 0.0355, 0.30).vega) * 100 == pytest.approx(18.5027, abs=5e-5)
    assert float(bsm.greeks(PUT, 430, 405, 0.0833, 0.07, 0.05, 0.20).theta) * 365 == pytest.approx(-31.1924, abs=5e-5)
    assert float(bsm.greeks(CALL, 72, 75, 1, 0.09, 0.0, 0.19).rho) * 100 == pytest.approx(38.7325, abs=5e-5)


terms = st.tuples(
    st.floats(10, 1000), st.floats(0.6, 1.6), st.floats(0.01, 3), st.floats(-0.01, 0.1), st.floats(0, 0.08)
)


@given(terms, st.floats(0.05, 1.5))
def test_put_and_call_keep_parity(given_terms, vol):
    """Call minus put is the discounted forward minus the discounted strike, whatever the volatility."""
    spot, moneyness, years, rate, held = given_terms
    strike = spot * moneyness
    call, put = (float(bsm.price(sign, spot, strike, years, rate, held, vol)) for sign in (CALL, PUT))
    forward = spot * math.exp(-held * years) - strike * math.exp(-rate * years)
    assert call - put == pytest.approx(forward, abs=1e-9 * spot)


@given(terms, st.floats(0.1, 1.0), st.sampled_from([CALL, PUT]))
def test_greeks_are_the_slopes_of_the_price(given_terms, vol, sign):
    """Each Greek equals a finite difference of the price in its own unit."""
    spot, moneyness, years, rate, held = given_terms
    strike, years = spot * moneyness, years + 0.1
    seen = bsm.greeks(sign, spot, strike, years, rate, held, vol)

    def price(s=spot, t=years, v=vol, r=rate):
        return float(bsm.price(sign, s, strike, t, r, held, v))

    h = spot * 1e-4
    assert float(seen.delta) == pytest.approx((price(s=spot + h) - price(s=spot - h)) / (2 * h), abs=1e-5)
    gamma = (price(s=spot + h) - 2 * price() + price(s=spot - h)) / h**2
    assert float(seen.gamma) * spot == pytest.approx(gamma * spot, rel=1e-2, abs=1e-3)
    assert float(seen.vega) == pytest.approx((price(v=vol + 1e-5) - price(v=vol - 1e-5)) / 2e-3, abs=1e-6 * spot)
    day = 1e-3 / 365
    theta = (price(t=years - day) - price(t=years + day)) / 2e-3
    assert float(seen.theta) == pytest.approx(theta, abs=1e-6 * spot)
    rho = (price(r=rate + 1e-6) - price(r=rate - 1e-6)) / 2e-4
    assert float(seen.rho) == pytest.approx(rho, abs=1e-6 * spot)


@given(terms, st.floats(0.05, 1.5))
def test_greeks_keep_parity_too(given_terms, vol):
    """Calls and puts share gamma and vega; their deltas, thetas and rhos differ as the forward's does."""
    spot, moneyness, years, rate, held = given_terms
    strike = spot * moneyness
    call, put = (bsm.greeks(sign, spot, strike, years, rate, held, vol) for sign in (CALL, PUT))
    carried, discounted = spot * math.exp(-held * years), strike * math.exp(-rate * years)
    alone = float(bsm.gamma(spot, strike, years, rate, held, vol))
    assert float(call.gamma) == float(put.gamma) == pytest.approx(alone, rel=1e-14)
    assert float(call.vega) == float(put.vega)
    assert float(call.delta - put.delta) == pytest.approx(math.exp(-held * years), abs=1e-12)
    assert float(call.theta - put.theta) == pytest.approx((held * carried - rate * discounted) / 365, abs=1e-12 * spot)
    assert float(call.rho - put.rho) == pytest.approx(years * discounted / 100, abs=1e-12 * spot)


@given(terms, st.floats(0.05, 1.5), st.floats(1.001, 2.0), st.sampled_from([CALL, PUT]))
def test_prices_lie_within_their_bounds_and_rise_with_volatility(given_terms, vol, factor, sign):
    """Never below discounted intrinsic value, never above the discounted stock or strike."""
    spot, moneyness, years, rate, held = given_terms
    strike = spot * moneyness
    carried, discounted = spot * math.exp(-held * years), strike * math.exp(-rate * years)
    value = float(bsm.price(sign, spot, strike, years, rate, held, vol))
    assert max(sign * (carried - discounted), 0.0) - 1e-12 * spot <= value
    assert value <= (carried if sign == CALL else discounted) * (1 + 1e-12)
    assert float(bsm.price(sign, spot, strike, years, rate, held, vol * factor)) >= value - 1e-12 * spot


@given(terms, st.floats(0.05, 1.5), st.floats(1.001, 1.5), st.sampled_from([CALL, PUT]))
def test_prices_move_the_right_way_with_spot_and_strike(given_terms, vol, factor, sign):
    """A higher spot is good for calls and bad for puts, a higher strike the other way round."""
    spot, moneyness, years, rate, held = given_terms
    strike = spot * moneyness
    value = float(bsm.price(sign, spot, strike, years, rate, held, vol))
    assert sign * (float(bsm.price(sign, spot * factor, strike, years, rate, held, vol)) - value) >= -1e-12 * spot
    assert sign * (float(bsm.price(sign, spot, strike * factor, years, rate, held, vol)) - value) <= 1e-12 * spot


@pytest.mark.parametrize("broken", [{"spot": 0.0}, {"spot": -5.0}, {"strike": 0.0}, {"years": 0.0}, {"vol": 0.0}])
def test_arguments_out_of_range_give_nan_and_no_warning(broken):
    """A bad row among thousands spoils itself only."""
    arguments = {"right_sign": 1, "spot": 100.0, "strike": 100.0, "years": 0.5, "rate": 0.0, "dividend_yield": 0.0}
    arguments |= {"vol": 0.2} | broken
    mixed = {name: np.array([value, value]) for name, value in arguments.items()}
    for name in broken:
        mixed[name] = np.array([broken[name], 0.2 if name == "vol" else 100.0])
    prices, seen = bsm.price(**mixed), bsm.greeks(**mixed)
    assert np.isnan(prices[0])
    assert np.isfinite(prices[1])
    for greek in (seen.delta, seen.gamma, seen.theta, seen.vega, seen.rho):
        assert np.isnan(greek[0])
        assert np.isfinite(greek[1])


def test_shapes_broadcast_and_an_empty_batch_stays_empty():
    """A column of strikes against a row of volatilities gives their grid."""
    strikes, vols = np.linspace(90, 110, 3)[:, None], np.linspace(0.1, 0.4, 4)[None, :]
    prices = bsm.price(CALL, 100.0, strikes, 0.5, 0.02, 0.0, vols)
    assert prices.shape == (3, 4)
    assert bsm.greeks([CALL, PUT], 100.0, 100.0, 0.5, 0.02, 0.0, 0.2).gamma.shape == (2,)
    assert bsm.price(CALL, 100.0, np.empty(0), 0.5, 0.02, 0.0, 0.2).shape == (0,)


@pytest.mark.parametrize("name", ["right_sign", "spot", "strike", "years", "rate", "dividend_yield", "vol"])
@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_missing_number_spoils_its_own_place_only(name, broken):
    """NaN or infinity in one place of one argument is NaN there in every answer, and nowhere else."""
    arguments = {"right_sign": -1.0, "spot": 95.0, "strike": 100.0, "years": 0.5, "rate": 0.05, "dividend_yield": 0.01}
    mixed = {key: np.full(3, value) for key, value in (arguments | {"vol": 0.3}).items()}
    mixed[name][1] = broken
    seen = bsm.greeks(**mixed)
    for answer in (bsm.price(**mixed), seen.delta, seen.gamma, seen.theta, seen.vega, seen.rho):
        assert np.isnan(answer).tolist() == [False, True, False]


@pytest.mark.parametrize("sign", [0, 2, -0.5])
def test_a_right_that_is_neither_has_no_price(sign):
    """Only +1 and -1 mean something."""
    assert math.isnan(float(bsm.price(sign, 100, 100, 0.5, 0.0, 0.0, 0.2)))
    assert math.isnan(float(bsm.greeks(sign, 100, 100, 0.5, 0.0, 0.0, 0.2).delta))
