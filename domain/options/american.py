"""American exercise by two approximations, on arrays.

Arguments and units are those of ``domain.options.bsm``; the dividend yield is continuous (for cash dividends see
``domain.options.dividends``). Barone-Adesi and Whaley's value is the European one plus a premium for earlier exercise,

    V(S) = e(S) + (sign (S* - K) - e(S*)) (S / S*)^L    up to the critical price S*, sign (S - K) beyond it.

Bjerksund and Stensland's of 2002 (``domain.options.flat_boundaries``) is the value of exercise at two flat boundaries, a
lower bound. The first is the default: S* maximises the premium, so theta, vega and rho are exact derivatives (envelope
theorem) like delta and gamma, at the cost of one European price; the second takes four times as long for prices, fifty
for Greeks. Errors as a percentage of the strike against QuantLib's high-precision engine, 1,500 draws each, rates and
yields of 0 to 10 %, volatilities of 10 to 60 %, as greatest / root mean square:

    life up to                 a month         half a year     a year          three years
    Barone-Adesi, Whaley       0.05 / 0.005    0.17 / 0.019    0.20 / 0.031    1.02 / 0.168
    Bjerksund, Stensland       0.13 / 0.008    0.27 / 0.023    0.58 / 0.036    0.75 / 0.065

So for lives of years the second is the nearer, for what is traded most the first. Haug prints values of both; those of
the second are met to every digit. Those of the first come from a search for S* that his program stopped early, at a
mismatch of 1e-4 (calls) and 1e-5 (puts) of the strike: the converged solution here is up to 0.0028 away from them at a
strike of 100, and his program with those tolerances, repeated in the tests, gives all of his digits.

Exercise before expiry never pays for a call without dividends at a rate of at least zero, nor for a put at a rate of at
most zero with a yield of at least zero: there the value is the European one. Where rate and yield are both negative and
the yield is above the rate (calls) or below it (puts) there are two critical prices, which neither approximation knows:
the value is the greater of European and immediate exercise, a lower bound. Sources: Barone-Adesi and Whaley, Efficient
Analytic Approximation of American Option Values, Journal of Finance 1987; Haug, The Complete Guide to Option Pricing
Formulas, 2nd ed., 3.1 and 3.2.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.options import bsm, flat_boundaries
from domain.options.bsm import DAYS_PER_YEAR, EDGE, MAX_VOL, MIN_VOL, ROUNDING, Greeks
from domain.options.early_exercise import Batch, power, premium
from domain.options.normal import FloatArray

_ROUNDS: Final = 60  # bisection alone narrows 4.99 below 1e-15 in 53
_SETTLED: Final = 1e-7  # relative: the Newton step after one as short as this is below a rounding
_FIRST_VOL: Final = 0.3  # where no European volatility gives the price
_GREEKS: Final = ("delta", "gamma", "theta", "vega", "rho")


class Approximation(StrEnum):
    """Whose value an American option is given."""

    BARONE_ADESI_WHALEY = "barone_adesi_whaley"
    BJERKSUND_STENSLAND = "bjerksund_stensland"  # of 2002; where it does not apply, the other one's


def price(
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    vol: ArrayLike,
    *,
    by: Approximation = Approximation.BARONE_ADESI_WHALEY,
) -> FloatArray:
    """Value per share in quote currency, at least the European one and that of immediate exercise; NaN as bsm.price()."""
    batch, shape = Batch.of(right_sign, spot, strike, years, rate, dividend_yield, vol)
    with np.errstate(all="ignore"):
        value = _price(batch) if by is Approximation.BARONE_ADESI_WHALEY else _price_by_boundaries(batch)
    return value.reshape(shape)


def greeks(
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    vol: ArrayLike,
    *,
    by: Approximation = Approximation.BARONE_ADESI_WHALEY,
) -> Greeks:
    """Sensitivities in the units of bsm.Greeks; where exercise is due, delta is the sign and the others are 0."""
    batch, shape = Batch.of(right_sign, spot, strike, years, rate, dividend_yield, vol)
    with np.errstate(all="ignore"):
        seen = _greeks(batch) if by is Approximation.BARONE_ADESI_WHALEY else _greeks_by_boundaries(batch)
    return Greeks(*(getattr(seen, name).reshape(shape) for name in _GREEKS))


def critical_price(
    right_sign: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    vol: ArrayLike,
) -> FloatArray:
    """Barone-Adesi and Whaley's S*, at which and beyond which immediate exercise is due; NaN where it never is."""
    batch, shape = Batch.of(right_sign, strike, strike, years, rate, dividend_yield, vol)
    found = np.full(batch.sign.shape, np.nan)
    with np.errstate(all="ignore"):
        early = batch.may_exercise_early
        found[early] = premium(batch.kept(early)).critical
    return found.reshape(shape)


