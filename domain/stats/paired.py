"""Two engines on the same alert: what each made of it, subtracted, and gathered by day.

Taking the difference removes what both shared, the market's day above all; zero for "did not trade" makes a skipped loss
count for the engine that skipped it. Signals of one day move together, so a day, not a signal, is one observation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Pair:
    """One alert both engines saw, with each one's outcome in one unit (R, return or money); 0.0 for not trading.

    day: the session of the alert, not of the exit. at: when the alert came. Raises ValueError for an outcome that is not
    a finite number.
    """

    day: date
    at: datetime
    a: float
    b: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.a) and math.isfinite(self.b)):
            raise ValueError(f"outcomes {self.a} and {self.b} of the alert at {self.at} are not numbers")

    @property
    def difference(self) -> float:
        """B minus A: above zero B did better."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One alert both engines saw, of which a trade may still be open: then its outcome is None."""

    day: date
    at: datetime
    a: float | None
    b: float | None


class Cluster(StrEnum):
    """What makes one observation. Take weeks when trades are held for days: then neighbouring days share a market."""

    DAY = "day"
    WEEK = "week"

    def start(self, day: date) -> date:
        """The first date of that day's observation: itself, or the Monday of its week."""
        return day if self is Cluster.DAY else day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Observation:
    """Mean difference B minus A of one day's (or week's) signals."""

    first: date  # of its days with a signal
    last: date
    days: int  # with a signal
    signals: int
    mean: float


def settled(signals: Iterable[Outcomes], *, today: date, cluster: Cluster = Cluster.DAY) -> tuple[Pair, ...]:
    """The pairs of all days (or weeks) that are over before ``today`` and before the first with an open trade, oldest first.

    A day is not counted in parts and not out of turn: losers are closed sooner than winners, so whatever is closed first
    is no fair sample of its day, nor is a day that is settled early a fair sample of days. A trade that would hold up all
    others may come with its mark at an age fixed beforehand, for both engines alike.
    """
    rows = sorted(signals, key=lambda signal: (signal.day, signal.at))
    unfinished = [cluster.start(row.day) for row in rows if row.a is None or row.b is None]
    end = min([cluster.start(today), *unfinished])
    return tuple(
        Pair(row.day, row.at, row.a, row.b) for row in rows if row.day < end and row.a is not None and row.b is not None
    )


def observations(pairs: Iterable[Pair], cluster: Cluster = Cluster.DAY) -> tuple[Observation, ...]:
    """Mean difference of each day or week that has a pair, oldest first; every one weighs the same, however many signals."""
    gathered: dict[date, list[Pair]] = {}
    for pair in pairs:
        gathered.setdefault(cluster.start(pair.day), []).append(pair)
    return tuple(_observation(gathered[start]) for start in sorted(gathered))


def mean_difference(pairs: Sequence[Pair]) -> float | None:
    """B minus A for one signal on average, every signal weighing the same; None without any."""
    return math.fsum(pair.difference for pair in pairs) / len(pairs) if pairs else None


def _observation(pairs: Sequence[Pair]) -> Observation:
    days = {pair.day for pair in pairs}
    # fsum: the order of a day's signals must not show in the last digit.
    mean = math.fsum(pair.difference for pair in pairs) / len(pairs)
    return Observation(min(days), max(days), len(days), len(pairs), mean)
