"""Barone-Adesi and Whaley's approximation against QuantLib's engines, finite differences and what holds for any numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import QuantLib
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.options import american, bsm

CALL, PUT = 1, -1
GREEKS = ("delta", "gamma", "theta", "vega", "rho")


def process_of(spot, rate, dividend_yield, vol):
    today, count = QuantLib.Settings.instance().evaluationDate, QuantLib.Actual365Fixed()
    held, paid = (
        QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, value, count)) for value in (dividend_yield, rate)
    )
    volatility = QuantLib.BlackConstantVol(today, QuantLib.NullCalendar(), vol, count)
    quote = QuantLib.QuoteHandle(QuantLib.SimpleQuote(spot))
    return QuantLib.BlackScholesMertonProcess(quote, held, paid, QuantLib.BlackVolTermStructureHandle(volatility))


def asked_of_quantlib(engine, sign, spot, strike, days, rate, dividend_yield, vol):
    today = QuantLib.Date(2, 1, 2015)
    QuantLib.Settings.instance().evaluationDate = today
    payoff = QuantLib.PlainVanillaPayoff(QuantLib.Option.Call if sign > 0 else QuantLib.Option.Put, strike)
    option = QuantLib.VanillaOption(payoff, QuantLib.AmericanExercise(today, today + days))
    option.setPricingEngine(engine(process_of(spot, rate, dividend_yield, vol)))
    return option


def drawn(count, seed, longest):
    draw = np.random.default_rng(seed)
    days = draw.choice([days for days in (7, 30, 91, 182, 365, 730, 1095) if days <= longest], count)
    sign, spot = draw.choice([CALL, PUT], count), np.round(100.0 * np.exp(draw.normal(0.0, 0.2, count)), 2)
    rate, held, vol = draw.uniform(0.0, 0.1, count), draw.uniform(0.0, 0.1, count), draw.uniform(0.1, 0.6, count)
    return [column.tolist() for column in (sign, spot, np.full(count, 100.0), days, rate, held, vol)]


def ours_of(columns):
    sign, spot, strike, days, rate, held, vol = columns
    return american.price(sign, spot, strike, np.array(days) / 365, rate, held, vol)


def test_prices_are_those_of_quantlibs_same_approximation():
    """Most agree to 1e-6 at a strike of 100; QuantLib stops its search for the critical price early, so that beside it the
    difference comes to almost a hundredth of a cent."""
    columns = drawn(400, seed=5, longest=1095)
    theirs = [
        asked_of_quantlib(QuantLib.BaroneAdesiWhaleyApproximationEngine, *row).NPV()
        for row in zip(*columns, strict=True)
    ]
    apart = np.abs(ours_of(columns) - theirs)
    assert np.quantile(apart, 0.75) < 1e-6
    assert apart.max() < 1e-4


@pytest.mark.parametrize(("longest", "at_most"), [(30, 0.06), (182, 0.18), (365, 0.21), (1095, 1.03)])
def test_the_approximation_is_as_near_to_the_exact_value_as_is_said(longest, at_most):
    """Strike 100: against QuantLib's high-precision engine, which solves for the whole exercise boundary."""
    columns = drawn(150, seed=longest, longest=longest)
    exact = [asked_of_quantlib(QuantLib.QdFpAmericanEngine, *row).NPV() for row in zip(*columns, strict=True)]
    assert np.abs(ours_of(columns) - exact).max() < at_most


def test_greeks_are_near_those_of_a_fine_grid():
    """A put of half a year in, at and out of the money, beside QuantLib's finite differences on 800 x 800 points."""

    def engine(process):
        return QuantLib.FdBlackScholesVanillaEngine(process, 800, 800)

    for spot in (92.0, 100.0, 108.0):
        grid = asked_of_quantlib(engine, PUT, spot, 100.0, 182, 0.05, 0.01, 0.30)
        seen = american.greeks(PUT, spot, 100.0, 182 / 365, 0.05, 0.01, 0.30)
        assert float(seen.delta) == pytest.approx(grid.delta(), abs=6e-3)
        assert float(seen.gamma) == pytest.approx(grid.gamma(), rel=0.02)
        assert float(seen.theta) == pytest.approx(grid.theta() / 365, rel=0.03)


