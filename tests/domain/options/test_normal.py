"""The normal distribution against the standard library's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domain.options.normal import cumulative, density


def test_it_agrees_with_the_complementary_error_function_everywhere():
    """No value of the distribution is further than 1e-14 from math.erfc, far tails included."""
    points = np.linspace(-40.0, 40.0, 40_001)
    exact = np.array([0.5 * math.erfc(-point / math.sqrt(2.0)) for point in points])
    assert np.abs(cumulative(points) - exact).max() < 1e-14


def test_the_lower_tail_keeps_its_relative_precision():
    """A probability of 1e-50 is right to eight digits, which a price far out of the money needs."""
    assert cumulative(np.array([-15.0]))[0] == pytest.approx(0.5 * math.erfc(15.0 / math.sqrt(2.0)), rel=1e-7)


def test_nan_stays_nan_and_infinities_are_the_ends():
    """Odd input gives no odd output."""
    assert np.isnan(cumulative(np.array([np.nan]))[0])
    assert cumulative(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]


def test_the_density_is_the_slope_of_the_distribution():
    """Central differences of the distribution give the density."""
    points, step = np.linspace(-4.0, 4.0, 41), 1e-5
    slope = (cumulative(points + step) - cumulative(points - step)) / (2 * step)
    assert slope == pytest.approx(density(points), abs=1e-9)
