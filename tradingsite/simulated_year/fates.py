"""What each alert would bring, and whether engine B enters it: drawn so that the mean difference is known exactly.

Engine A enters every alert. Engine B leaves out some, and with an edge rather those that lose:

    mean(B - A) = (p_win - p_lose) * E[R; R > 0]      because E[R] = 0

p_win and p_lose: share of the winners and of the losers that B enters. A trade pays like a bought option: stopped at -1 R,
or bled to less than that, or a gain without bound (Lomax with shape 3: the fourth moment is infinite). The trades of a day
have a part of their luck in common (a Gaussian copula), so that they are no independent observations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.options.normal import FloatArray, cumulative

STOPPED: Final = 0.45  # share of trades that end at -1 R
BLED: Final = 0.15  # share that end between -0.5 R and nothing, evenly
SHAPE: Final = 3.0  # of the gains' tail
GAIN: Final = STOPPED * 1.0 + BLED * 0.25  # R an alert, of the winners alone; the losers cost as much: the mean is zero
SCALE: Final = GAIN * (SHAPE - 1.0) / (1.0 - STOPPED - BLED)
ENTERS: Final = 0.6  # share of alerts that engine B enters, without an edge
COMMON: Final = 0.2  # share of the variance behind the luck that all trades of a day have in common
LARGEST_EDGE: Final = 2.0 * (1.0 - ENTERS) * GAIN


class Fate(NamedTuple):
    """One alert: what a trade on it brings in R, and whether engine B makes it."""

    r: float
    b_enters: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """edge: the true mean of B minus A for one alert, R. Raises ValueError for one that this model has not."""

    edge: float
    seed: int = 1
    sessions: int = 250
    alerts: int = 20  # of a session

    def __post_init__(self) -> None:
        if not abs(self.edge) <= LARGEST_EDGE:
            raise ValueError(f"an edge of {self.edge} R is beyond {LARGEST_EDGE:.2f} R, all that leaving out can bring")
        if self.sessions < 1 or self.alerts < 1:
            raise ValueError(f"{self.sessions} sessions of {self.alerts} alerts are no year")
        if self.seed < 0:
            raise ValueError(f"a seed of {self.seed} is below 0")

    def days(self) -> list[list[Fate]]:
        """The fates of every alert, by session. The same plan gives the same ones."""
        random = np.random.default_rng(self.seed)
        return [self._day(random) for _ in range(self.sessions)]

    def _day(self, random: np.random.Generator) -> list[Fate]:
        common, own = random.standard_normal(), random.standard_normal(self.alerts)
        luck = cumulative(np.sqrt(COMMON) * common + np.sqrt(1.0 - COMMON) * own)
        results = payoff(luck)
        tilt = self.edge / (2.0 * GAIN)
        entered: NDArray[np.bool_] = random.random(self.alerts) < ENTERS + np.where(results > 0.0, tilt, -tilt)
        return [Fate(float(r), bool(b)) for r, b in zip(results, entered, strict=True)]


def payoff(luck: FloatArray) -> FloatArray:
    """R of a trade by its luck, 0 to 1: the quantile function. Never below -1, rising, of mean zero."""
    bled = -0.5 * (1.0 - (luck - STOPPED) / BLED)
    lost = STOPPED + BLED
    worst = 1.0 - np.clip(luck - lost, 0.0, None) / (1.0 - lost)
    gained = SCALE * (np.maximum(worst, 1e-12) ** (-1.0 / SHAPE) - 1.0)
    return np.where(luck < STOPPED, -1.0, np.where(luck < lost, bled, gained))
