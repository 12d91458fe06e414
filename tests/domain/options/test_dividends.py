"""Cash dividends: Hull's example, QuantLib's escrowed engine, and what holds whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import QuantLib

from domain.options import american, bsm, dividends

HULL = {"dividend_years": [2 / 12, 5 / 12], "amounts": [0.5, 0.5]}


def test_hulls_stock_with_two_dividends():
    """Example 15.9: dividends worth 0.9742, a call worth 3.67."""
    assert float(dividends.present_value(0.5, 0.09, **HULL)) == pytest.approx(0.9742, abs=5e-5)
    spot = dividends.escrowed_spot(40, 0.5, 0.09, **HULL)
    assert round(float(bsm.price(1, spot, 40, 0.5, 0.09, 0.0, 0.30)), 2) == 3.67


def test_hulls_american_call_by_blacks_approximation():
    """Example 15.10: 3.52 when held to the eve of the last dividend, 3.67 to the end, so 3.67."""
    before = dividends.escrowed_spot(40, 5 / 12, 0.09, [2 / 12], [0.5])
    assert round(float(bsm.price(1, before, 40, 5 / 12, 0.09, 0.0, 0.30)), 2) == 3.52
    assert round(float(dividends.american_call_price(40, 40, 0.5, 0.09, 0.30, **HULL)), 2) == 3.67


@pytest.mark.parametrize(("right", "sign"), [(QuantLib.Option.Call, 1), (QuantLib.Option.Put, -1)])
def test_prices_and_greeks_are_those_of_quantlibs_escrowed_engine(right, sign):
    """Three dividends, one of them after expiry, on an asset with rate 4 % and volatility 35 %."""
    today = QuantLib.Date(2, 1, 2015)
    QuantLib.Settings.instance().evaluationDate = today
    count = QuantLib.Actual365Fixed()
    flat = [QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, rate, count)) for rate in (0.0, 0.04)]
    volatility = QuantLib.BlackConstantVol(today, QuantLib.NullCalendar(), 0.35, count)
    spot = QuantLib.QuoteHandle(QuantLib.SimpleQuote(100.0))
    process = QuantLib.BlackScholesMertonProcess(spot, *flat, QuantLib.BlackVolTermStructureHandle(volatility))
    days, amounts = [40, 130, 300], [1.5, 1.6, 1.7]
    paid = QuantLib.DividendVector([today + day for day in days], amounts)
    option = QuantLib.VanillaOption(QuantLib.PlainVanillaPayoff(right, 105.0), QuantLib.EuropeanExercise(today + 200))
    option.setPricingEngine(QuantLib.AnalyticDividendEuropeanEngine(process, paid))

    when, years = np.array(days) / 365, 200 / 365
    rest = dividends.escrowed_spot(100.0, years, 0.04, when, amounts)
    terms = (sign, rest, 105.0, years, 0.04, 0.0, 0.35)
    seen = dividends.full_greeks(bsm.greeks(*terms), years, 0.04, when, amounts)

    assert float(bsm.price(*terms)) == pytest.approx(option.NPV(), abs=1e-10)
    assert float(seen.delta) == pytest.approx(option.delta(), abs=1e-10)
    assert float(seen.gamma) == pytest.approx(option.gamma(), abs=1e-10)
    assert float(seen.vega) == pytest.approx(option.vega() / 100, abs=1e-10)


def test_theta_and_rho_count_the_dividends_that_move_with_them():
    """Finite differences of the price at a fixed quote, all times a little shorter or the rate a little higher."""
    when, amounts = np.array([0.1, 0.4]), [2.0, 2.0]

    def price(passed=0.0, rate=0.05):
        rest = dividends.escrowed_spot(100.0, 0.5 - passed, rate, when - passed, amounts)
        return float(bsm.price(-1, rest, 102.0, 0.5 - passed, rate, 0.0, 0.3))

    rest = dividends.escrowed_spot(100.0, 0.5, 0.05, when, amounts)
    seen = dividends.full_greeks(bsm.greeks(-1, rest, 102.0, 0.5, 0.05, 0.0, 0.3), 0.5, 0.05, when, amounts)

    assert float(seen.theta) == pytest.approx((price(passed=1e-5) - price(passed=-1e-5)) / 2e-5 / 365, abs=1e-8)
    assert float(seen.rho) == pytest.approx((price(rate=0.0501) - price(rate=0.0499)) / 0.02, abs=1e-6)


def test_only_dividends_until_expiry_count():
    """One that was paid and one after expiry leave the spot as it is; the day of expiry counts."""
    assert dividends.escrowed_spot(50.0, [0.1, 0.2, 0.3], 0.0, [-0.1, 0.2], [9.0, 1.0]).tolist() == [50.0, 49.0, 49.0]
    assert float(dividends.escrowed_spot(50.0, 0.1, 0.05, [], [])) == 50.0


def test_a_dividend_before_expiry_can_make_early_exercise_of_a_call_pay():
    """Deep in the money and with a large dividend, the eve of it is the best moment; without one nothing is added."""
    large = dividends.american_call_price(60, 40, 0.5, 0.05, 0.2, [0.45], [5.0])
    rest = dividends.escrowed_spot(60, 0.5, 0.05, [0.45], [5.0])
    assert float(large) == pytest.approx(float(bsm.price(1, 60, 40, 0.45, 0.05, 0.0, 0.2)))
    assert float(large) > float(bsm.price(1, rest, 40, 0.5, 0.05, 0.0, 0.2)) + 3.0
    none = dividends.american_call_price([60, 30], 40, 0.5, 0.05, 0.2, [], [])
    assert none == pytest.approx(bsm.price(1, [60, 30], 40, 0.5, 0.05, 0.0, 0.2))


def test_an_american_put_takes_the_escrowed_spot():
    """It is worth at least the European one on the same spot, and more than without the dividend."""
    rest = dividends.escrowed_spot(100.0, 0.5, 0.05, [0.25], [3.0])
    value = float(american.price(-1, rest, 100.0, 0.5, 0.05, 0.0, 0.3))
    assert value > float(bsm.price(-1, rest, 100.0, 0.5, 0.05, 0.0, 0.3))
    assert value > float(american.price(-1, 100.0, 100.0, 0.5, 0.05, 0.0, 0.3))


def test_a_missing_number_spoils_its_own_place_only():
    """NaN in, NaN out there; dividends worth more than the stock leave no price."""
    rest = dividends.escrowed_spot([100.0, math.nan, 100.0], [0.5, 0.5, math.nan], 0.05, [0.25], [3.0])
    assert np.isnan(rest).tolist() == [False, True, True]
    assert math.isnan(float(bsm.price(1, dividends.escrowed_spot(2.0, 0.5, 0.0, [0.1], [3.0]), 1, 0.5, 0, 0, 0.2)))
    assert math.isnan(float(dividends.american_call_price(100, 100, math.nan, 0.05, 0.2, [0.25], [3.0])))


@pytest.mark.parametrize(
    ("when", "amounts"), [([0.1], [1.0, 2.0]), (0.1, 1.0), ([0.1], [math.nan]), ([math.inf], [1.0])]
)
def test_a_schedule_that_cannot_be_is_refused(when, amounts):
    """Each date needs an amount, and both need to be numbers."""
    with pytest.raises(ValueError, match=r"must be|one amount"):
        dividends.present_value(0.5, 0.05, when, amounts)
