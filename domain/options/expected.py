"""How far the underlying is expected to move, read from implied volatilities at the money.

Every move is one standard deviation: in about two of three cases the price stays within it, if the volatility is right.
Sources: Cboe, Volatility Index Methodology, for interpolation in total variance between two expirations; Hull, Options,
Futures, and Other Derivatives, 10th ed., 15.4, for a trading day as one of 252.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from domain.options.normal import FloatArray

TRADING_DAYS: Final = 252
CONSTANT_MATURITY_YEARS: Final = 30 / 365


def at_the_money_vol(strike: FloatArray, vol: FloatArray, spot: float) -> float | None:
    """Volatility of one expiration at spot, a fraction a year, linear between the two strikes around it.

    strike, vol: shape (n,), calls and puts together, NaN where no volatility is implied. The mean of a strike's call and
    put is taken: what a wrong rate or a dividend adds to one it takes from the other. None where spot has no strike with
    a volatility on one of its sides.
    """
    known = np.isfinite(vol)
    strikes, place = np.unique(strike[known], return_inverse=True)
    if not len(strikes) or not strikes[0] <= spot <= strikes[-1]:
        return None
    means = np.bincount(place, weights=vol[known]) / np.bincount(place)
    return float(np.interp(spot, strikes, means))


def vol_at(years: FloatArray, vol: FloatArray, target: float) -> float | None:
    """Volatility to a moment ``target`` years from now, between expirations linear in total variance vol^2 * years.

    years, vol: shape (n,), ascending, finite. Before the first and after the last expiration its volatility holds. None
    without any.
    """
    if not len(years):
        return None
    nearest = float(np.clip(target, years[0], years[-1]))
    variance = float(np.interp(nearest, years, vol * vol * years))
    return math.sqrt(variance / nearest)


def expected_move(spot: float, vol: float, years: float) -> float:
    """spot * vol * sqrt(years), in price. years: of the clock that vol is quoted on."""
    return spot * vol * math.sqrt(years)


def expected_day_move(spot: float, vol: float, *, part: float = 1.0) -> float:
    """One trading day's move in price, or that of a part of the session, 0 to 1: spot * vol * sqrt(part / 252)."""
    return expected_move(spot, vol, part / TRADING_DAYS)
