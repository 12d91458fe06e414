"""Bootstrap intervals by day: whole days are drawn with replacement, since what happens within one is not independent.

Intervals for one look at a fixed sample, to be shown beside a figure. For looking every day there is ``sequential``.
Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 14; Cameron, Gelbach and Miller,
Bootstrap-based improvements for inference with clustered errors, Review of Economics and Statistics 90 (2008).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import NormalDist
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.options.normal import FloatArray
from domain.stats.intervals import Interval, check_level
from domain.stats.trades import Trade

RESAMPLES: Final = 2000
ENOUGH_DAYS: Final = 10  # fewer cannot show how days differ
_TINY: Final = 1e-9


class OfOneDay(Protocol):
    @property
    def day(self) -> date: ...


T = TypeVar("T", bound=OfOneDay)


class Method(StrEnum):
    """How resampled values become an interval. BCa corrects for bias and for an error that changes with the value."""

    PERCENTILE = "percentile"
    BCA = "bca"


def by_day(rows: Iterable[T]) -> tuple[tuple[T, ...], ...]:
    """Trades or pairs gathered by their day, oldest day first."""
    days: dict[date, list[T]] = {}
    for row in rows:
        days.setdefault(row.day, []).append(row)
    return tuple(tuple(days[day]) for day in sorted(days))


def interval(
    rows: Iterable[T],
    statistic: Callable[[Sequence[T]], float | None],
    *,
    seed: int,
    level: float = 0.05,
    resamples: int = RESAMPLES,
    method: Method = Method.BCA,
) -> Interval | None:
    """Interval of any figure of trades or pairs, in its unit; None below ten days or where it has no value.

    statistic: of rows in day order, each drawn day's one after the other, duplicates included; resamples in which it is
    None are left out. For a mean there is ``mean_interval``, which is a thousand times faster. Raises ValueError.
    """
    days = by_day(rows)
    _check(level, resamples)
    observed = statistic(_joined(days)) if len(days) >= ENOUGH_DAYS else None
    if observed is None:
        return None
    drawn = _draws(len(days), resamples, seed)
    values = _numbers(statistic(_joined([days[place] for place in row])) for row in drawn.tolist())
    left_out = (
        _numbers(statistic(_joined(days[:one] + days[one + 1 :])) for one in range(len(days)))
        if method is Method.BCA
        else np.empty(0)
    )
    return _interval(observed, values, left_out, level=level, method=method)


def ratio_interval(
    parts: Sequence[float],
    wholes: Sequence[float],
    days: Sequence[date],
    *,
    seed: int,
    level: float = 0.05,
    resamples: int = RESAMPLES,
    method: Method = Method.BCA,
) -> Interval | None:
    """Interval of sum(parts) / sum(wholes): a share, or a profit factor of gains and losses; None below ten days.

    parts, wholes, days: shape (n,), the day each belongs to; wholes 0 or more. Without any whole there is no ratio, so
    samples and resamples of none are left out. Raises ValueError.
    """
    _check(level, resamples)
    _, place = np.unique(np.array([day.toordinal() for day in days], dtype=np.int64), return_inverse=True)
    above = np.bincount(place, weights=np.asarray(parts, dtype=np.float64))  # (d,)
    below = np.bincount(place, weights=np.asarray(wholes, dtype=np.float64))
    if len(above) < ENOUGH_DAYS or not below.any():
        return None
    drawn = _draws(len(above), resamples, seed)
    return _interval(
        float(above.sum() / below.sum()),
        _quotients(above[drawn].sum(axis=1), below[drawn].sum(axis=1)),
        _quotients(above.sum() - above, below.sum() - below),
        level=level,
        method=method,
    )


def mean_interval(
    values: Sequence[float],
    days: Sequence[date],
    *,
    seed: int,
    level: float = 0.05,
    resamples: int = RESAMPLES,
    method: Method = Method.BCA,
) -> Interval | None:
    """Interval of the mean of values, each weighing the same, in their unit; None below ten days.

    values, days: shape (n,), the day each belongs to. Raises ValueError.
    """
    return ratio_interval(values, [1.0] * len(values), days, seed=seed, level=level, resamples=resamples, method=method)


@dataclass(frozen=True, slots=True)
class PerformanceIntervals:
    """By day, of the figures in Performance of the same names and units; None below ten days."""

    win_rate: Interval | None
    mean_return: Interval | None
    mean_r: Interval | None
    expectancy: Interval | None
    profit_factor: Interval | None  # None too without a loss; resamples of days without one are left out


def performance_intervals(trades: Sequence[Trade], *, seed: int, level: float = 0.05) -> PerformanceIntervals:
    """What the figures of these trades are worth when trades of one day are not independent. Raises ValueError.

    Wider than Wilson's interval of the win rate where they move together. The same seed gives the same days drawn.
    """
    days = [trade.day for trade in trades]

    def mean(values: Iterable[float]) -> Interval | None:
        return mean_interval(list(values), days, seed=seed, level=level)

    profits = [float(trade.pnl) for trade in trades]
    gains, losses = [max(profit, 0.0) for profit in profits], [max(-profit, 0.0) for profit in profits]
    return PerformanceIntervals(
        win_rate=mean(float(profit > 0.0) for profit in profits),
        mean_return=mean(trade.return_on_cost for trade in trades),
        mean_r=mean(trade.r for trade in trades),
        expectancy=mean(profits),
        profit_factor=ratio_interval(gains, losses, days, seed=seed, level=level),
    )


def _interval(
    observed: float, values: FloatArray, left_out: FloatArray, *, level: float, method: Method
) -> Interval | None:
    """values: shape (resamples,). left_out: shape (d,), the figure without each day, for BCa."""
    if not len(values):
        return None
    low, high = level / 2.0, 1.0 - level / 2.0
    if method is Method.BCA:
        low, high = _corrected(observed, values, left_out, (low, high))
    ends = np.quantile(values, [low, high])
    return Interval(float(ends[0]), float(ends[1]))


def _corrected(
    observed: float, values: FloatArray, left_out: FloatArray, shares: tuple[float, float]
) -> tuple[float, float]:
    """Shares of the resampled values at which the BCa interval ends. Efron and Tibshirani, (14.10), (14.14), (14.15)."""
    normal = NormalDist()
    # Equal values count half, or a figure of few distinct values would be taken for a biased one; equal but for rounding.
    reach = _TINY * float(np.abs(values).max())
    below = (np.mean(values < observed - reach) + np.mean(values <= observed + reach)) / 2.0
    half = 0.5 / len(values)
    bias = normal.inv_cdf(min(max(float(below), half), 1.0 - half))
    influence = left_out.mean() - left_out if len(left_out) else left_out
    scale = float(np.sum(influence**2)) ** 1.5
    acceleration = float(np.sum(influence**3)) / (6.0 * scale) if scale else 0.0

    def moved(share: float) -> float:
        z = bias + normal.inv_cdf(share)
        return normal.cdf(bias + z / max(1.0 - acceleration * z, _TINY))  # at zero and below the share is 0 or 1

    return moved(shares[0]), moved(shares[1])


def _quotients(above: FloatArray, below: FloatArray) -> FloatArray:
    # What is left of sums after subtraction may be a rounding error of nothing, which is nothing.
    some = below > _TINY * below.max(initial=0.0)
    return np.asarray(above[some] / below[some])


def _draws(days: int, resamples: int, seed: int) -> NDArray[np.int64]:
    return np.random.Generator(np.random.PCG64(seed)).integers(days, size=(resamples, days))


def _joined(days: Sequence[Sequence[T]]) -> list[T]:
    return [row for day in days for row in day]


def _numbers(found: Iterable[float | None]) -> FloatArray:
    return np.array([value for value in found if value is not None and math.isfinite(value)], dtype=np.float64)


def _check(level: float, resamples: int) -> None:
    check_level(level)
    if resamples < 2.0 / level:
        raise ValueError(f"{resamples} resamples cannot show the outermost {level / 2.0:.2%}")