terms = st.tuples(
    st.sampled_from([CALL, PUT]),
    st.floats(50, 200),
    st.floats(0.02, 3),
    st.floats(-0.02, 0.1),
    st.floats(-0.02, 0.1),
    st.floats(0.08, 1.2),
)


@settings(deadline=None)
@given(terms)
def test_the_right_to_exercise_is_never_worth_less_than_nothing(given_terms):
    """An American option is worth at least the European one, immediate exercise, and at most the stock or the strike."""
    sign, spot, years, rate, held, vol = given_terms
    value = float(american.price(sign, spot, 100.0, years, rate, held, vol))
    european = float(bsm.price(sign, spot, 100.0, years, rate, held, vol))
    assert value >= european
    assert value >= sign * (spot - 100.0)
    most = spot * math.exp(max(-held, 0.0) * years) if sign == CALL else 100.0 * math.exp(max(-rate, 0.0) * years)
    assert value <= most + 1e-9


@settings(deadline=None)
@given(terms, st.floats(1.001, 1.5))
def test_more_volatility_never_lowers_the_value(given_terms, factor):
    """Nor does a spot further into the money."""
    sign, spot, years, rate, held, vol = given_terms
    value = float(american.price(sign, spot, 100.0, years, rate, held, vol))
    assert float(american.price(sign, spot, 100.0, years, rate, held, vol * factor)) >= value - 1e-9
    assert float(american.price(sign, spot * factor**sign, 100.0, years, rate, held, vol)) >= value - 1e-9


@settings(deadline=None)
@given(terms)
def test_greeks_are_the_slopes_of_the_price(given_terms):
    """Each equals a finite difference of the price in its own unit, wherever exercise is not just becoming due."""
    sign, spot, years, rate, held, vol = given_terms
    limit = float(american.critical_price(sign, 100.0, years, rate, held, vol))
    if abs(spot / limit - 1.0) < 0.02 or abs(rate) < 2e-4 or abs(held) < 2e-4:
        return  # a kink, or a step over the rate at which early exercise begins to pay

    def price(s=spot, t=years, v=vol, r=rate):
        return float(american.price(sign, s, 100.0, t, r, held, v))

    seen = american.greeks(sign, spot, 100.0, years, rate, held, vol)
    h = 1e-3 * spot * vol * math.sqrt(years)
    assert float(seen.delta) == pytest.approx((price(s=spot + h) - price(s=spot - h)) / (2 * h), abs=2e-4)
    assert float(seen.gamma) == pytest.approx((price(s=spot + h) - 2 * price() + price(s=spot - h)) / h**2, abs=2e-4)
    assert float(seen.vega) == pytest.approx((price(v=vol + 1e-5) - price(v=vol - 1e-5)) / 2e-3, abs=2e-5)
    assert float(seen.theta) == pytest.approx((price(t=years - 1e-5) - price(t=years + 1e-5)) / 2e-5 / 365, abs=2e-5)
    assert float(seen.rho) == pytest.approx((price(r=rate + 1e-5) - price(r=rate - 1e-5)) / 2e-3, abs=2e-5)


def test_where_exercise_is_due_the_option_is_the_stock():
    """A put deep in the money at a high rate: its value is the payoff, delta -1, and nothing else moves it."""
    assert float(american.price(PUT, 50.0, 100.0, 0.5, 0.08, 0.0, 0.2)) == 50.0
    assert [float(getattr(american.greeks(PUT, 50.0, 100.0, 0.5, 0.08, 0.0, 0.2), name)) for name in GREEKS] == [
        -1.0, 0.0, 0.0, 0.0, 0.0,
    ]  # fmt: skip
    call = american.greeks([CALL, CALL], [90.0, 200.0], 100.0, 0.5, 0.02, 0.10, 0.2)
    assert call.delta[1] == 1.0
    assert 0.0 < call.delta[0] < 1.0


