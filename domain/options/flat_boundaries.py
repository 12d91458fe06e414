"""American exercise by Bjerksund and Stensland's approximation of 2002: two flat exercise boundaries.

The option is exercised when spot first reaches I2 within the first 0.618 of its life, or I1 in the rest. The value of that
rule is known in closed form, in the normal and the bivariate normal distribution; as nobody has to follow it, it is a lower
bound of the American one. A put is a call with spot and strike, and rate and yield, changed over. Sources: Bjerksund and
Stensland, Closed Form Valuation of American Options, 2002; Haug, The Complete Guide to Option Pricing Formulas, 2nd ed., 3.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.options.bivariate import weighted_bivariate, weighted_cumulative
from domain.options.bsm import DAYS_PER_YEAR, Greeks
from domain.options.early_exercise import Batch
from domain.options.normal import FloatArray

_FIRST_PART: Final = 0.5 * (math.sqrt(5.0) - 1.0)  # of the life, in which I2 is the boundary
_CORRELATION: Final = math.sqrt(_FIRST_PART)  # of spot at its end with spot at expiry
_HEAVIEST: Final = 12.0  # logarithm of a reflection's weight: above it rounding would cost over 1e-9 of the strike
_SPOT_STEP: Final = 0.05  # of a standard deviation: a difference's error is then some 1e-6 of the sensitivity
_STEP: Final = 2e-3  # of volatility and of time
_RATE_STEP: Final = 1e-4  # or a hundredth of the rate: a boundary is proportional to it or to its inverse
_LEAST_RATE_STEP: Final = 1e-6


@dataclass(frozen=True, slots=True)
class _Calls:
    """Calls in units of their strike, columns of shape (n,); for a put, those it is the same as."""

    moneyness: FloatArray  # log(spot / strike)
    years: FloatArray
    rate: FloatArray
    carry: FloatArray  # rate less yield
    vol: FloatArray

    @classmethod
    def of(cls, batch: Batch) -> _Calls:
        call = batch.sign > 0.0
        return cls(
            batch.sign * np.log(batch.spot / batch.strike),
            batch.years,
            np.where(call, batch.rate, batch.dividend_yield),
            batch.sign * (batch.rate - batch.dividend_yield),
            batch.vol,
        )

    def drift(self, power: FloatArray | float) -> FloatArray:
        """Of log spot a year, in the measure whose density is spot to that power."""
        return self.carry + (power - 0.5) * self.vol * self.vol

    def growth(self, power: FloatArray | float) -> FloatArray:
        """Of the discounted expectation of spot to that power, a year."""
        return -self.rate + power * self.carry + 0.5 * power * (power - 1.0) * self.vol * self.vol

    def reflection(self, power: FloatArray | float) -> FloatArray:
        """The weight of a path reflected at I is (I / spot) to this."""
        return 2.0 * self.carry / (self.vol * self.vol) + 2.0 * power - 1.0


@dataclass(frozen=True, slots=True)
class _Boundary:
    """Logarithms of the two boundaries over strike, and the power of spot that an endless option's value is."""

    early: FloatArray  # I2
    late: FloatArray  # I1
    power: FloatArray

    @classmethod
    def of(cls, calls: _Calls) -> _Boundary:
        ratio = calls.carry / (calls.vol * calls.vol)
        power = 0.5 - ratio + np.sqrt((ratio - 0.5) ** 2 + 2.0 * calls.rate / (calls.vol * calls.vol))
        endless = power / (power - 1.0)
        at_expiry = np.maximum(1.0, calls.rate / (calls.rate - calls.carry))

        def after(years: FloatArray) -> FloatArray:
            pace = np.maximum(calls.carry * years + 2.0 * calls.vol * np.sqrt(years), 0.0)
            way = endless - at_expiry
            return np.log(at_expiry - way * np.expm1(-pace / (way * at_expiry)))

        return cls(after(calls.years), after(_FIRST_PART * calls.years), power)


def applies(batch: Batch) -> NDArray[np.bool_]:
    """Shape (n,): which contracts the closed form can value. It knows no negative rate or yield, and where carry is large
    beside variance the weights of its reflections grow beyond what double precision can take differences of."""
    calls = _Calls.of(batch)
    boundary = _Boundary.of(calls)
    weight = np.abs(calls.reflection(boundary.power)) * (boundary.early - calls.moneyness)
    known: NDArray[np.bool_] = (batch.rate >= 0.0) & (batch.dividend_yield >= 0.0) & (weight < _HEAVIEST)
    return known


def exercise_due(batch: Batch) -> NDArray[np.bool_]:
    """Shape (n,): whether spot has reached the boundary."""
    calls = _Calls.of(batch)
    due: NDArray[np.bool_] = calls.moneyness >= _Boundary.of(calls).early
    return due


def value(batch: Batch) -> FloatArray:
    """Of contracts the rule applies to and that are not due, per share, shape (n,); beyond the boundary its smooth
    continuation. Call it with numpy's floating-point warnings off."""
    calls = _Calls.of(batch)
    boundary = _Boundary.of(calls)
    total = _early(calls, boundary) + _late(calls, boundary)
    return np.where(batch.sign > 0.0, batch.strike, batch.spot) * total


