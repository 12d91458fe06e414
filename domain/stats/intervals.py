"""An interval, and the two that follow from a formula alone: of a share, and of anything with a standard error."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """Both ends in the unit of what they are an interval of."""

    low: float
    high: float


def check_level(level: float) -> None:
    """Raises ValueError unless level, the error allowed, lies between 0 and 1; 0.05 makes 95 % intervals."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"an error level of {level} is not between 0 and 1")


def two_sided_z(level: float) -> float:
    """Standard deviations from the middle beyond which a standard normal lies with probability ``level``; 1.96 at 0.05."""
    check_level(level)
    return NormalDist().inv_cdf(1.0 - level / 2.0)


def around(value: float, standard_error: float, *, level: float) -> Interval:
    """value -+ z * standard_error, right for large samples."""
    reach = two_sided_z(level) * standard_error
    return Interval(value - reach, value + reach)


def wilson(successes: int, count: int, *, level: float = 0.05) -> Interval:
    """Score interval of a share, within 0 and 1, honest for few trials and for shares near an end.

    count: above 0. Raises ValueError when successes are not among them. Source: Wilson, Probable inference, the law of
    succession, and statistical inference, JASA 22 (1927).
    """
    if not 0 <= successes <= count or not count:
        raise ValueError(f"{successes} successes in {count} trials have no share")
    z = two_sided_z(level)
    share = successes / count
    shrink = 1.0 + z * z / count
    middle = (share + z * z / (2.0 * count)) / shrink
    reach = z / shrink * math.sqrt(share * (1.0 - share) / count + z * z / (4.0 * count * count))
    # At the ends the formula gives exactly 0 and 1, and rounding would miss them.
    return Interval(0.0 if not successes else middle - reach, 1.0 if successes == count else middle + reach)
