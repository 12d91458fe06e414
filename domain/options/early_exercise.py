"""The premium for exercise before expiry in Barone-Adesi and Whaley's approximation: critical price, power and gain.

The value of an American option above its European one, V - e, is taken to be A (S / S*)^L up to the critical price S*,
where L is the root of L (L - 1) + N L = M / (1 - exp(-r T)), N = 2 (r - q) / vol^2, M = 2 r / vol^2, above 1 for calls and
below 0 for puts. S* is where the curve meets immediate exercise with its slope, which makes A = sign (S* - K) - e(S*) (S*)^-L
greatest. Source: Haug, The Complete Guide to Option Pricing Formulas, 2nd ed., 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.options.normal import SQRT_TWO_PI, FloatArray
from domain.options.terms import prepared

_ROUNDS: Final = 100  # five are usual, fifty the worst case
_NARROW: Final = 1e-10  # relative: a bracket that needs no narrowing
_SETTLED: Final = 1e-5  # after a Newton step as short as this the critical price is off by some 1e-10
_FARTHEST: Final = 50.0  # logarithm: a critical price beyond 5e21 strikes adds nothing that could be seen
_BELIEVED: Final = 5.0  # a seed that says more is left
_SERIES: Final = 1e-3  # rate times years below which a difference is expanded


@dataclass(frozen=True, slots=True)
class Batch:
    """Contracts as plain columns of shape (n,), units as in ``domain.options.bsm``."""

    sign: FloatArray
    spot: FloatArray
    strike: FloatArray
    years: FloatArray
    rate: FloatArray
    dividend_yield: FloatArray
    vol: FloatArray

    @classmethod
    def of(cls, *parts: ArrayLike) -> tuple[Batch, tuple[int, ...]]:
        """Broadcast together and made flat; and the shape they had."""
        arrays = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in parts))
        return cls(*(array.ravel() for array in arrays)), arrays[0].shape

    @property
    def columns(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        return self.sign, self.spot, self.strike, self.years, self.rate, self.dividend_yield, self.vol

    def kept(self, mask: NDArray[np.bool_]) -> Batch:
        places = np.flatnonzero(mask)  # once for all columns
        return Batch(*(column.take(places) for column in self.columns))

    def at_spot(self, spot: FloatArray) -> Batch:
        return Batch(self.sign, spot, *self.columns[2:])

    def at_vol(self, vol: FloatArray) -> Batch:
        return Batch(*self.columns[:-1], vol)

    @property
    def payoff(self) -> FloatArray:
        """Of immediate exercise."""
        return np.maximum(self.sign * (self.spot - self.strike), 0.0)

    @property
    def may_exercise_early(self) -> NDArray[np.bool_]:
        """It has one critical price. False where an argument is not valid too."""
        call = self.sign > 0.0
        gained = np.where(call, self.dividend_yield, self.rate)  # by having exercised
        given_up = np.where(call, self.rate, self.dividend_yield)
        pays: NDArray[np.bool_] = (gained > 0.0) | ((gained == 0.0) & (given_up < 0.0))
        pays &= ~np.isnan(prepared(*self.columns).spread)
        return pays


@dataclass(frozen=True, slots=True)
class Premium:
    """What early exercise adds, shape (n,); gain is at the critical price, over the European value there."""

    critical: FloatArray
    power: FloatArray
    gain: FloatArray
    beyond: NDArray[np.bool_]  # spot has reached the critical price: exercise is due
    distance: FloatArray  # log(spot / critical)

    @property
    def share(self) -> FloatArray:
        """(spot / critical) ** power, what of the gain is left at spot."""
        return np.exp(self.power * self.distance)

    @property
    def value(self) -> FloatArray:
        return self.gain * self.share


@dataclass(frozen=True, slots=True)
class Power:
    """L and its derivatives by volatility, years and rate (the yield held fixed), shape (n,)."""

    value: FloatArray
    by_vol: FloatArray
    by_years: FloatArray
    by_rate: FloatArray


def power(batch: Batch) -> Power:
    """Written with k = r / (1 - exp(-r T)), which stays finite and positive for any rate, 1 / T for none."""
    variance = batch.vol * batch.vol
    x = batch.rate * batch.years
    unit = np.where(x == 0.0, 1.0, x / -np.expm1(-x))  # k T
    k = unit / batch.years
    n, m = 2.0 * (batch.rate - batch.dividend_yield) / variance, 2.0 * k / variance
    root = batch.sign * np.sqrt((n - 1.0) ** 2 + 4.0 * m)
    value = 0.5 * (1.0 - n + root)
    k_by_rate = np.where(np.abs(x) < _SERIES, 0.5 + x / 6.0, (unit / x) * (1.0 - unit * np.exp(-x)))
    return Power(
        value=value,
        by_vol=2.0 * (value * n - m) / (batch.vol * root),
        by_years=-2.0 * k * k * np.exp(-x) / (variance * root),
        by_rate=2.0 * (k_by_rate - value) / (variance * root),
    )


def premium(batch: Batch) -> Premium:
    """For contracts that may be exercised early. Call it with numpy's floating-point warnings off."""
    exponent = power(batch).value
    critical = batch.strike * np.exp(batch.sign * _contact_distance(batch, exponent))
    forgone, _, _ = _forgone(batch.at_spot(critical))
    distance = np.log(batch.spot / critical)
    gain = np.maximum(batch.sign * forgone / exponent, 0.0)  # at the contact the same as sign (S* - K) - e(S*)
    return Premium(critical, exponent, gain, batch.sign * distance >= 0.0, distance)