def test_value_and_slope_are_continuous_at_the_critical_price():
    """Smooth contact: a hair on either side of it the put is worth its payoff and has a delta of -1."""
    limit = float(american.critical_price(PUT, 100.0, 0.5, 0.05, 0.0, 0.3))
    assert 70.0 < limit < 90.0
    for spot in (limit * (1 + 1e-6), limit * (1 - 1e-6)):
        assert float(american.price(PUT, spot, 100.0, 0.5, 0.05, 0.0, 0.3)) == pytest.approx(100.0 - spot, abs=1e-6)
        assert float(american.greeks(PUT, spot, 100.0, 0.5, 0.05, 0.0, 0.3).delta) == pytest.approx(-1.0, abs=1e-5)


@pytest.mark.parametrize("sign", [CALL, PUT])
def test_the_critical_price_is_found_without_a_jump_for_any_life(sign):
    """From minutes to ten years, for rates and yields from a thousandth of a percent to twenty percent."""
    years = np.geomspace(1e-5, 10.0, 60)
    rate, held, vol = (
        axis.ravel()[:, None] for axis in np.meshgrid([1e-5, 0.01, 0.2], [1e-5, 0.01, 0.2], [0.05, 0.5, 3])
    )
    limit = american.critical_price(sign, 100.0, years, rate, held, vol)
    distance = sign * np.log(limit / 100.0)
    assert np.isfinite(limit).all()
    assert (distance > 0.0).all()
    assert np.abs(np.diff(np.log(distance), axis=1)).max() < 0.15  # lives of neighbours differ by a quarter


@pytest.mark.parametrize(
    ("sign", "rate", "held"),
    [(CALL, 0.05, 0.0), (CALL, 0.05, -0.02), (CALL, 0.0, 0.0), (PUT, 0.0, 0.03), (PUT, -0.01, 0.0), (PUT, 0.0, 0.0)],
)
def test_where_early_exercise_never_pays_the_value_is_the_european_one(sign, rate, held):
    """A call without dividends, or whose carry is at least the rate; a put that earns no interest."""
    spot = np.linspace(50, 200, 16)
    ours, european = (
        american.price(sign, spot, 100.0, 1.0, rate, held, 0.3),
        bsm.price(sign, spot, 100.0, 1.0, rate, held, 0.3),
    )
    assert ours == pytest.approx(european, rel=1e-14)
    assert american.greeks(sign, spot, 100.0, 1.0, rate, held, 0.3).rho == pytest.approx(
        bsm.greeks(sign, spot, 100.0, 1.0, rate, held, 0.3).rho
    )
    assert math.isnan(float(american.critical_price(sign, 100.0, 1.0, rate, held, 0.3)))


def test_at_a_negative_rate_a_call_without_dividends_may_be_exercised():
    """Paying the strike now is cheaper than later, so the European value would be below the payoff."""
    assert float(bsm.price(CALL, 300.0, 100.0, 2.0, -0.02, 0.0, 0.2)) < 200.0
    assert float(american.price(CALL, 300.0, 100.0, 2.0, -0.02, 0.0, 0.2)) == 200.0
    assert float(american.price(CALL, 110.0, 100.0, 2.0, -0.02, 0.0, 0.2)) > float(
        bsm.price(CALL, 110.0, 100.0, 2.0, -0.02, 0.0, 0.2)
    )


def test_a_yield_too_small_to_be_seen_changes_nothing():
    """The critical price then lies beyond all numbers; the value goes over into the European one without a gap."""
    tiny = american.price(CALL, 100.0, 100.0, 2.0, 0.03, [1e-4, 1e-8, 1e-12, 1e-300], 5.0)
    assert tiny == pytest.approx(np.full(4, float(bsm.price(CALL, 100.0, 100.0, 2.0, 0.03, 0.0, 5.0))), rel=1e-3)
    assert np.isfinite(american.greeks(CALL, 100.0, 100.0, 2.0, 0.03, [1e-8, 1e-300], 5.0).vega).all()