def implied_volatility(
    price: ArrayLike,
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
) -> FloatArray:
    """Volatility at which price() gives that price by Barone-Adesi and Whaley, within [0.01, 5]; NaN where there is none.

    None exists for a price at or below immediate exercise, which says nothing about volatility, below what a volatility of
    0.01 or above what one of 5 gives. Newton steps inside a bracket that every step narrows.
    """
    parts = (price, right_sign, spot, strike, years, rate, dividend_yield)
    target, *others = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in parts))
    batch, _ = Batch.of(*others, MAX_VOL * (1.0 + EDGE))
    shape, target = target.shape, target.ravel()
    with np.errstate(all="ignore"):
        payoff, early = batch.payoff, batch.may_exercise_early
        noise = ROUNDING * np.maximum(batch.spot, batch.strike) * (payoff > 0.0)
        found = bsm.implied_volatility(target, *batch.columns[:-1])  # an upper bound for those that may exercise early
        sought = early & (target > payoff + noise) & (target <= _price(batch))
        first = np.where(np.isnan(found), _FIRST_VOL, found)[sought]
        found[early | ~(target > payoff + noise)] = np.nan
        if sought.any():
            found[sought] = _solved(target[sought], batch.kept(sought), first)
    return found.reshape(shape)


def _price(batch: Batch) -> FloatArray:
    value = bsm.price(*batch.columns)
    early = batch.may_exercise_early
    if early.any():
        some = premium(batch.kept(early))
        value[early] = np.where(some.beyond, 0.0, value[early] + some.value)
    return np.maximum(value, batch.payoff)


def _greeks(batch: Batch) -> Greeks:
    early = batch.may_exercise_early
    seen = bsm.greeks(*batch.columns)
    due = batch.payoff > bsm.price(*batch.columns)
    if early.any():
        due[early] = _add_premium(seen, batch, early)
    return _exercised(seen, batch, due)


def _exercised(seen: Greeks, batch: Batch, due: NDArray[np.bool_]) -> Greeks:
    """With those of the stock, owned or owed, where exercise is due."""
    seen.delta[due] = batch.sign[due]
    for part in (seen.gamma, seen.theta, seen.vega, seen.rho):
        part[due] = 0.0
    return seen


def _price_by_boundaries(batch: Batch) -> FloatArray:
    value = bsm.price(*batch.columns)
    within, otherwise = _by_boundaries(batch)
    if within.any():
        some = batch.kept(within)
        held = np.where(flat_boundaries.exercise_due(some), 0.0, flat_boundaries.value(some))
        value[within] = np.maximum(value[within], held)
    if otherwise.any():
        value[otherwise] = _price(batch.kept(otherwise))
    return np.maximum(value, batch.payoff)