def _contact_distance(batch: Batch, exponent: FloatArray) -> FloatArray:
    """y = sign log(S* / K), at most _FARTHEST: Newton's steps inside a bracket that every step narrows."""
    found = np.empty_like(exponent)
    left = np.arange(exponent.size)
    y = _first_distance(batch)
    low, high, moved = np.zeros_like(y), np.full_like(y, _FARTHEST), np.full_like(y, np.inf)
    for _ in range(_ROUNDS):  # pragma: no branch  (a bound that is never reached)
        miss, slope = _contact(batch, exponent, y)
        high, low = np.where(miss > 0.0, y, high), np.where(miss > 0.0, low, y)
        stepped = y - miss / slope
        step = np.abs(stepped - y)
        inside = (stepped >= low) & (stepped <= high)
        settled = inside & (step <= _SETTLED * np.minimum(1.0, stepped))
        taken = settled | (inside & (step < 0.5 * moved))  # else Newton might go to and fro around a bend for ever
        if not taken.all():
            further = 2.0 * y + batch.vol * np.sqrt(batch.years)
            stepped = np.where(taken, stepped, np.minimum(further, 0.5 * (low + high)))
        found[left], moved = stepped, np.abs(stepped - y)
        unsettled = ~(settled | (high - low <= _NARROW * high))
        if not unsettled.any():
            break
        left, batch, exponent = left[unsettled], batch.kept(unsettled), exponent[unsettled]
        y, low, high, moved = stepped[unsettled], low[unsettled], high[unsettled], moved[unsettled]
    return found


def _contact(batch: Batch, exponent: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rises through zero at the critical price; and its slope.

    Smooth contact, (1 - delta) S = L (S - K - e) for a call, is (1 - 1/L) U = W in what is forgone. Both sides fall like a
    normal tail, so their logarithms are compared.
    """
    received, paid, curvature = _forgone(batch.at_spot(batch.strike * np.exp(batch.sign * y)))
    miss = batch.sign * np.log((1.0 - 1.0 / exponent) * received / paid)
    slope = 1.0 + batch.sign * curvature * (1.0 / paid - 1.0 / received)
    return np.where(np.isnan(miss), np.inf, miss), slope  # NaN: a negative rate has turned a side's sign, far beyond


def _forgone(batch: Batch) -> tuple[FloatArray, FloatArray, FloatArray]:
    """U and W, what of spot and strike would not change hands were exercise left to expiry, and spot^2 * gamma.

    For a call U = S - S exp(-q T) N(d1) and W = K - K exp(-r T) N(d2), written without cancellation.
    """
    terms = prepared(*batch.columns)
    d1 = terms.d1()
    bell = terms.bell(d1)
    received, paid = terms.legs(-terms.sign, d1, bell)
    received -= batch.spot * np.expm1(-batch.dividend_yield * batch.years)
    paid -= batch.strike * np.expm1(-batch.rate * batch.years)
    return received, paid, bell / (SQRT_TWO_PI * terms.spread)


def _first_distance(batch: Batch) -> FloatArray:
    """Haug's seed, between the strike and the critical price of an option that never ends; else some spreads."""
    variance, spread = batch.vol * batch.vol, batch.vol * np.sqrt(batch.years)
    carry = batch.rate - batch.dividend_yield
    n = 2.0 * carry / variance
    endless = 0.5 * (1.0 - n + batch.sign * np.sqrt((n - 1.0) ** 2 + 8.0 * batch.rate / variance))
    last = batch.strike / (1.0 - 1.0 / endless)
    pace = -(batch.sign * carry * batch.years + 2.0 * spread) * batch.strike / np.abs(last - batch.strike)
    seed = batch.strike - (last - batch.strike) * np.expm1(pace)
    distance = batch.sign * np.log(seed / batch.strike)
    return np.where((distance > 0.0) & (distance < _BELIEVED), distance, spread)
