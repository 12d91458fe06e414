"""Black's formula solved for volatility, on arrays of normalised out-of-the-money prices.

With x = -|log(forward / strike)| <= 0 and the total volatility s = vol * sqrt(years), an out-of-the-money price divided by
the square root of discounted forward times discounted strike is

    b(s) = exp(x/2) N(x/s + s/2) - exp(-x/2) N(x/s - s/2),    0 < b < exp(x/2).

b turns from convex to concave at s = sqrt(2 |x|). Below that b itself is the well-conditioned quantity, above it what
remains to exp(x/2); the logarithm of either is nearly a parabola, on which Householder steps gain four times as many
digits each. Sources: Jaeckel, Let's Be Rational, Wilmott 2015, for the normalisation, the two branches and the steps;
Stefanica and Radoicic, An Explicit Implied Volatility Formula, 2017, for the first guess.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.options.normal import LAST_TAIL, SQRT_TWO_PI, FloatArray, scaled_tail

_POLYA: Final = 2.0 / math.pi
_NEAR: Final = 1e-4  # relative: after a step as short as this the next one would be below a rounding
_SHY: Final = 0.999  # of a bound, so that its rounding cannot shut the root out
_ROUNDS: Final = 60  # two or three are usual; bisection alone would need 53


@dataclass(slots=True)
class _Search:
    """What is looked for, all of shape (n,). side: -1 below the turn, +1 above it. target: a logarithm."""

    moneyness: FloatArray
    side: FloatArray
    target: FloatArray
    low: FloatArray
    high: FloatArray
    total: FloatArray

    def kept(self, mask: NDArray[np.bool_]) -> _Search:
        fields = (self.moneyness, self.side, self.target, self.low, self.high, self.total)
        return _Search(*(field[mask] for field in fields))


def total_volatility(value: FloatArray, remainder: FloatArray, log_moneyness: FloatArray) -> FloatArray:
    """s at which b(s) is ``value``, to about 1e-15 where the arguments are exact.

    value: b, above 0. remainder: exp(-|log_moneyness| / 2) - value, above 0, given beside it because each is exact where
    the other has lost its digits. log_moneyness: of the forward against the strike, finite, either sign. All of shape (n,).
    """
    with np.errstate(all="ignore"):
        search = _started(value, remainder, np.abs(log_moneyness))
        found, left = search.total, np.arange(value.size)
        for _ in range(_ROUNDS):  # pragma: no branch  (a bound that is never reached)
            stepped = search.total + _householder(search)
            inside = (stepped >= search.low) & (stepped <= search.high)
            if not inside.all():  # NaN is not inside either
                stepped = np.where(inside, stepped, 0.5 * (search.low + search.high))
            unsettled = ~(np.abs(stepped - search.total) <= _NEAR * stepped)
            found[left] = search.total = stepped
            if not unsettled.any():
                break
            search, left = search.kept(unsettled), left[unsettled]
    return found


def _started(value: FloatArray, remainder: FloatArray, moneyness: FloatArray) -> _Search:
    most = np.exp(-0.5 * moneyness)
    turn = np.sqrt(2.0 * moneyness)
    below = value <= most * (0.5 - scaled_tail(turn))
    side = 1.0 - 2.0 * below.astype(np.float64)
    steepest = _SHY * SQRT_TWO_PI * value  # b rises by at most 1 / sqrt(2 pi)
    low = np.maximum(np.maximum(turn * ~below, moneyness / LAST_TAIL), steepest)
    high = turn + LAST_TAIL * (side > 0.0)
    guess = _guess(value * most, remainder * most, moneyness, side)
    target = np.log(np.where(below, value, remainder))
    total = np.fmin(np.fmax(guess, low), high)  # a guess that is NaN becomes the lower end
    return _Search(moneyness, side, target, low, high, total)


def _guess(value: FloatArray, remainder: FloatArray, moneyness: FloatArray, side: FloatArray) -> FloatArray:
    """Within some percent of the root: Polya's approximation of the normal distribution, inverted in closed form.

    value, remainder: in units of the larger of discounted forward and discounted strike.
    """
    ratio = np.exp(-moneyness)  # of the smaller to the larger
    narrow = np.exp((_POLYA - 1.0) * moneyness)  # ratio ** (1 - 2 / pi)
    wide = ratio / narrow
    squared = 2.0 * value + 1.0 - ratio
    squared *= squared
    a = (narrow - 1.0 / narrow) ** 2
    b = 4.0 * (wide + 1.0 / wide) - 2.0 / ratio * (narrow + 1.0 / narrow) * (ratio * ratio + 1.0 - squared)
    c = 16.0 * value * (value + 1.0 - ratio) * remainder * (1.0 + value) / (ratio * ratio)
    gamma = -0.5 * math.pi * np.log(2.0 * c / (b + np.sqrt(b * b + 4.0 * a * c)))
    guess: FloatArray = np.sqrt(gamma + moneyness) + side * np.sqrt(np.maximum(gamma - moneyness, 0.0))
    return guess


def _householder(search: _Search) -> FloatArray:
    """The step of third order from search.total to the root; narrows search.low and search.high on the way.

    Both logarithms are of exp(-(h^2 + t^2) / 2) times a sum of scaled tails, so that no exponential is left in them.
    """
    total, side = search.total, search.side
    h, t = search.moneyness / total, 0.5 * total
    width = scaled_tail(h + t)
    width *= side
    width += scaled_tail(np.abs(h - t))
    hh, tt = h * h, t * t
    error = np.log(width) - 0.5 * (hh + tt) - search.target
    over = error * side < 0.0
    search.low = np.maximum(search.low, total * ~over)  # arithmetic, because a random mask is slow
    search.high = np.minimum(search.high, total / over)
    width *= SQRT_TWO_PI
    slope = -side / width  # of the logarithm, in total volatility
    newton = -error / slope
    second = (hh - tt) / total  # second to first derivative of b
    third = second * second - 3.0 * hh / (total * total) - 0.25
    ratio2 = second - slope
    ratio3 = third - 3.0 * slope * second + 2.0 * slope * slope
    step: FloatArray = newton * (1.0 + 0.5 * ratio2 * newton) / (1.0 + newton * (ratio2 + ratio3 * newton / 6.0))
    return step
