"""The bivariate normal distribution against QuantLib's, known values and what holds for any numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import QuantLib

from domain.options.bivariate import STRONGEST, weighted_bivariate, weighted_cumulative
from domain.options.normal import cumulative

LIMITS = np.linspace(-6.0, 6.0, 41)
CORRELATIONS = (-STRONGEST, -0.7861513777574233, -0.3, 0.0, 0.5, 0.7861513777574233, STRONGEST)
NO_WEIGHT = np.zeros(1)


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_probabilities_are_those_of_quantlib(correlation):
    """West's algorithm in double precision: to 2e-15 for limits of six standard deviations either way."""
    h, k = np.meshgrid(LIMITS, LIMITS)
    theirs = QuantLib.BivariateCumulativeNormalDistribution(correlation)
    expected = [theirs(x, y) for x, y in zip(h.ravel().tolist(), k.ravel().tolist(), strict=True)]
    assert weighted_bivariate(NO_WEIGHT, h, k, correlation).ravel() == pytest.approx(expected, abs=2e-15)


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_a_quarter_of_the_plane_is_known(correlation):
    """P(X <= 0, Y <= 0) = 1/4 + asin(c) / (2 pi)."""
    found = weighted_bivariate(NO_WEIGHT, np.zeros(1), np.zeros(1), correlation)
    assert float(found[0]) == pytest.approx(0.25 + math.asin(correlation) / (2 * math.pi), abs=1e-15)


def test_both_sides_of_a_limit_make_the_whole():
    """M(h, k, c) + M(h, -k, -c) = N(h)."""
    h, k = np.meshgrid(LIMITS, LIMITS)
    both = weighted_bivariate(NO_WEIGHT, h, k, 0.786) + weighted_bivariate(NO_WEIGHT, h, -k, -0.786)
    assert both == pytest.approx(cumulative(h), abs=1e-15)


def test_a_weight_beyond_all_numbers_is_taken_before_the_tail_vanishes():
    """exp(800) alone is infinite; times N(-38) it is not."""
    with np.errstate(all="ignore"):
        seen = weighted_cumulative(np.array([700.0, 800.0]), np.array([-38.0, -38.0]))
    assert np.log(seen) == pytest.approx([700 - 726.5569, 800 - 726.5569], abs=1e-3)


def test_a_correlation_close_to_one_is_refused():
    """The rule of twenty points would lose digits without saying so."""
    with pytest.raises(ValueError, match=r"0\.95"):
        weighted_bivariate(NO_WEIGHT, np.zeros(1), np.zeros(1), 0.95)


def test_a_missing_number_stays_missing():
    """NaN in, NaN out."""
    assert np.isnan(weighted_bivariate(NO_WEIGHT, np.array([np.nan]), np.zeros(1), 0.5)).all()
    assert np.isnan(weighted_cumulative(NO_WEIGHT, np.array([np.nan]))).all()
