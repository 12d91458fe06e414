"""What the open interest of a whole chain says: gamma exposure of its dealers, its walls, zero gamma and max pain.

Dealers are taken to be long every open call and short every open put, so calls count plus and puts count minus. That is
the usual convention and an assumption: open interest does not say who holds which side. Exposure is the dollars of delta
that dealers gain when the underlying rises by one percent; long gamma sells into a rise, short gamma buys into it.
Sources: Perfiliev, How to Calculate Gamma Exposure (GEX) and Zero Gamma Level, for exposure and zero gamma; the
definition of max pain as the settlement at which holders are paid least.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.options import bsm
from domain.options.normal import SQRT_TWO_PI, FloatArray

ONE_PERCENT: Final = 0.01
REACH: Final = 0.20  # zero gamma is looked for this far on both sides of spot, as a fraction of it
GRID_POINTS: Final = 60
NEUTRAL_SHARE: Final = 0.01  # of calls and puts taken without sign: a smaller balance is called neutral
_IN_CACHE: Final = 16_384  # numbers that are worked on at once: 128 KB
_TIE: Final = 1e-12  # of the least payout: sums that differ by rounding only are equal


class DealerPosition(StrEnum):
    LONG_GAMMA = "long gamma"
    SHORT_GAMMA = "short gamma"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, eq=False)
class OpenContracts:
    """Contracts that somebody holds, one array of shape (n,) for each fact, all in the same order.

    sign: +1 calls, -1 puts. strike: quote currency. years: to the expiry moment, of 365 days. vol: implied, a fraction a
    year. weight: contracts open. multiplier: shares that one delivers. expiration: a whole number that names the day, such
    as its ordinal. Raises ValueError where shapes differ, a number is not finite, or strike, years or vol is not positive.
    """

    sign: FloatArray
    strike: FloatArray
    years: FloatArray
    vol: FloatArray
    weight: FloatArray
    multiplier: FloatArray
    expiration: NDArray[np.int64]

    def __post_init__(self) -> None:
        shapes = {getattr(self, field.name).shape for field in fields(self)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ValueError(f"each array needs the same shape (n,), have {sorted(shapes)}")
        for name in ("strike", "years", "vol", "multiplier"):
            values = getattr(self, name)
            if not (np.isfinite(values) & (values > 0.0)).all():
                raise ValueError(f"every {name} must be a number above 0")
        if not (np.isfinite(self.weight) & (self.weight >= 0.0)).all():
            raise ValueError("every weight must be a number of at least 0")
        if not (np.abs(self.sign) == 1.0).all():
            raise ValueError("every sign must be +1 for a call or -1 for a put")

    def __len__(self) -> int:
        return len(self.sign)

    def where(self, mask: NDArray[np.bool_]) -> OpenContracts:
        """Those that the mask, of shape (n,), keeps."""
        return OpenContracts(*(getattr(self, field.name)[mask] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Sums:
    """Exposure of the contracts that share a key, a strike or an expiration. puts is zero or negative."""

    key: float
    calls: float
    puts: float

    @property
    def net(self) -> float:
        return self.calls + self.puts


@dataclass(frozen=True, slots=True)
class GammaProfile:
    """Exposures in dollars for a move of one percent; walls and levels are prices of the underlying.

    call_wall and put_wall are None without calls or puts that have any exposure. zero_levels ascend; empty where the sign
    never changes within reach. strikes and expirations ascend by key.
    """

    spot: float
    calls: float
    puts: float
    position: DealerPosition
    call_wall: float | None
    put_wall: float | None
    zero_levels: tuple[float, ...]
    strikes: tuple[Sums, ...]
    expirations: tuple[Sums, ...]

    @property
    def total(self) -> float:
        return self.calls + self.puts

    @property
    def zero_gamma(self) -> float | None:
        """The level nearest to spot; None where there is none."""
        return min(self.zero_levels, key=lambda level: abs(level - self.spot), default=None)


def gamma_exposure(
    sign: ArrayLike, gamma: ArrayLike, weight: ArrayLike, spot: ArrayLike, *, multiplier: ArrayLike = 100.0
) -> FloatArray:
    """sign * gamma * weight * multiplier * spot^2 * 0.01: dollars of delta for a move of one percent.

    Arguments broadcast. gamma: per 1.00 of spot squared and share; weight: contracts open. NaN where an argument is.
    """
    parts = (sign, gamma, weight, multiplier, spot)
    signs, gammas, open_contracts, shares, price = (np.asarray(part, dtype=np.float64) for part in parts)
    exposure: FloatArray = signs * gammas * open_contracts * shares * price * price * ONE_PERCENT
    return exposure


def exposures(contracts: OpenContracts, spot: ArrayLike, *, rate: float, dividend_yield: float = 0.0) -> FloatArray:
    """Exposure of each contract, gamma by Black-Scholes-Merton at its own volatility.

    spot: a float gives shape (n,), an array of shape (m, 1) gives (m, n).
    """
    gamma = bsm.gamma(spot, contracts.strike, contracts.years, rate, dividend_yield, contracts.vol)
    return gamma_exposure(contracts.sign, gamma, contracts.weight, spot, multiplier=contracts.multiplier)


def total_exposures(
    contracts: OpenContracts, levels: FloatArray, *, rate: float, dividend_yield: float = 0.0
) -> FloatArray:
    """Exposure of all contracts together at each level of the underlying. levels: shape (m,), above 0; so is the result.

    The sums of exposures() to about twelve digits, faster: what does not depend on the level is computed once, and of the
    level only its logarithm enters exp(-d1^2 / 2).
    """
    spread = contracts.vol * np.sqrt(contracts.years)
    drift = (rate - dividend_yield) * contracts.years - np.log(contracts.strike)
    slope = math.sqrt(0.5) / spread
    base = slope * (drift + 0.5 * spread * spread)
    signed = contracts.sign * contracts.weight * contracts.multiplier * np.exp(-dividend_yield * contracts.years)
    each = signed * (ONE_PERCENT / SQRT_TWO_PI) / spread
    found = np.empty_like(levels)
    rows = max(_IN_CACHE // max(len(contracts), 1), 1)
    for start in range(0, len(levels), rows):
        block = levels[start : start + rows]
        bell = np.log(block)[:, None] * slope
        bell += base
        bell *= bell
        np.negative(bell, out=bell)
        np.exp(bell, out=bell)
        found[start : start + rows] = block * (bell @ each)
    return found


def profile(contracts: OpenContracts, spot: float, *, rate: float, dividend_yield: float = 0.0) -> GammaProfile:
    """Everything that the exposures of a chain add up to at this spot. An empty chain adds up to zero."""
    exposure = exposures(contracts, spot, rate=rate, dividend_yield=dividend_yield)
    strikes = sums(contracts.strike, contracts.sign, exposure)
    calls, puts = (float(exposure[contracts.sign == sign].sum()) for sign in (1.0, -1.0))
    highest = max(strikes, key=lambda strike: strike.calls, default=None)
    lowest = min(strikes, key=lambda strike: strike.puts, default=None)
    return GammaProfile(
        spot=spot,
        calls=calls,
        puts=puts,
        position=dealer_position(calls, puts),
        call_wall=highest.key if highest is not None and highest.calls > 0.0 else None,
        put_wall=lowest.key if lowest is not None and lowest.puts < 0.0 else None,
        zero_levels=zero_gamma_levels(contracts, spot, rate=rate, dividend_yield=dividend_yield),
        strikes=strikes,
        expirations=sums(contracts.expiration, contracts.sign, exposure),
    )


def sums(keys: NDArray[Any], sign: FloatArray, exposure: FloatArray) -> tuple[Sums, ...]:
    """Calls and puts added up by key, keys ascending. keys, sign, exposure: shape (n,)."""
    distinct, place = np.unique(keys, return_inverse=True)
    calls, puts = (
        np.asarray(np.bincount(place, weights=np.where(sign == side, exposure, 0.0), minlength=len(distinct)))
        for side in (1.0, -1.0)
    )
    return tuple(map(Sums, map(float, distinct), map(float, calls), map(float, puts)))


def dealer_position(calls: float, puts: float) -> DealerPosition:
    """What the balance of calls and puts (negative) makes of dealers; neutral below a hundredth of both together."""
    net = calls + puts
    if abs(net) <= NEUTRAL_SHARE * (abs(calls) + abs(puts)):
        return DealerPosition.NEUTRAL
    return DealerPosition.LONG_GAMMA if net > 0.0 else DealerPosition.SHORT_GAMMA


def zero_gamma_levels(
    contracts: OpenContracts,
    spot: float,
    *,
    rate: float,
    dividend_yield: float = 0.0,
    reach: float = REACH,
    points: int = GRID_POINTS,
) -> tuple[float, ...]:
    """Prices of the underlying at which the total exposure changes its sign, ascending; there may be none or several.

    Gamma is computed again on ``points`` levels between spot * (1 - reach) and spot * (1 + reach), volatilities and times
    held fixed (sticky strike), and the change is interpolated linearly between two levels.
    """
    levels = np.linspace(spot * (1.0 - reach), spot * (1.0 + reach), points)
    totals = total_exposures(contracts, levels, rate=rate, dividend_yield=dividend_yield)
    return sign_changes(levels, totals)


def sign_changes(levels: FloatArray, totals: FloatArray) -> tuple[float, ...]:
    """Where a curve through these points crosses zero. Both of shape (m,), levels ascending.

    A stretch of zeros between opposite signs counts once, at its middle; zeros between equal signs are no change.
    """
    signed = np.flatnonzero(totals)
    found: list[float] = []
    for left, right in zip(signed[:-1].tolist(), signed[1:].tolist(), strict=True):
        before, after = float(totals[left]), float(totals[right])
        if (before > 0.0) == (after > 0.0):
            continue
        if right == left + 1:
            step = float(levels[right] - levels[left])
            found.append(float(levels[left]) - before * step / (after - before))
        else:
            found.append(0.5 * float(levels[left + 1] + levels[right - 1]))
    return tuple(found)


def max_pain(sign: FloatArray, strike: FloatArray, weight: FloatArray, *, spot: float) -> float | None:
    """The listed strike at which one expiration pays its holders least; of equal ones the nearest to spot.

    sign, strike, weight: shape (n,), of all contracts listed in it, weight in contracts open (0 for those nobody holds),
    each delivering the same number of shares. None where nothing is open.
    """
    if not weight.any():
        return None
    settled = np.unique(strike)
    paid = np.maximum(sign * (settled[:, None] - strike), 0.0) @ weight  # (strikes,)
    least = settled[paid <= float(paid.min()) * (1.0 + _TIE)]
    return float(least[np.argmin(np.abs(least - spot))])


def put_call_ratio(sign: FloatArray, weight: FloatArray) -> float | None:
    """Open puts for each open call; None without open calls. sign, weight: shape (n,)."""
    calls, puts = (float(weight[sign == side].sum()) for side in (1.0, -1.0))
    return puts / calls if calls > 0.0 else None
