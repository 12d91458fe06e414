"""How often the comparison is wrong when there is nothing to find, and how soon it finds what there is.

Every path is one experiment: days of alerts with a paired difference each, B minus A in R, looked at after every day.
Beside it the t-test of the same daily means, asked again every day: what looking every day does to a method made for one
look.

What the promise rests on is that a day's mean difference is fair given the days before. Trades held for days break that,
when one engine holds what the other does not: neighbouring days share a market, and daily observations of them alarm far
too often. The table shows it beside the remedy, which is to take weeks as observations: that leaves little of it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.options.normal import FloatArray
from domain.stats.intervals import two_sided_z
from domain.stats.paired import Cluster
from domain.stats.sequential import Gamblers
from domain.stats.verdict import Verdict

BoolArray = NDArray[np.bool_]

SPREAD: Final = 1.5  # R, standard deviation of one alert's difference in most shapes
WORST: Final = 10.0  # R, heavy tails end here
COMMON: Final = 0.2  # share of an alert's variance that all of its day have in common, where they have
HELD_DAYS: Final = 3
DAYS_OF: Final = {Cluster.DAY: 1, Cluster.WEEK: 5}
LOOKS: Final = 1000
SESSIONS: Final = 250  # of a year
ALERTS: Final = 20  # a day


class Shape(StrEnum):
    """What the difference of one alert looks like when neither engine is better; its mean is zero each time."""

    NORMAL = "normal"
    HEAVY = "heavy"  # Student's t with 3 degrees of freedom, cut off at 10 R
    SKEWED = "skewed"  # like a bought option: -1 R three times in four, +3 R once
    CORRELATED = "correlated"  # normal, a fifth of the variance common to all alerts of the day
    AGREEING = "agreeing"  # seven times in ten both did the same; normal otherwise, as wide as NORMAL overall
    CHANGING = "changing"  # normal, twice as wild on the day after one that went to A
    HELD = "held"  # as CORRELATED, but trades are held for three days and share the market of all three

    @property
    def is_fair(self) -> bool:
        """Whether a day's mean is zero given the days before it, too: what the promise rests on."""
        return self is not Shape.HELD


class Row(NamedTuple):
    """One line of the table. Shares are of all paths, waiting times of those that found the true direction."""

    shape: Shape
    cluster: Cluster  # what one look adds
    effect: float  # R, the true mean of B minus A for one alert
    days: int
    alerts_per_day: int
    paths: int
    bound: float
    alarms: float  # share in which a "better" was proven at any look: without an effect, all of them false
    alarms_error: float  # binomial standard error of that
    a_better: float  # share of verdicts at the end
    b_better: float
    no_difference: float
    not_enough_evidence: float
    mean_days: float | None  # to the verdict for the better engine; None without an effect, or if it was never found
    median_days: float | None
    t_test_alarms: float  # share in which the repeated t-test said "different" at any look


class Referee:
    """The verdicts of ``verdict.judge`` on many experiments at once, one observation of each at a time."""

    def __init__(self, paths: int, *, level: float, bound: float, margin: float, minimum: int) -> None:
        self._above, self._below = (Gamblers([-margin, 0.0], bound, (paths,)) for _ in range(2))
        self._threshold = math.log(2.0 / level)
        self._minimum = minimum  # observations
        self._count = 0
        # Shown at some look: columns are "beyond the margin's far end" and "beyond zero".
        self._up: BoolArray = np.zeros((paths, 2), dtype=np.bool_)
        self._down: BoolArray = np.zeros((paths, 2), dtype=np.bool_)
        self._verdict = np.full(paths, "", dtype=f"<U{max(map(len, Verdict))}")
        self.decided_at: NDArray[np.int64] = np.zeros(paths, dtype=np.int64)  # observations needed; 0 while undecided

    def see(self, means: FloatArray) -> None:
        """means: shape (paths,), of the next day's (or week's) differences."""
        self._count += 1
        self._above.see(means)
        self._below.see(-means)
        self._up |= self._above.log_capital() >= self._threshold
        self._down |= self._below.log_capital() >= self._threshold
        if self._count < self._minimum:
            return
        within = self._up[:, 0] & self._down[:, 0]
        # A path that has its verdict keeps it; of several at one look the first one named holds.
        for verdict, found in (
            (Verdict.B_BETTER, self._up[:, 1]),
            (Verdict.A_BETTER, self._down[:, 1]),
            (Verdict.NO_DIFFERENCE, within),
        ):
            new = found & (self.decided_at == 0)
            self._verdict[new] = verdict
            self.decided_at[new] = self._count

    @property
    def verdicts(self) -> NDArray[np.str_]:
        """Shape (paths,), one of Verdict each."""
        undecided = (self._verdict == "") | (self._up[:, 1] & self._down[:, 1])
        return np.where(undecided, Verdict.NOT_ENOUGH_EVIDENCE.value, self._verdict)

    @property
    def alarmed(self) -> BoolArray:
        """Whether zero was ever excluded, on either side. Shape (paths,)."""
        return self._up[:, 1] | self._down[:, 1]


