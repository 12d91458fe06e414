"""Whether stated confidence comes true: of the alerts an agent was 70 % sure of, seven in ten should have won.

Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950); Murphy, A new vector
partition of the probability score, Journal of Applied Meteorology 12 (1973).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from domain.stats.intervals import Interval, wilson


class Forecast(NamedTuple):
    """confidence: 0 to 100 that the trade wins. won: whether it did."""

    confidence: float
    won: bool


class Bin(NamedTuple):
    """One point of a reliability curve: forecasts from low up to high, as probabilities, high itself in the last only."""

    low: float
    high: float
    forecasts: int
    stated: float | None  # mean probability; None without forecasts
    observed: float | None  # share that won
    interval: Interval | None  # Wilson, of that share


class Murphy(NamedTuple):
    """The Brier score taken apart: score = reliability - resolution + uncertainty.

    reliability: how far stated probabilities are from what came true, 0 is best. resolution: how far they tell winners
    from losers, more is better. uncertainty: that of always stating the overall share of winners.
    """

    reliability: float
    resolution: float
    uncertainty: float


def brier(forecasts: Sequence[Forecast]) -> float | None:
    """Mean squared distance of stated probability and outcome: 0 is perfect, 0.25 is saying 50 % always; None without any.

    Raises ValueError for a confidence outside 0 to 100.
    """
    if not forecasts:
        return None
    return math.fsum((_probability(one) - one.won) ** 2 for one in forecasts) / len(forecasts)


def skill(forecasts: Sequence[Forecast]) -> float | None:
    """How much better than always stating the overall share of winners: 1 is perfect, 0 no better, below 0 worse.

    1 - score / uncertainty; None without any forecast, and where all won or all lost.
    """
    parts = murphy(forecasts)
    if parts is None or not parts.uncertainty:
        return None
    return (parts.resolution - parts.reliability) / parts.uncertainty


def murphy(forecasts: Sequence[Forecast]) -> Murphy | None:
    """Murphy's three parts, by distinct confidence, for which they add up exactly; None without any forecast."""
    if not forecasts:
        return None
    outcomes: dict[float, list[bool]] = {}
    for one in forecasts:
        outcomes.setdefault(_probability(one), []).append(one.won)
    overall = sum(one.won for one in forecasts) / len(forecasts)
    shares = [(stated, sum(won) / len(won), len(won) / len(forecasts)) for stated, won in outcomes.items()]
    return Murphy(
        reliability=math.fsum(weight * (stated - share) ** 2 for stated, share, weight in shares),
        resolution=math.fsum(weight * (share - overall) ** 2 for _, share, weight in shares),
        uncertainty=overall * (1.0 - overall),
    )


def reliability_curve(forecasts: Sequence[Forecast], *, bins: int = 10, level: float = 0.05) -> tuple[Bin, ...]:
    """Stated against observed frequency in bins of equal width, lowest first, empty ones included.

    level: error of each point's interval. Raises ValueError for a confidence outside 0 to 100.
    """
    gathered: list[list[Forecast]] = [[] for _ in range(bins)]
    for one in forecasts:
        _probability(one)
        gathered[min(int(one.confidence * bins / 100.0), bins - 1)].append(one)
    return tuple(_bin(place / bins, (place + 1) / bins, one, level=level) for place, one in enumerate(gathered))


def _bin(low: float, high: float, forecasts: Sequence[Forecast], *, level: float) -> Bin:
    count = len(forecasts)
    if not count:
        return Bin(low, high, 0, None, None, None)
    won = sum(one.won for one in forecasts)
    stated = math.fsum(_probability(one) for one in forecasts) / count
    return Bin(low, high, count, stated, won / count, wilson(won, count, level=level))


def _probability(forecast: Forecast) -> float:
    if not 0.0 <= forecast.confidence <= 100.0:
        raise ValueError(f"a confidence of {forecast.confidence} is not from 0 to 100")
    return forecast.confidence / 100.0
