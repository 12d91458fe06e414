"""What Black-Scholes-Merton needs of a batch of contracts, computed once for prices and Greeks alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from domain.options.normal import LAST_TAIL, FloatArray, scaled_tail


@dataclass(frozen=True, slots=True)
class Terms:
    """Arrays that broadcast together. spread has the whole shape and is NaN where there is no price.

    Methods raise floating-point warnings for such rows unless numpy is told to be silent.
    """

    sign: FloatArray
    spot: FloatArray
    years: FloatArray
    root_years: FloatArray
    carried: FloatArray  # spot discounted by the dividend yield
    discounted: FloatArray  # strike discounted by the rate
    log_moneyness: FloatArray  # of the forward against the strike
    spread: FloatArray  # volatility times the square root of time

    def d1(self) -> FloatArray:
        return self.log_moneyness / self.spread + 0.5 * self.spread

    def bell(self, d1: FloatArray) -> FloatArray:
        """carried * exp(-d1^2 / 2), which is discounted * exp(-d2^2 / 2) too."""
        return self.carried * np.exp(-0.5 * d1 * d1)

    def legs(self, sign: FloatArray, d1: FloatArray, bell: FloatArray) -> tuple[FloatArray, FloatArray]:
        """carried * N(sign * d1) and discounted * N(sign * d2): what is received and what is paid when exercised."""
        return _share(self.carried, sign * d1, bell), _share(self.discounted, sign * (d1 - self.spread), bell)


def prepared(
    right_sign: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend_yield: ArrayLike,
    vol: ArrayLike,
) -> Terms:
    """Units as in ``domain.options.bsm``. Call it with numpy's floating-point warnings off."""
    parts = (right_sign, spot, strike, years, rate, dividend_yield, vol)
    sign, s, k, t, r, q, sigma = (np.asarray(part, dtype=np.float64) for part in parts)
    carried, discounted, root = s * np.exp(-q * t), k * np.exp(-r * t), np.sqrt(t)
    moneyness, spread = np.log(carried / discounted), sigma * root
    valid = (np.abs(sign) == 1.0) & (s > 0.0) & np.isfinite(moneyness) & (spread > 0.0) & np.isfinite(spread)
    return Terms(sign, s, t, root, carried, discounted, moneyness, np.where(valid, spread, np.nan))


def _share(whole: FloatArray, d: FloatArray, bell: FloatArray) -> FloatArray:
    """whole * N(d), where bell is whole * exp(-d^2 / 2)."""
    tail = scaled_tail(np.minimum(np.abs(d), LAST_TAIL))
    tail *= bell
    rest = whole - 2.0 * tail
    rest *= d > 0.0
    rest += tail
    return rest
