"""Cash dividends by the escrowed model: the stock is what is left once the dividends before expiry are set aside.

Their present value is taken off the spot, and the rest is what the volatility belongs to. So a price is

    bsm.price(sign, escrowed_spot(spot, years, rate, ...), strike, years, rate, 0.0, vol)

and likewise greeks, implied volatility and ``domain.options.american``. Dividends are given by their ex-dates, dividend_years,
in years of 365 days from now, and amounts per share in quote currency, both of shape (m,), in any order; those at or before
now or after expiry do not count. Limits: as dividends differ in number, two expiries see two processes of one stock. The
American approximation on the escrowed spot knows nothing of the dates: it is sound for puts as long as dividends are small
beside interest, and it never exercises a call, which pays only on the eve of an ex-date: for calls there is
``american_call_price``. Sources: Hull, Options, Futures, and Other Derivatives, 10th ed., 15.12; Haug, The Complete Guide to
Option Pricing Formulas, 2nd ed., 9.1; Black, Fact and Fantasy in the Use of Options, 1975.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from domain.options import bsm
from domain.options.normal import FloatArray


def present_value(years: ArrayLike, rate: ArrayLike, dividend_years: ArrayLike, amounts: ArrayLike) -> FloatArray:
    """Of the dividends until expiry, per share in quote currency. years and rate broadcast; NaN where one is NaN.

    Raises ValueError where dividend_years and amounts differ in shape, or are not finite.
    """
    return _discounted(years, rate, dividend_years, amounts)[0]


def escrowed_spot(
    spot: ArrayLike, years: ArrayLike, rate: ArrayLike, dividend_years: ArrayLike, amounts: ArrayLike
) -> FloatArray:
    """Spot less the dividends' present value. Not positive, and so without a price, where they are worth more than it."""
    rest: FloatArray = np.asarray(spot, dtype=np.float64) - present_value(years, rate, dividend_years, amounts)
    return rest


def full_greeks(
    seen: bsm.Greeks, years: ArrayLike, rate: ArrayLike, dividend_years: ArrayLike, amounts: ArrayLike
) -> bsm.Greeks:
    """Greeks taken at the escrowed spot, made those of the quoted spot: at a fixed quote the dividends' value moves too.

    It grows by the rate with each day and falls with the rate. Delta, gamma and vega are the same for both spots.
    """
    value, moved = _discounted(years, rate, dividend_years, amounts)
    return replace(
        seen,
        theta=seen.theta - seen.delta * np.asarray(rate) * value / bsm.DAYS_PER_YEAR,
        rho=seen.rho + seen.delta * moved / 100.0,
    )


def american_call_price(
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    vol: ArrayLike,
    dividend_years: ArrayLike,
    amounts: ArrayLike,
) -> FloatArray:
    """Black's approximation: the greatest of the European calls that end at expiry or on the eve of an ex-date, and of
    immediate exercise. A lower bound in the escrowed model; NaN as bsm.price().
    """
    ends, each = _checked(dividend_years, amounts)
    life = np.asarray(years, dtype=np.float64)
    best = bsm.price(1.0, escrowed_spot(spot, life, rate, ends, each), strike, life, rate, 0.0, vol)
    for moment in np.unique(ends[ends > 0.0]):
        before = ends < moment
        rest = escrowed_spot(spot, moment, rate, ends[before], each[before])
        early = bsm.price(1.0, rest, strike, moment, rate, 0.0, vol)
        best = np.where(moment <= life, np.fmax(best, early), best)
    now = np.asarray(spot, dtype=np.float64) - np.asarray(strike, dtype=np.float64)
    value: FloatArray = np.maximum(best, now)
    return value


def _discounted(
    years: ArrayLike, rate: ArrayLike, dividend_years: ArrayLike, amounts: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Present value, and how much of it goes with 1.00 more of rate."""
    ends, each = _checked(dividend_years, amounts)
    life, r = np.asarray(years, dtype=np.float64)[..., None], np.asarray(rate, dtype=np.float64)[..., None]
    counts = np.where(np.isnan(life), np.nan, (ends > 0.0) & (ends <= life))
    worth = counts * each * np.exp(-r * ends)
    return worth.sum(axis=-1), (worth * ends).sum(axis=-1)


def _checked(dividend_years: ArrayLike, amounts: ArrayLike) -> tuple[FloatArray, FloatArray]:
    ends, each = np.asarray(dividend_years, dtype=np.float64), np.asarray(amounts, dtype=np.float64)
    if ends.ndim != 1 or ends.shape != each.shape:
        raise ValueError(f"one amount for each date, both of shape (m,): have {ends.shape} and {each.shape}")
    if not (np.isfinite(ends).all() and np.isfinite(each).all()):
        raise ValueError("every date and amount must be a finite number")
    return ends, each
