"""Inference on the mean of bounded observations that holds at every look, so that looking every day is allowed.

Testing by betting. To doubt "the mean is at most m", a gambler starts with 1 and puts a fixed fraction f of his capital on
every observation x in [-bound, bound], which multiplies it by 1 - f + f * (x + bound) / (m + bound). As long as the mean
of each observation given those before it is at most m, that factor is at most 1 on average: his capital is a non-negative
supermartingale and reaches 1/q with probability q at most, at whatever look (Ville's inequality). The capital shared out
beforehand over several fractions is one as well, and it grows about as fast as that of the best of them: no variance has to
be known or estimated. The observations need not be independent, nor alike; but each has to be fair given those before it,
which daily results of trades held for several days are not (``simulation`` shows what that costs, and how far weeks mend it).

The mean from below: the values m whose gambler has reached 2/level are rejected, and they form an interval, since his
capital falls when m rises. The mean from above: the same with all signs turned. Both together miss a constant mean at
any look with probability ``level`` at most. The capital against zero is an e-value: 20 is what one chance in twenty gives.

An observation outside the bound is clipped to it, and all of this is about the mean of the clipped observations. The
bound has to be declared before the first one; a wider one clips less and needs more days.

Sources: Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, JRSS B 86 (2024); Cover,
Universal portfolios, Mathematical Finance 1 (1991), for the mixture; Ryu and Bhatt, On confidence sequences for bounded
random processes via universal gambling strategies, IEEE Transactions on Information Theory (2024); Ville, Étude critique
de la notion de collectif (1939).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from domain.options.normal import FloatArray
from domain.stats.intervals import check_level
from domain.stats.paired import Observation

# The best fraction is about mean * bound / variance, which nobody knows beforehand; with a step of 1.7 one of these is
# within a factor of 1.3 of it, and that one grows at 91 % of the best speed or more. The bolder ones get more to bet with,
# in proportion: what can be shown within a year is shown by them, a fifth sooner than with equal shares.
FRACTIONS: Final[FloatArray] = np.geomspace(0.06, 0.95, 6)
SHARES: Final[FloatArray] = FRACTIONS / FRACTIONS.sum()  # of the capital
STEPS: Final = 1000  # values of the mean between zero and the bound at which the interval may end
OUTERMOST: Final = 1.0 - 1.0 / STEPS  # share of the bound; nearer to it the odds would grow beyond measure
FOLD_EVERY: Final = 50  # factors from 0.05 to 2000 whose product a float holds; taking each one's logarithm is slow
LARGEST_LOG: Final = 690.0  # an e-value is shown up to 1e299, short of what a float cannot hold


class Gamblers:
    """One gambler for each of several values, each betting that the mean lies above his; many series at once.

    values: shape (k,), at most 0.999 of the bound away from zero. series: shape s of one observation of all series, ()
    for a single one; the capital has shape s + (k,). Raises ValueError for values outside.
    """

    def __init__(self, values: ArrayLike, bound: float, series: tuple[int, ...] = ()) -> None:
        doubted = np.asarray(values, dtype=np.float64)
        if not np.all(np.abs(doubted) <= bound * OUTERMOST):
            raise ValueError(
                f"means to doubt from {doubted.min()} to {doubted.max()} are too near the bound of {bound}"
            )
        # Fractions come first in all arrays: adding up along a short last axis is five times slower.
        fractions, self._shares = (column.reshape(-1, *(1,) * len(series), 1) for column in (FRACTIONS, SHARES))
        self._bound = bound
        self._kept = 1.0 - fractions
        self._odds = fractions / (doubted + bound)
        self._logs: FloatArray = np.zeros((len(FRACTIONS), *series, len(doubted)))  # up to the last fold
        self._gains: FloatArray = np.ones_like(self._logs)  # since then
        self._count = 0
        self._weigh()

    def see(self, observed: ArrayLike) -> None:
        """observed: shape s; clipped to the bound."""
        paid = np.clip(np.asarray(observed, dtype=np.float64), -self._bound, self._bound) + self._bound
        self._gains *= self._kept + paid[..., None] * self._odds
        self._count += 1
        if self._count % FOLD_EVERY == 0:
            self._logs += np.log(self._gains)
            self._gains.fill(1.0)
            self._weigh()

    def log_capital(self) -> FloatArray:
        """Natural logarithm of each one's capital, shape s + (k,); all zero before the first observation."""
        return np.asarray(self._largest + np.log((self._weights * self._gains).sum(axis=0)))

    def _weigh(self) -> None:
        self._largest: FloatArray = self._logs.max(axis=0)
        self._weights: FloatArray = self._shares * np.exp(self._logs - self._largest)


