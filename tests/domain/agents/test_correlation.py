"""How much two underlyings move together: hand-made series with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from domain.agents.correlation import correlation
from domain.indicators import Candles

DAY = 86_400


def days(closes: np.ndarray, first: int = 0) -> Candles:
    starts = (first + np.arange(len(closes))) * DAY
    return Candles(starts, closes, closes, closes, closes, np.ones(len(closes)))


WALK = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, 80)))
OTHER = 100 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, 80)))


def test_the_same_walk_is_one_and_its_mirror_minus_one() -> None:
    """A price times a constant moves the same; its reciprocal moves the other way."""
    assert correlation(days(WALK), days(3 * WALK)) == pytest.approx(1)
    assert correlation(days(WALK), days(1e4 / WALK)) == pytest.approx(-1)


def test_it_is_pearsons_of_the_last_sixty_returns() -> None:
    """Numpy's own, of the logarithmic returns; older days do not count."""
    a, b = np.diff(np.log(WALK))[-60:], np.diff(np.log(OTHER))[-60:]
    assert correlation(days(WALK), days(OTHER)) == pytest.approx(np.corrcoef(a, b)[0, 1])


def test_only_days_that_both_have_are_compared() -> None:
    """A series that began ten days later is compared over the days they share."""
    assert correlation(days(WALK), days(WALK[10:], first=10)) == pytest.approx(1)


@pytest.mark.parametrize("closes", [WALK[:20], np.full(80, 100.0)])
def test_too_short_or_unmoved_is_unknown(closes: np.ndarray) -> None:
    """Twenty returns at least, and a price that has moved: otherwise there is no number."""
    assert correlation(days(closes), days(WALK)) is None