def greeks(batch: Batch) -> Greeks:
    """Of the same contracts, in the units of bsm.Greeks, shape (n,): differences of fourth order of value()."""
    root = np.sqrt(batch.years)
    spot_step = _SPOT_STEP * batch.vol * root * batch.spot
    vol_step, year_step = _STEP * batch.vol, _STEP * batch.years
    # A put's early exercise ends with its rate; a call's rate may pass below zero.
    rate_step = np.minimum(_RATE_STEP, batch.rate / 100.0)
    rate_step = np.where(batch.sign > 0.0, np.maximum(rate_step, _LEAST_RATE_STEP), rate_step)
    delta, gamma = _differences(lambda by: value(replace(batch, spot=batch.spot + by * spot_step)), spot_step)
    vega, _ = _differences(lambda by: value(replace(batch, vol=batch.vol + by * vol_step)), vol_step)
    ageing, _ = _differences(lambda by: value(replace(batch, years=batch.years + by * year_step)), year_step)
    rho, _ = _differences(lambda by: value(replace(batch, rate=batch.rate + by * rate_step)), rate_step)
    return Greeks(delta, gamma, -ageing / DAYS_PER_YEAR, vega / 100.0, rho / 100.0)


def _differences(at: Callable[[float], FloatArray], step: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First and second derivative from five points; at(n) is the value n steps away."""
    far_below, below, here, above, far_above = (at(by) for by in (-2.0, -1.0, 0.0, 1.0, 2.0))
    first = (8.0 * (above - below) - (far_above - far_below)) / (12.0 * step)
    second = (16.0 * (above + below) - (far_above + far_below) - 30.0 * here) / (12.0 * step * step)
    return first, second


def _early(calls: _Calls, boundary: _Boundary) -> FloatArray:
    """What exercise at I2 brings, and at the end of the first part what is above I1."""
    gain_early, gain_late, power = _gain(boundary.early, boundary), _gain(boundary.late, boundary), boundary.power
    zero = np.zeros_like(power)

    def part(log_weight: FloatArray, exponent: FloatArray | float, limit: FloatArray) -> FloatArray:
        return _below(calls, boundary.early, log_weight, exponent, limit)

    return (
        np.exp(gain_early + power * calls.moneyness)
        - part(gain_early, power, boundary.early)
        + part(zero, 1.0, boundary.early)
        - part(zero, 1.0, boundary.late)
        - part(zero, 0.0, boundary.early)
        + part(zero, 0.0, boundary.late)
        + part(gain_late, power, boundary.late)
    )


def _late(calls: _Calls, boundary: _Boundary) -> FloatArray:
    """What exercise at I1 in the second part and at expiry brings, less what _early counted of the first."""
    zero = np.zeros_like(boundary.power)
    return (
        -_twice_below(calls, boundary, _gain(boundary.late, boundary), boundary.power, boundary.late)
        + _twice_below(calls, boundary, zero, 1.0, boundary.late)
        - _twice_below(calls, boundary, zero, 1.0, zero)
        - _twice_below(calls, boundary, zero, 0.0, boundary.late)
        + _twice_below(calls, boundary, zero, 0.0, zero)
    )


def _gain(level: FloatArray, boundary: _Boundary) -> FloatArray:
    """Logarithm of Haug's alpha: what exercise at that level brings, over its power."""
    return np.log(np.expm1(level)) - boundary.power * level


def _below(
    calls: _Calls, barrier: FloatArray, log_weight: FloatArray, power: FloatArray | float, limit: FloatArray
) -> FloatArray:
    """Haug's phi: the worth of spot to that power at the end of the first part where it is below a limit then and has not
    met the barrier."""
    years = _FIRST_PART * calls.years
    spread = calls.vol * np.sqrt(years)
    d = (limit - calls.moneyness - calls.drift(power) * years) / spread
    to_barrier = barrier - calls.moneyness
    level = log_weight + calls.growth(power) * years + power * calls.moneyness
    return weighted_cumulative(level, d) - weighted_cumulative(
        level + calls.reflection(power) * to_barrier, d - 2.0 * to_barrier / spread
    )


def _twice_below(
    calls: _Calls, boundary: _Boundary, log_weight: FloatArray, power: FloatArray | float, limit: FloatArray
) -> FloatArray:
    """Haug's psi: the same at expiry, having met neither boundary in its own part of the life."""
    first, x = _FIRST_PART * calls.years, calls.moneyness
    near, far = calls.vol * np.sqrt(first), calls.vol * np.sqrt(calls.years)
    drift, reflection = calls.drift(power), calls.reflection(power)
    early, late = boundary.early, boundary.late
    level = log_weight + calls.growth(power) * calls.years + power * x

    def met(weight: FloatArray, start: FloatArray, pull: float, end: FloatArray, correlation: float) -> FloatArray:
        h = (late - start - pull * drift * first) / near
        k = (limit - end - drift * calls.years) / far
        return weighted_bivariate(level + weight, h, k, correlation)

    mirrored = 2.0 * early - x
    return (
        met(np.zeros_like(x), x, 1.0, x, _CORRELATION)
        - met(reflection * (early - x), mirrored, 1.0, mirrored, _CORRELATION)
        - met(reflection * (late - x), x, -1.0, 2.0 * late - x, -_CORRELATION)
        + met(reflection * (late - early), mirrored, -1.0, x + 2.0 * (late - early), -_CORRELATION)
    )