def _greeks_by_boundaries(batch: Batch) -> Greeks:
    """Each contract's are those of the greatest of the values that its price is chosen from."""
    european, seen = bsm.price(*batch.columns), bsm.greeks(*batch.columns)
    due = batch.payoff > european
    within, otherwise = _by_boundaries(batch)
    if within.any():
        some, places = batch.kept(within), np.flatnonzero(within)
        held = np.where(flat_boundaries.exercise_due(some), 0.0, flat_boundaries.value(some))
        better = held > np.maximum(european[within], some.payoff)
        due[places[better]] = False
        _put(seen, places[better], flat_boundaries.greeks(some.kept(better)))
    seen = _exercised(seen, batch, due)
    if otherwise.any():
        _put(seen, np.flatnonzero(otherwise), _greeks(batch.kept(otherwise)))
    return seen


def _by_boundaries(batch: Batch) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of those that may be exercised early: which the flat boundaries apply to, and which they do not."""
    early = batch.may_exercise_early
    known = flat_boundaries.applies(batch)
    return early & known, early & ~known


def _put(seen: Greeks, places: NDArray[np.intp], found: Greeks) -> None:
    for name in _GREEKS:
        getattr(seen, name)[places] = getattr(found, name)


def _add_premium(seen: Greeks, batch: Batch, early: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Adds the premium's own sensitivities to those of the European option; and for which of them exercise is due.

    The critical price maximises the premium, so it may be held fixed: what is left moves through the European value at the
    critical price and through the power.
    """
    some = batch.kept(early)
    extra, exponent = premium(some), power(some)
    there = bsm.greeks(*some.at_spot(extra.critical).columns)
    share, value = extra.share, extra.value
    through_power = value * extra.distance
    seen.delta[early] += value * extra.power / some.spot
    seen.gamma[early] += value * extra.power * (extra.power - 1.0) / (some.spot * some.spot)
    seen.theta[early] -= share * there.theta + through_power * exponent.by_years / DAYS_PER_YEAR
    seen.vega[early] += through_power * exponent.by_vol / 100.0 - share * there.vega
    seen.rho[early] += through_power * exponent.by_rate / 100.0 - share * there.rho
    return extra.beyond


def _solved(target: FloatArray, batch: Batch, vol: FloatArray) -> FloatArray:
    """Roots of price(vol) = target, all of contracts that may be exercised early; NaN for those below the bracket."""
    found = np.full(target.shape, np.nan)
    left = np.arange(target.size)
    low, high = np.full_like(vol, MIN_VOL * (1.0 - EDGE)), np.full_like(vol, MAX_VOL * (1.0 + EDGE))
    within = _price(batch.at_vol(low)) <= target
    left, batch, target, vol, low, high = (
        left[within],
        batch.kept(within),
        target[within],
        vol[within],
        low[within],
        high[within],
    )
    for _ in range(_ROUNDS):
        time_value, slope = _time_value(batch.at_vol(vol))
        sought = target - batch.payoff
        over = time_value > sought
        high, low = np.where(over, vol, high), np.where(over, low, vol)
        # Newton's on the price where that is near, on its logarithm where it may be off by orders of magnitude.
        near = np.abs(time_value - sought) < 0.5 * sought
        stepped = vol - np.where(near, time_value - sought, np.log(time_value / sought) * time_value) / slope
        stepped = np.where((stepped >= low) & (stepped <= high), stepped, 0.5 * (low + high))
        unsettled = ~(np.abs(stepped - vol) <= _SETTLED * vol)
        found[left] = vol = stepped
        if not unsettled.any():
            break
        left, batch, target = left[unsettled], batch.kept(unsettled), target[unsettled]
        vol, low, high = vol[unsettled], low[unsettled], high[unsettled]
    return found


def _time_value(batch: Batch) -> tuple[FloatArray, FloatArray]:
    """What the price is above immediate exercise, and its slope in volatility; 0 where exercise is due."""
    extra = premium(batch)
    there = bsm.greeks(*batch.at_spot(extra.critical).columns).vega
    here = bsm.greeks(*batch.columns).vega
    slope = 100.0 * (here - extra.share * there) + extra.value * extra.distance * power(batch).by_vol
    value = bsm.price(*batch.columns) + extra.value - batch.payoff
    return np.where(extra.beyond, 0.0, np.maximum(value, 0.0)), slope
