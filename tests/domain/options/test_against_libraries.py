"""European prices, Greeks and implied volatilities beside vollib and QuantLib, on a chain of all moneyness."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
import QuantLib
from numpy.typing import NDArray
from vollib.black_scholes_merton import black_scholes_merton
from vollib.black_scholes_merton.greeks import analytical

from domain.options import bsm

SPOT, RATE, HELD = 100.0, 0.04, 0.012
GREEKS = ("delta", "gamma", "theta", "vega", "rho")


class Chain(NamedTuple):
    sign: NDArray[np.float64]
    strike: NDArray[np.float64]
    years: NDArray[np.float64]
    vol: NDArray[np.float64]

    def rows(self):
        return zip(*(column.tolist() for column in self), strict=True)

    @property
    def terms(self):
        return self.sign, SPOT, self.strike, self.years, RATE, HELD


@pytest.fixture(scope="module")
def chain():
    draw = np.random.default_rng(11)
    count = 1000
    return Chain(
        draw.choice([-1.0, 1.0], count),
        SPOT * np.exp(draw.normal(0.0, 0.3, count)),
        draw.uniform(1 / 365, 2.0, count),
        draw.uniform(0.05, 1.5, count),
    )


@pytest.fixture(scope="module")
def quantlibs(chain):
    """One calculator a contract."""
    found = []
    for sign, strike, years, vol in chain.rows():
        payoff = QuantLib.PlainVanillaPayoff(QuantLib.Option.Call if sign > 0 else QuantLib.Option.Put, strike)
        forward = SPOT * math.exp((RATE - HELD) * years)
        found.append(QuantLib.BlackCalculator(payoff, forward, vol * math.sqrt(years), math.exp(-RATE * years)))
    return found


def test_prices_are_those_of_both(chain, quantlibs):
    """To 1e-12 of a share at 100."""
    ours = bsm.price(*chain.terms, chain.vol)
    theirs = [
        black_scholes_merton("c" if sign > 0 else "p", SPOT, strike, years, RATE, vol, HELD)
        for sign, strike, years, vol in chain.rows()
    ]
    assert ours == pytest.approx(np.array([each.value() for each in quantlibs]), abs=1e-12)
    assert ours == pytest.approx(np.array(theirs), abs=1e-12)


@pytest.mark.parametrize("name", GREEKS)
def test_greeks_are_those_of_vollib(chain, name):
    """In the same units: theta a calendar day, vega a vol point, rho a percentage point."""
    theirs = [
        getattr(analytical, name)("c" if sign > 0 else "p", SPOT, strike, years, RATE, vol, HELD)
        for sign, strike, years, vol in chain.rows()
    ]
    assert getattr(bsm.greeks(*chain.terms, chain.vol), name) == pytest.approx(np.array(theirs), abs=1e-12)


@pytest.mark.parametrize("name", GREEKS)
def test_greeks_are_those_of_quantlib(chain, quantlibs, name):
    """Brought from a year, and from 1.00 of volatility and rate, to ours."""
    asked = {
        "delta": lambda each, years: each.delta(SPOT),
        "gamma": lambda each, years: each.gamma(SPOT),
        "theta": lambda each, years: each.theta(SPOT, years) / 365,
        "vega": lambda each, years: each.vega(years) / 100,
        "rho": lambda each, years: each.rho(years) / 100,
    }[name]
    theirs = [asked(each, years) for each, years in zip(quantlibs, chain.years.tolist(), strict=True)]
    assert getattr(bsm.greeks(*chain.terms, chain.vol), name) == pytest.approx(np.array(theirs), abs=1e-12)


def test_volatilities_are_found_again_in_prices_that_quantlib_made(chain, quantlibs):
    """To 1e-10 wherever vega exceeds 0.01 per vol point, in and out of the money; and none is missing there."""
    prices = np.array([each.value() for each in quantlibs])
    seen = bsm.greeks(*chain.terms, chain.vol).vega > 0.01
    found = bsm.implied_volatility(prices, *chain.terms)
    assert seen.sum() > 800
    assert np.abs(found - chain.vol)[seen].max() < 1e-10
