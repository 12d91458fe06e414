"""Bjerksund and Stensland's approximation against QuantLib's engines, a fine tree and what holds for any numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import QuantLib
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.options import american, bsm, flat_boundaries
from domain.options.american import Approximation
from domain.options.early_exercise import Batch
from tests.domain.options.test_american import asked_of_quantlib, drawn

CALL, PUT = 1, -1
GREEKS = ("delta", "gamma", "theta", "vega", "rho")
BOUNDARIES = Approximation.BJERKSUND_STENSLAND

terms = st.tuples(
    st.sampled_from([CALL, PUT]),
    st.floats(50, 200),
    st.floats(0.02, 3),
    st.floats(0.002, 0.1),
    st.floats(0.002, 0.1),
    st.floats(0.08, 1.2),
)


def value_of(sign, spot, years, rate, held, vol):
    return float(american.price(sign, spot, 100.0, years, rate, held, vol, by=BOUNDARIES))


@pytest.mark.parametrize(("longest", "at_most"), [(30, 0.13), (182, 0.28), (365, 0.59), (1095, 0.76)])
def test_it_is_a_lower_bound_as_near_to_the_exact_value_as_is_said(longest, at_most):
    """Strike 100: against QuantLib's high-precision engine, which solves for the whole exercise boundary."""
    columns = drawn(150, seed=longest, longest=longest)
    exact = np.array([asked_of_quantlib(QuantLib.QdFpAmericanEngine, *row).NPV() for row in zip(*columns, strict=True)])
    sign, spot, strike, days, rate, held, vol = columns
    ours = american.price(sign, spot, strike, np.array(days) / 365, rate, held, vol, by=BOUNDARIES)
    assert (exact - ours).max() < at_most
    applies = flat_boundaries.applies(Batch.of(sign, spot, strike, np.array(days) / 365, rate, held, vol)[0])
    assert applies.mean() > 0.95
    assert (exact - ours)[applies].min() > -1e-8


def test_two_boundaries_are_worth_no_less_than_one():
    """QuantLib's engine of that name is the approximation of 1993, with a single flat boundary: ours lies between it and
    the exact value for options at the money."""
    for sign in (CALL, PUT):
        for days in (91, 365, 730):
            row = (sign, 100.0, 100.0, days, 0.06, 0.05, 0.3)
            flat = asked_of_quantlib(QuantLib.BjerksundStenslandApproximationEngine, *row).NPV()
            exact = asked_of_quantlib(QuantLib.QdFpAmericanEngine, *row).NPV()
            assert flat < value_of(sign, 100.0, days / 365, 0.06, 0.05, 0.3) < exact


def test_it_is_near_a_fine_tree():
    """A put of a year beside Leisen and Reimer's tree of 1,001 steps, strike 100."""

    def engine(process):
        return QuantLib.BinomialVanillaEngine(process, "lr", 1001)

    for spot in (90.0, 100.0, 110.0):
        tree = asked_of_quantlib(engine, PUT, spot, 100.0, 365, 0.05, 0.02, 0.30).NPV()
        assert value_of(PUT, spot, 1.0, 0.05, 0.02, 0.30) == pytest.approx(tree, abs=0.06)


def test_greeks_are_near_those_of_a_fine_grid():
    """A put of half a year in, at and out of the money, beside QuantLib's finite differences on 800 x 800 points."""

    def engine(process):
        return QuantLib.FdBlackScholesVanillaEngine(process, 800, 800)

    for spot in (92.0, 100.0, 108.0):
        grid = asked_of_quantlib(engine, PUT, spot, 100.0, 182, 0.05, 0.01, 0.30)
        seen = american.greeks(PUT, spot, 100.0, 182 / 365, 0.05, 0.01, 0.30, by=BOUNDARIES)
        assert float(seen.delta) == pytest.approx(grid.delta(), abs=6e-3)
        assert float(seen.gamma) == pytest.approx(grid.gamma(), rel=0.03)
        assert float(seen.theta) == pytest.approx(grid.theta() / 365, rel=0.03)


@settings(deadline=None)
@given(terms)
def test_the_right_to_exercise_is_never_worth_less_than_nothing(given_terms):
    """It is worth at least the European option, immediate exercise, and at most the stock or the strike."""
    sign, spot, years, rate, held, vol = given_terms
    value = value_of(*given_terms)
    assert value >= float(bsm.price(sign, spot, 100.0, years, rate, held, vol))
    assert value >= sign * (spot - 100.0)
    assert value <= (spot if sign == CALL else 100.0) + 1e-9