class ConfidenceSequence:
    """The interval that a constant mean leaves at any look with probability ``level`` at most.

    level: between 0 and 1, half of it for each side. bound: above 0, in the unit of the observations. The interval is
    open and only ever shrinks: what was rejected once stays rejected. Raises ValueError.
    """

    def __init__(self, *, level: float, bound: float) -> None:
        check_level(level)
        if not (math.isfinite(bound) and bound > 0.0):
            raise ValueError(f"a bound of {bound} is not above 0")
        self.level = level
        self.bound = bound
        self.count = 0
        self.clipped = 0  # of them
        self._sum = 0.0
        self._grid = bound * np.arange(1 - STEPS, STEPS) / STEPS  # symmetric, with zero in its middle
        self._above, self._below = Gamblers(self._grid, bound), Gamblers(self._grid, bound)
        self._lower = self._negated_upper = -bound
        self._log_e_positive = self._log_e_negative = 0.0

    def update(self, observed: float) -> None:
        """See one more observation, clipped to the bound. Raises ValueError for one that is not a finite number."""
        if not math.isfinite(observed):
            raise ValueError(f"an observation of {observed} is not a number")
        self.count += 1
        self.clipped += abs(observed) > self.bound
        self._sum += min(max(observed, -self.bound), self.bound)
        self._lower, self._log_e_positive = self._bet(self._above, observed, self._lower)
        self._negated_upper, self._log_e_negative = self._bet(self._below, -observed, self._negated_upper)

    @property
    def mean(self) -> float:
        """Of the observations so far, clipped; NaN before the first."""
        return self._sum / self.count if self.count else math.nan

    @property
    def lower(self) -> float:
        """Largest value that the mean has been shown to lie above; -bound while there is none."""
        return self._lower

    @property
    def upper(self) -> float:
        """Smallest value that the mean has been shown to lie below. Under ``lower`` if the mean was not constant."""
        return -self._negated_upper

    @property
    def is_positive(self) -> bool:
        """Zero and everything below it is rejected: the mean is positive."""
        return self.lower >= 0.0

    @property
    def is_negative(self) -> bool:
        """Zero and everything above it is rejected: the mean is negative."""
        return self.upper <= 0.0

    def within(self, margin: float) -> bool:
        """Whether everything outside -margin to margin is rejected."""
        return self.lower >= -margin and self.upper <= margin

    @property
    def e_positive(self) -> float:
        """Evidence now against "the mean is zero or less"."""
        return math.exp(min(self._log_e_positive, LARGEST_LOG))

    @property
    def e_negative(self) -> float:
        """Evidence now against "the mean is zero or more"."""
        return math.exp(min(self._log_e_negative, LARGEST_LOG))

    def _bet(self, gamblers: Gamblers, observed: float, rejected: float) -> tuple[float, float]:
        """The last value rejected so far, which was ``rejected`` before, and the log capital against zero."""
        gamblers.see(observed)
        capital = gamblers.log_capital()
        # It falls along the grid, so the rejected values are its beginning.
        count = int(np.count_nonzero(capital >= math.log(2.0 / self.level)))
        return max(rejected, float(self._grid[count - 1]) if count else -self.bound), float(capital[STEPS - 1])


@dataclass(frozen=True, slots=True)
class Look:
    """What was known after an observation, in the unit of the observations."""

    on: date  # last day of the observation
    observations: int  # so far, this one included, and so are the next four
    days: int
    signals: int
    clipped: int
    mean: float  # of the clipped observations
    lower: float
    upper: float
    e_positive: float
    e_negative: float
    positive: bool  # zero lies below the interval
    negative: bool  # zero lies above the interval
    within_margin: bool


def looks(seen: Iterable[Observation], *, level: float, bound: float, margin: float) -> tuple[Look, ...]:
    """One look after every observation, oldest first: the confidence sequence as a curve. Raises ValueError."""
    sequence = ConfidenceSequence(level=level, bound=bound)
    found: list[Look] = []
    days = signals = 0
    for one in seen:
        sequence.update(one.mean)
        days += one.days
        signals += one.signals
        look = Look(
            on=one.last,
            observations=sequence.count,
            days=days,
            signals=signals,
            clipped=sequence.clipped,
            mean=sequence.mean,
            lower=sequence.lower,
            upper=sequence.upper,
            e_positive=sequence.e_positive,
            e_negative=sequence.e_negative,
            positive=sequence.is_positive,
            negative=sequence.is_negative,
            within_margin=sequence.within(margin),
        )
        found.append(look)
    return tuple(found)
