"""Black-Scholes-Merton with a continuous dividend yield, on arrays.

Every argument is a float or an array; they broadcast together. right_sign is +1 for a call and -1 for a put; spot and
strike are in quote currency per share; years is the time to the expiry MOMENT in years of 365 days (see
``domain.options.expiry.years_until``, which counts seconds); rate and dividend_yield are continuously compounded fractions
a year and may be negative; vol is a fraction a year (0.20 is twenty percent). Source: Haug, The Complete Guide to Option
Pricing Formulas, 2nd ed., chapters 1 and 2; Hull, Options, Futures, and Other Derivatives, 10th ed., chapters 15, 17 and
19. Exercise is European: ``domain.options.american`` prices the right to exercise before expiry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from domain.options.implied import total_volatility
from domain.options.normal import SQRT_TWO_PI, FloatArray
from domain.options.terms import prepared

DAYS_PER_YEAR: Final = 365.0
MIN_VOL: Final = 0.01  # the bracket in which an implied volatility is looked for
MAX_VOL: Final = 5.0
EDGE: Final = 1e-9  # relative: a volatility at an end of the bracket may come back this far outside it
ROUNDING: Final = 4.0 * float(np.finfo(np.float64).eps)  # of the larger leg: time value below it is no information


@dataclass(frozen=True, slots=True)
class Greeks:
    """Sensitivities of one share's worth of option, each an array of the broadcast shape.

    delta per 1.00 of spot; gamma per 1.00 of spot squared; theta per CALENDAR DAY (usually negative); vega per VOL
    POINT, that is per 0.01 of volatility; rho per PERCENTAGE POINT of rate, that is per 0.01, the dividend yield held
    fixed. Haug's tables are per year and per 1.00 of volatility and of rate.
    """

    delta: FloatArray
    gamma: FloatArray
    theta: FloatArray
    vega: FloatArray
    rho: FloatArray


def price(
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    vol: ArrayLike,
) -> FloatArray:
    """Value per share in quote currency, never below discounted intrinsic value.

    NaN where an argument is NaN or infinite, right_sign is not +1 or -1, or spot, strike, years or vol is not positive.
    """
    with np.errstate(all="ignore"):
        terms = prepared(right_sign, spot, strike, years, rate, dividend_yield, vol)
        # The out-of-the-money right is computed and the other one follows by parity: time value keeps all its digits.
        ahead = terms.carried - terms.discounted
        sign = -np.copysign(1.0, ahead)
        d1 = terms.d1()
        received, paid = terms.legs(sign, d1, terms.bell(d1))
        value: FloatArray = np.maximum(sign * (received - paid), 0.0) + np.maximum(terms.sign * ahead, 0.0)
    return value


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
    r, q = np.asarray(rate, dtype=np.float64), np.asarray(dividend_yield, dtype=np.float64)
    with np.errstate(all="ignore"):
        terms = prepared(right_sign, spot, strike, years, rate, dividend_yield, vol)
        d1 = terms.d1()
        bell = terms.bell(d1)
        received, paid = terms.legs(terms.sign, d1, bell)
        received *= terms.sign
        paid *= terms.sign
        bell /= SQRT_TWO_PI
        decay = bell * terms.spread / (2.0 * terms.years)
        return Greeks(
            delta=received / terms.spot,
            gamma=bell / (terms.spot * terms.spot * terms.spread),
            theta=(q * received - r * paid - decay) / DAYS_PER_YEAR,
            vega=bell * (terms.root_years / 100.0),
            rho=paid * (terms.years / 100.0),
        )


def gamma(
    spot: ArrayLike, strike: ArrayLike, years: ArrayLike, rate: ArrayLike, dividend_yield: ArrayLike, vol: ArrayLike
) -> FloatArray:
    """Gamma alone, per 1.00 of spot squared: the same for calls and puts. NaN in the same places as price()."""
    with np.errstate(all="ignore"):
        terms = prepared(1.0, spot, strike, years, rate, dividend_yield, vol)
        scale = SQRT_TWO_PI * (terms.spot * terms.spot) * terms.spread
        value: FloatArray = terms.bell(terms.d1()) / scale
    return value


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
    itself not a positive number. The time value is solved for, not the price, so the error is what the rounding of the
    price leaves: below 1e-10 wherever vega exceeds 0.01 per vol point, for prices up to some ten thousand.
    """
    with np.errstate(all="ignore"):
        terms = prepared(
            right_sign, spot, strike, years, rate, dividend_yield, 1.0
        )  # any volatility: its spread is not used
        target = np.asarray(price, dtype=np.float64)
        ahead = terms.sign * (terms.carried - terms.discounted)
        outside = target - np.maximum(ahead, 0.0)
        remainder = 0.5 * (terms.carried + terms.discounted + ahead) - target
        noise = ROUNDING * np.maximum(terms.carried, terms.discounted)
        known = (outside > noise * (ahead > 0.0)) & (remainder > noise) & ~np.isnan(terms.spread)
        unit = np.sqrt(terms.carried * terms.discounted)
    solved = np.full(known.shape, np.nan)
    parts = (outside / unit, remainder / unit, terms.log_moneyness, terms.root_years)
    value, rest, moneyness, root = (np.broadcast_to(part, known.shape)[known] for part in parts)
    vol = total_volatility(value, rest, moneyness) / root
    vol[(vol < MIN_VOL * (1.0 - EDGE)) | (vol > MAX_VOL * (1.0 + EDGE))] = np.nan
    solved[known] = vol
    return solved