@settings(deadline=None)
@given(terms)
def test_the_volatility_found_is_the_one_that_made_the_price(given_terms):
    """To 1e-10 wherever vega exceeds a cent per point."""
    sign, spot, years, rate, held, vol = given_terms
    value = american.price(sign, spot, 100.0, years, rate, held, vol)
    implied = float(american.implied_volatility(value, sign, spot, 100.0, years, rate, held))
    if float(american.greeks(sign, spot, 100.0, years, rate, held, vol).vega) > 0.01:
        assert implied == pytest.approx(vol, abs=1e-10)


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (20.0, "exactly what exercise gives"),
        (19.0, "less than exercise gives"),
        (0.0, "nothing"),
        (-1.0, "negative"),
        (99.999, "more than a volatility of five hundred percent gives"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
    ],
)
def test_a_price_without_a_volatility_has_none(price, why):
    """A put at 80 with a strike of 100: no solution is NaN, never zero and never an end of the bracket."""
    assert math.isnan(float(american.implied_volatility(price, PUT, 80.0, 100.0, 0.5, 0.05, 0.0))), why
    assert math.isnan(float(american.implied_volatility(price, PUT, 80.0, 100.0, 0.5, 0.0, 0.0))), why


def test_a_price_below_that_of_the_least_volatility_has_none():
    """Even a volatility of one percent makes this call at the money dearer."""
    least = float(american.price(CALL, 100.0, 100.0, 1.0, 0.02, 0.02, 0.01))
    assert math.isnan(float(american.implied_volatility(0.5 * least, CALL, 100.0, 100.0, 1.0, 0.02, 0.02)))


@pytest.mark.parametrize("name", ["right_sign", "spot", "strike", "years", "rate", "dividend_yield", "vol"])
def test_a_missing_number_spoils_its_own_place_only(name):
    """NaN in one place of one argument is NaN there in every answer, and nowhere else."""
    arguments = {"right_sign": -1.0, "spot": 95.0, "strike": 100.0, "years": 0.5, "rate": 0.05, "dividend_yield": 0.01}
    mixed = {key: np.full(3, value) for key, value in (arguments | {"vol": 0.3}).items()}
    mixed[name][1] = np.nan
    seen = american.greeks(**mixed)
    for answer in (american.price(**mixed), *(getattr(seen, greek) for greek in GREEKS)):
        assert np.isnan(answer).tolist() == [False, True, False]
    if name != "vol":
        del mixed["vol"]
        implied = american.implied_volatility(10.0, **mixed)
        assert np.isnan(implied).tolist() == [False, True, False]


def test_shapes_broadcast_and_an_empty_batch_stays_empty():
    """A column of strikes against a row of volatilities gives their grid."""
    strikes, vols = np.linspace(90, 110, 3)[:, None], np.linspace(0.1, 0.4, 4)[None, :]
    prices = american.price(PUT, 100.0, strikes, 0.5, 0.02, 0.0, vols)
    assert prices.shape == (3, 4)
    implied = american.implied_volatility(prices, PUT, 100.0, strikes, 0.5, 0.02, 0.0)
    assert math.isnan(implied[2, 0])  # exercise is due
    implied[2, 0] = vols[0, 0]
    assert implied == pytest.approx(np.broadcast_to(vols, (3, 4)), abs=1e-9)
    assert american.greeks(PUT, 100.0, strikes, 0.5, 0.02, 0.0, vols).rho.shape == (3, 4)
    assert american.price(CALL, np.empty(0), 100.0, 0.5, 0.02, 0.05, 0.2).shape == (0,)
    assert american.implied_volatility(np.empty(0), CALL, 100.0, 100.0, 0.5, 0.02, 0.05).shape == (0,)
