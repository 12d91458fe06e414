"""Black-Scholes-Merton against published values, identities and finite differences."""

from __future__ import annotations

import math
from time import perf_counter

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
]


@pytest.mark.parametrize(("sign", "s", "k", "t", "r", "q", "vol", "published", "source"), PUBLISHED)
def test_prices_are_those_that_were_published(sign, s, k, t, r, q, vol, published, source):
    """Haug's and Hull's examples come out to their last printed digit."""
    digits = 4 if source.startswith("Haug") else 2
    assert round(float(bsm.price(sign, s, k, t, r, q, vol)), digits) == published


def test_greeks_are_those_that_were_published_in_the_units_promised():
    """Hull's running example: theta in calendar days, vega in points of volatility."""
    seen = bsm.greeks(CALL, 49, 50, 0.3846, 0.05, 0.0, 0.20)
    assert float(seen.delta) == pytest.approx(0.522, abs=5e-4)
    assert float(seen.gamma) == pytest.approx(0.066, abs=5e-4)
    assert float(seen.vega) == pytest.approx(0.121, abs=5e-4)
    assert float(seen.theta) == pytest.approx(-4.31 / 365, abs=2e-5)


def test_greeks_with_a_dividend_yield_are_those_of_haug():
    """Delta, vega and theta of Haug's chapter 2, brought from his units to ours."""
    assert float(bsm.greeks(CALL, 105, 100, 0.5, 0.10, 0.10, 0.36).delta) == pytest.approx(0.5946, abs=5e-5)
    assert float(bsm.greeks(PUT, 105, 100, 0.5, 0.10, 0.10, 0.36).delta) == pytest.approx(-0.3566, abs=5e-5)
    assert float(bsm.greeks(CALL, 55, 60, 0.75, 0.10, 0.0, 0.30).gamma) == pytest.approx(0.0278, abs=5e-5)
    assert float(bsm.greeks(CALL, 55, 60, 0.75, 0.105, 0.0355, 0.30).vega) * 100 == pytest.approx(18.5027, abs=5e-5)
    assert float(bsm.greeks(PUT, 430, 405, 1 / 12, 0.07, 0.05, 0.20).theta) * 365 == pytest.approx(-31.1924, abs=2e-3)


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

    def price(s=spot, t=years, v=vol):
        return float(bsm.price(sign, s, strike, t, rate, held, v))

    h = spot * 1e-4
    assert float(seen.delta) == pytest.approx((price(s=spot + h) - price(s=spot - h)) / (2 * h), abs=1e-5)
    gamma = (price(s=spot + h) - 2 * price() + price(s=spot - h)) / h**2
    assert float(seen.gamma) * spot == pytest.approx(gamma * spot, rel=1e-2, abs=1e-3)
    assert float(seen.vega) == pytest.approx((price(v=vol + 1e-5) - price(v=vol - 1e-5)) / 2e-3, abs=1e-6 * spot)
    day = 1e-3 / 365
    theta = (price(t=years - day) - price(t=years + day)) / 2e-3
    assert float(seen.theta) == pytest.approx(theta, abs=1e-6 * spot)


def test_hulls_implied_volatility_is_found():
    """A call at 1.875 with spot 21, strike 20 implies 23.5 percent."""
    assert float(bsm.implied_volatility(1.875, CALL, 21, 20, 0.25, 0.10, 0.0)) == pytest.approx(0.235, abs=5e-4)


@given(terms, st.floats(0.05, 4.0), st.sampled_from([CALL, PUT]))
def test_the_volatility_found_gives_the_price_back(given_terms, vol, sign):
    """Whatever price a volatility makes, the one implied by it makes the same price."""
    spot, moneyness, years, rate, held = given_terms
    strike = spot * moneyness
    price = float(bsm.price(sign, spot, strike, years, rate, held, vol))
    implied = float(bsm.implied_volatility(price, sign, spot, strike, years, rate, held))
    if math.isnan(implied):  # only where volatility has left no trace in a double
        intrinsic = max(sign * (spot * math.exp(-held * years) - strike * math.exp(-rate * years)), 0.0)
        lowest = float(bsm.price(sign, spot, strike, years, rate, held, bsm.MIN_VOL))
        assert price <= max(intrinsic, lowest) + 1e-9 * spot
    else:
        assert float(bsm.price(sign, spot, strike, years, rate, held, implied)) == pytest.approx(price, abs=1e-8 * spot)


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (10.0, "exactly intrinsic value"),
        (9.0, "below intrinsic value"),
        (0.0, "no price"),
        (-1.0, "negative"),
        (109.9, "above what a volatility of five hundred percent gives"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
    ],
)
def test_a_price_without_a_volatility_has_none(price, why):
    """No solution is NaN, never zero and never an end of the bracket."""
    assert math.isnan(float(bsm.implied_volatility(price, CALL, 110, 100, 0.1, 0.0, 0.0))), why


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
    for greek in (seen.delta, seen.gamma, seen.theta, seen.vega):
        assert np.isnan(greek[0])
        assert np.isfinite(greek[1])


def test_shapes_broadcast_and_an_empty_batch_stays_empty():
    """A column of strikes against a row of volatilities gives their grid."""
    strikes, vols = np.linspace(90, 110, 3)[:, None], np.linspace(0.1, 0.4, 4)[None, :]
    prices = bsm.price(CALL, 100.0, strikes, 0.5, 0.02, 0.0, vols)
    assert prices.shape == (3, 4)
    implied = bsm.implied_volatility(prices, CALL, 100.0, strikes, 0.5, 0.02, 0.0)
    assert implied == pytest.approx(np.broadcast_to(vols, (3, 4)), abs=1e-6)
    assert bsm.implied_volatility(np.empty(0), CALL, 100.0, np.empty(0), 0.5, 0.02, 0.0).shape == (0,)


def test_ten_thousand_contracts_take_well_under_a_tenth_of_a_second():
    """Implied volatility and Greeks of a whole book are no reason to skip them; best of three runs."""
    draw = np.random.default_rng(1)
    n = 10_000
    sign, strike = draw.choice([-1.0, 1.0], n), draw.uniform(60, 140, n)
    years, vol = draw.uniform(0.01, 2, n), draw.uniform(0.1, 1.0, n)
    prices = bsm.price(sign, 100.0, strike, years, 0.03, 0.01, vol)
    taken = []
    for _ in range(3):
        started = perf_counter()
        implied = bsm.implied_volatility(prices, sign, 100.0, strike, years, 0.03, 0.01)
        bsm.greeks(sign, 100.0, strike, years, 0.03, 0.01, implied)
        taken.append(perf_counter() - started)
    assert min(taken) < 0.1
