"""Black-Scholes-Merton with a continuous dividend yield, on arrays.

Every argument is a float or an array; they broadcast together. right_sign is +1 for a call and -1 for a put; spot and
strike are in quote currency per share; years is the time to the expiry MOMENT in years of 365 days (see
``domain.options.expiry.years_until``); rate and dividend_yield are continuously compounded fractions a year; vol is a
fraction a year (0.20 is twenty percent). Source: Haug, The Complete Guide to Option Pricing Formulas, 2nd ed.,
chapters 1 and 2; Hull, Options, Futures, and Other Derivatives, 10th ed., chapters 17 and 19. American exercise is not
modelled: for puts deep in the money and calls before a dividend the value is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .normal import FloatArray, cumulative, density

DAYS_PER_YEAR: Final = 365.0
MIN_VOL: Final = 0.01  # the bracket in which an implied volatility is looked for
MAX_VOL: Final = 5.0
_PRICE_TOLERANCE: Final = 1e-10  # of the strike: far below a tick
_ROUNDS: Final = 60  # bisection alone narrows 4.99 below 1e-15 in 53


@dataclass(frozen=True, slots=True)
class Greeks:
    """Sensitivities of one share's worth of option, each an array of the broadcast shape.

    delta per 1.00 of spot; gamma per 1.00 of spot squared; theta per CALENDAR DAY (usually negative); vega per VOL
    POINT, that is per 0.01 of volatility. Haug's tables are per year and per 1.00 of volatility.
    """

    delta: FloatArray
    gamma: FloatArray
    theta: FloatArray
    vega: FloatArray


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a price needs and what does not depend on volatility, broadcast once."""

    sign: FloatArray
    carried: FloatArray  # spot discounted by the dividend yield
    discounted: FloatArray  # strike discounted by the rate
    log_moneyness: FloatArray  # of the forward against the strike
    root_years: FloatArray

    def d(self, vol: FloatArray) -> tuple[FloatArray, FloatArray]:
        spread = vol * self.root_years
        with np.errstate(divide="ignore", invalid="ignore"):
            d1 = self.log_moneyness / spread + 0.5 * spread
        return d1, d1 - spread

    def price(self, d1: FloatArray, d2: FloatArray) -> FloatArray:
        sign = self.sign
        return sign * (self.carried * cumulative(sign * d1) - self.discounted * cumulative(sign * d2))


def price(
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    vol: ArrayLike,
) -> FloatArray:
    """Value per share in quote currency. NaN where an argument is NaN or spot, strike, years or vol is not positive."""
    terms, sigma, valid = _prepare(right_sign, spot, strike, years, rate, dividend_yield, vol)
    return np.where(valid, terms.price(*terms.d(sigma)), np.nan)


def greeks(
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    vol: ArrayLike,
) -> Greeks:
    """Sensitivities at that volatility; NaN in the same places as price()."""
    terms, sigma, valid = _prepare(right_sign, spot, strike, years, rate, dividend_yield, vol)
    d1, d2 = terms.d(sigma)
    r, q, s = (np.asarray(part, dtype=np.float64) for part in (rate, dividend_yield, spot))
    weight = terms.carried * density(d1)
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = terms.sign * (terms.carried / s) * cumulative(terms.sign * d1)
        gamma = weight / (s * s * sigma * terms.root_years)
        decay = -weight * sigma / (2.0 * terms.root_years)
    held = q * terms.carried * cumulative(terms.sign * d1) - r * terms.discounted * cumulative(terms.sign * d2)
    theta = (decay + terms.sign * held) / DAYS_PER_YEAR
    vega = weight * terms.root_years / 100.0
    delta, gamma, theta, vega = (np.where(valid, part, np.nan) for part in (delta, gamma, theta, vega))
    return Greeks(delta, gamma, theta, vega)


def implied_volatility(
    price: ArrayLike,
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
) -> FloatArray:
    """Volatility at which the model gives that price, within [0.01, 5]; NaN where there is none.

    None exists for a price at or below discounted intrinsic value, above what a volatility of 5 gives, or that is
    itself not a positive number. Newton steps are kept inside a bracket that every step narrows; one that leaves it is
    bisected.
    """
    target = np.asarray(price, dtype=np.float64)
    terms, low, valid = _prepare(right_sign, spot, strike, years, rate, dividend_yield, np.full(target.shape, MIN_VOL))
    target, low = np.broadcast_arrays(target, low)
    shape = low.shape
    floor = np.maximum(terms.sign * (terms.carried - terms.discounted), 0.0)
    high = np.full(shape, MAX_VOL)
    with np.errstate(invalid="ignore"):
        valid = valid & (target > floor)
        valid &= (terms.price(*terms.d(low)) <= target) & (target <= terms.price(*terms.d(high)))
    solved = np.full(shape, np.nan)
    if valid.any():
        solved[valid] = _solve(target[valid], _masked(terms, valid, shape))
    return solved


def _solve(target: FloatArray, terms: _Terms) -> FloatArray:
    """Roots of price(vol) = target, all inside the bracket; finished elements leave the working set."""
    found = np.empty_like(target)
    left = np.arange(target.size)
    low, high = np.full(target.size, MIN_VOL), np.full(target.size, MAX_VOL)
    # Where price turns from convex to concave in volatility (Manaster and Koehler, 1982): Newton converges from there.
    vol = np.clip(np.sqrt(2.0 * np.abs(terms.log_moneyness)) / terms.root_years, 0.05, 2.0)
    for _ in range(_ROUNDS):  # pragma: no branch  (a bound that is never reached)
        d1, d2 = terms.d(vol)
        error = terms.price(d1, d2) - target
        high = np.where(error > 0.0, vol, high)
        low = np.where(error > 0.0, low, vol)
        done = (np.abs(error) <= _PRICE_TOLERANCE * terms.discounted) | (high - low < 1e-12)
        found[left] = vol
        keep = ~done
        if not keep.any():
            break
        vega = terms.carried * density(d1) * terms.root_years
        with np.errstate(divide="ignore", invalid="ignore"):
            step = vol - error / vega
        inside = (step > low) & (step < high)
        vol = np.where(inside, step, 0.5 * (low + high))
        if done.any():
            left, target, vol, low, high = left[keep], target[keep], vol[keep], low[keep], high[keep]
            terms = _masked(terms, keep, keep.shape)
    return found


def _prepare(
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    vol: ArrayLike,
) -> tuple[_Terms, FloatArray, NDArray[np.bool_]]:
    parts = (right_sign, spot, strike, years, rate, dividend_yield, vol)
    sign, s, k, t, r, q, sigma = (np.asarray(part, dtype=np.float64) for part in parts)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        carried, discounted = s * np.exp(-q * t), k * np.exp(-r * t)
        terms = _Terms(sign, carried, discounted, np.log(carried / discounted), np.sqrt(t))
        valid = (s > 0.0) & (k > 0.0) & (t > 0.0) & (sigma > 0.0) & np.isfinite(carried) & np.isfinite(discounted)
    shape = np.broadcast_shapes(*(np.shape(part) for part in parts))
    return terms, np.broadcast_to(sigma, shape), np.broadcast_to(valid, shape)


def _masked(terms: _Terms, mask: NDArray[np.bool_], shape: tuple[int, ...]) -> _Terms:
    fields = (terms.sign, terms.carried, terms.discounted, terms.log_moneyness, terms.root_years)
    return _Terms(*(np.broadcast_to(field, shape)[mask] for field in fields))