@settings(deadline=None)
@given(terms)
def test_a_put_is_a_call_with_everything_changed_over(given_terms):
    """Spot for strike and rate for yield, McDonald and Schroder's symmetry, to 1e-9 of the strike."""
    sign, spot, years, rate, held, vol = given_terms
    if not flat_boundaries.applies(Batch.of(sign, spot, 100.0, years, rate, held, vol)[0]).all():
        return  # the quadratic approximation stands in, which is not symmetric
    other = american.price(-sign, 100.0, spot, years, held, rate, vol, by=BOUNDARIES)
    assert value_of(*given_terms) == pytest.approx(float(other), abs=1e-7)


@settings(deadline=None)
@given(terms)
def test_greeks_are_the_slopes_of_the_price(given_terms):
    """Each equals a plain difference of the price in its own unit, wherever no other value takes over within the step."""
    sign, spot, years, rate, held, vol = given_terms
    h = 1e-3 * spot * vol * math.sqrt(years)
    european = [float(bsm.price(sign, s, 100.0, years, rate, held, vol)) for s in (0.95 * spot, spot, 1.05 * spot)]
    values = [value_of(sign, s, years, rate, held, vol) for s in (0.95 * spot, spot, 1.05 * spot)]
    payoffs = [sign * (s - 100.0) for s in (0.95 * spot, spot, 1.05 * spot)]
    if any(v <= max(e, p) + 1e-4 for v, e, p in zip(values, european, payoffs, strict=True)):
        return
    if abs(rate - held) < 1e-3:
        return  # where they are equal the boundary at expiry leaves the strike
    seen = american.greeks(sign, spot, 100.0, years, rate, held, vol, by=BOUNDARIES)
    up, here, down = (value_of(sign, s, years, rate, held, vol) for s in (spot + h, spot, spot - h))
    assert float(seen.delta) == pytest.approx((up - down) / (2 * h), abs=2e-4)
    assert float(seen.gamma) == pytest.approx((up - 2 * here + down) / h**2, abs=2e-4)
    for greek, step, place, unit in (("theta", -1e-5, 2, 365.0), ("rho", 1e-5, 3, 100.0), ("vega", 1e-5, 5, 100.0)):
        higher, lower = ([*given_terms], [*given_terms])
        higher[place] += step
        lower[place] -= step
        slope = (value_of(*higher) - value_of(*lower)) / (2 * abs(step)) / unit
        assert float(getattr(seen, greek)) == pytest.approx(slope, abs=5e-5, rel=1e-4), greek


def test_where_exercise_is_due_the_option_is_the_stock():
    """A put deep in the money at a high rate: its value is the payoff, delta -1, and nothing else moves it."""
    assert value_of(PUT, 50.0, 0.5, 0.08, 0.01, 0.2) == 50.0
    seen = american.greeks(PUT, 50.0, 100.0, 0.5, 0.08, 0.01, 0.2, by=BOUNDARIES)
    assert [float(getattr(seen, name)) for name in GREEKS] == [-1.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("sign", "rate", "held", "vol", "other"),
    [
        (CALL, 0.05, 0.0, 0.3, "european"),
        (PUT, 0.0, 0.03, 0.3, "european"),
        (CALL, -0.02, 0.01, 0.3, "quadratic"),
        (PUT, 0.09, 0.0, 0.02, "quadratic"),
    ],
)
def test_where_it_does_not_apply_the_value_is_that_of_another(sign, rate, held, vol, other):
    """European where early exercise never pays; Barone-Adesi and Whaley's at negative rates and tiny volatilities."""
    at = (sign, 105.0, 100.0, 1.0, rate, held, vol)
    model = bsm if other == "european" else american
    assert float(american.price(*at, by=BOUNDARIES)) == pytest.approx(float(model.price(*at)), rel=1e-14)
    seen, expected = american.greeks(*at, by=BOUNDARIES), model.greeks(*at)
    for greek in GREEKS:
        assert float(getattr(seen, greek)) == pytest.approx(float(getattr(expected, greek)), rel=1e-12)


def test_a_missing_number_spoils_its_own_place_only():
    """NaN in one place is NaN there in every answer, and nowhere else; shapes broadcast."""
    spot = np.array([[95.0], [np.nan], [105.0]])
    prices = american.price(PUT, spot, 100.0, [0.25, 0.5], 0.05, 0.01, 0.3, by=BOUNDARIES)
    assert np.isnan(prices).tolist() == [[False, False], [True, True], [False, False]]
    seen = american.greeks(PUT, spot, 100.0, [0.25, 0.5], 0.05, 0.01, 0.3, by=BOUNDARIES)
    for greek in GREEKS:
        assert np.isnan(getattr(seen, greek)).tolist() == [[False, False], [True, True], [False, False]]
    assert american.price(CALL, np.empty(0), 100.0, 0.5, 0.02, 0.05, 0.2, by=BOUNDARIES).shape == (0,)
