"""The normal distribution against the standard library's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import erfcx

from domain.options.normal import cumulative, density, scaled_tail


def test_it_agrees_with_the_complementary_error_function_everywhere():
    """No value of the distribution is further than 3e-16 from math.erfc, far tails included."""
    points = np.linspace(-40.0, 40.0, 40_001)
    exact = np.array([0.5 * math.erfc(-point / math.sqrt(2.0)) for point in points])
    assert np.abs(cumulative(points) - exact).max() < 3e-16


def test_the_lower_tail_keeps_its_relative_precision():
    """A price far out of the money is made of such tails: 1e-15 of themselves, and what the rounding of x squared adds."""
    points = np.linspace(-37.0, 0.0, 20_001)
    exact = np.array([0.5 * math.erfc(-point / math.sqrt(2.0)) for point in points])
    apart = np.abs(cumulative(points) / exact - 1.0)
    assert (apart < 1.5e-15 + 2.5e-16 * points**2).all()  # erfc rounds its argument too
    assert apart[points > -3.0].max() < 3e-15


def test_a_scaled_tail_is_right_to_the_last_digits_however_far_out():
    """Beside scipy's erfcx, from the middle to forty standard deviations."""
    points = np.linspace(0.0, 40.0, 20_001)
    assert scaled_tail(points) == pytest.approx(0.5 * erfcx(points / math.sqrt(2.0)), rel=2e-15, abs=0.0)
    assert scaled_tail(np.array([0.0]))[0] == 0.5


def test_nan_stays_nan_and_infinities_are_the_ends():
    """Odd input gives no odd output."""
    assert np.isnan(cumulative(np.array([np.nan]))[0])
    assert cumulative(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]


def test_the_density_is_the_slope_of_the_distribution():
    """Central differences of the distribution give the density."""
    points, step = np.linspace(-4.0, 4.0, 41), 1e-5
    slope = (cumulative(points + step) - cumulative(points - step)) / (2 * step)
    assert slope == pytest.approx(density(points), abs=1e-9)