class RepeatedTTest:
    """The t-test of the mean of all observations so far, asked after every one from the first allowed on."""

    def __init__(self, paths: int, *, level: float, minimum: int) -> None:
        self._level = level
        self._minimum = max(minimum, 2)
        self._count = 0
        self._sum: FloatArray = np.zeros(paths)
        self._squares: FloatArray = np.zeros(paths)
        self.alarmed: BoolArray = np.zeros(paths, dtype=np.bool_)

    def see(self, means: FloatArray) -> None:
        """means: shape (paths,), of the next day's (or week's) differences."""
        self._count += 1
        self._sum += means
        self._squares += means * means
        if self._count < self._minimum:
            return
        n = self._count
        variance = (self._squares - self._sum**2 / n) / (n - 1)
        self.alarmed |= self._sum**2 > variance * n * two_sided_t(self._level, n - 1) ** 2


def two_sided_t(level: float, freedom: int) -> float:
    """Student's t beyond which lies ``level`` on both sides together, to 0.001 from 10 degrees of freedom on at 0.05.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.5, to its third power of 1 / freedom.
    """
    z = two_sided_z(level)
    first = (z**3 + z) / 4.0
    second = (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0
    third = (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0
    return z + first / freedom + second / freedom**2 + third / freedom**3


def differences(
    shape: Shape, effect: float, *, seed: int, days: int, alerts_per_day: int, paths: int = 1
) -> Iterator[FloatArray]:
    """Drawn differences B minus A in R, day by day: each of shape (paths, alerts_per_day), with mean ``effect``."""
    generator = np.random.Generator(np.random.PCG64(seed))
    market = generator.normal(size=(HELD_DAYS, paths))  # one shock a day, the latest last
    yesterday = np.zeros(paths)
    for _ in range(days):
        market = np.vstack([market[1:], generator.normal(size=(1, paths))])
        noise = _noise(shape, generator, (paths, alerts_per_day), market, yesterday)
        yesterday = noise.mean(axis=1)
        yield noise + effect


def simulate(
    shape: Shape,
    effect: float,
    *,
    seed: int,
    days: int = LOOKS,
    alerts_per_day: int = ALERTS,
    paths: int = 2000,
    level: float = 0.05,
    bound: float = 1.5,
    margin: float = 0.05,
    minimum_days: int = 20,
    cluster: Cluster = Cluster.DAY,
) -> Row:
    """Run that many experiments with a true mean difference of ``effect`` and count their verdicts. The rest as in Terms.

    The default bound is four and a half standard deviations of a day's mean of twenty alerts. A week has five days.
    """
    span = DAYS_OF[cluster]
    minimum = math.ceil(minimum_days / span)
    referee = Referee(paths, level=level, bound=bound, margin=margin, minimum=minimum)
    t_test = RepeatedTTest(paths, level=level, minimum=minimum)
    drawn = differences(shape, effect, seed=seed, days=days // span * span, alerts_per_day=alerts_per_day, paths=paths)
    means = (day.mean(axis=1) for day in drawn)
    for first in means:
        observed = (first + sum(itertools.islice(means, span - 1))) / span
        referee.see(observed)
        t_test.see(observed)
    found = referee.verdicts == (Verdict.B_BETTER if effect > 0 else Verdict.A_BETTER)
    waits = referee.decided_at[found] * span if effect else np.empty(0)
    alarms = float(referee.alarmed.mean())
    return Row(
        shape=shape,
        cluster=cluster,
        effect=effect,
        days=days,
        alerts_per_day=alerts_per_day,
        paths=paths,
        bound=bound,
        alarms=alarms,
        alarms_error=math.sqrt(alarms * (1.0 - alarms) / paths),
        a_better=_share(referee, Verdict.A_BETTER),
        b_better=_share(referee, Verdict.B_BETTER),
        no_difference=_share(referee, Verdict.NO_DIFFERENCE),
        not_enough_evidence=_share(referee, Verdict.NOT_ENOUGH_EVIDENCE),
        mean_days=float(waits.mean()) if len(waits) else None,
        median_days=float(np.median(waits)) if len(waits) else None,
        t_test_alarms=float(t_test.alarmed.mean()),
    )


def false_alarms(*, seed: int, days: int = LOOKS, paths: int = 2000) -> tuple[Row, ...]:
    """The table without an effect: every alarm in it is false.

    One row for each shape, and a second one for trades held for days: they are outside of the promise, far when every day
    is an observation, and hardly by weeks.
    """
    settings = [(shape, Cluster.DAY, 1.5) for shape in Shape]
    settings.append((Shape.HELD, Cluster.WEEK, 1.0))
    return tuple(
        simulate(shape, 0.0, seed=seed, days=days, paths=paths, cluster=cluster, bound=bound)
        for shape, cluster, bound in settings
    )


def detections(
    *, seed: int, effects: Sequence[float] = (0.05, 0.1, 0.2), days: int = SESSIONS, paths: int = 2000
) -> tuple[Row, ...]:
    """The table with B truly better by each effect, one row for each shape and effect, those of held trades by weeks."""
    return tuple(
        simulate(shape, effect, seed=seed, days=days, paths=paths, cluster=cluster, bound=bound)
        for shape in Shape
        for cluster, bound in [(Cluster.WEEK, 1.0) if shape is Shape.HELD else (Cluster.DAY, 1.5)]
        for effect in effects
    )


def _share(referee: Referee, verdict: Verdict) -> float:
    return float((referee.verdicts == verdict.value).mean())


def _noise(
    shape: Shape,
    generator: np.random.Generator,
    size: tuple[int, int],
    market: FloatArray,
    yesterday: FloatArray,
) -> FloatArray:
    """Differences of one day without an effect, in R.

    size: paths, alerts. market: shape (HELD_DAYS, paths), standard normal. yesterday: shape (paths,), mean noise then.
    """
    match shape:
        case Shape.HEAVY:
            tails = generator.standard_t(3.0, size) * (SPREAD / math.sqrt(3.0))  # t with 3 has variance 3
            return np.clip(tails, -WORST, WORST)
        case Shape.SKEWED:
            return np.where(generator.random(size) < 0.25, 3.0, -1.0)
        case Shape.CORRELATED | Shape.HELD:
            common = market[-1] if shape is Shape.CORRELATED else market.sum(axis=0) / math.sqrt(HELD_DAYS)
            own = generator.normal(0.0, SPREAD * math.sqrt(1.0 - COMMON), size)
            return np.asarray(SPREAD * math.sqrt(COMMON) * common[:, None] + own)
        case Shape.AGREEING:
            differing = generator.random(size) < 0.3
            return np.where(differing, generator.normal(0.0, SPREAD / math.sqrt(0.3), size), 0.0)
        case Shape.CHANGING:
            wildness = np.where(yesterday < 0.0, 2.0, 1.0)
            return generator.normal(0.0, SPREAD, size) * wildness[:, None]
    return generator.normal(0.0, SPREAD, size)
