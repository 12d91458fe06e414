"""The standard bivariate normal distribution on arrays, for correlations that are not close to one.

    M(h, k, c) = N(h) N(k) + 1 / (2 pi) * integral of exp(-(h^2 + k^2 - 2 h k sin t) / (2 cos^2 t)) over t from 0 to asin c

by Gauss and Legendre's rule on twenty points. Sources: Drezner and Wesolowsky, On the Computation of the Bivariate Normal
Integral, Journal of Statistical Computation and Simulation 1990; Genz, Numerical Computation of Rectangular Bivariate and
Trivariate Normal and t Probabilities, Statistics and Computing 2004.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from domain.options.normal import LAST_TAIL, FloatArray, scaled_tail

STRONGEST: Final = 0.925  # of correlations: beyond it the integrand is too steep for the rule
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)


def weighted_cumulative(log_weight: FloatArray, x: FloatArray) -> FloatArray:
    """exp(log_weight) * N(x), where the weight may be beyond all numbers as long as the product is not.

    Any shapes that broadcast. Call it with numpy's floating-point warnings off.
    """
    size = np.minimum(np.abs(x), LAST_TAIL)
    tail = np.exp(log_weight - 0.5 * size * size) * scaled_tail(size)
    return np.where(x > 0.0, np.exp(log_weight) - tail, tail)


def weighted_bivariate(log_weight: FloatArray, h: FloatArray, k: FloatArray, correlation: float) -> FloatArray:
    """exp(log_weight) * P(X <= h, Y <= k) for standard normal X and Y of that correlation; NaN stays NaN.

    Any shapes that broadcast. Absolute error below 1e-15 times the weight. Raises ValueError where the correlation is beyond
    STRONGEST. Call it with numpy's floating-point warnings off.
    """
    if abs(correlation) > STRONGEST:
        raise ValueError(f"correlation {correlation} is beyond {STRONGEST}")
    half = 0.5 * math.asin(correlation)
    squares, product = h * h + k * k, h * k
    total = np.zeros(np.broadcast_shapes(log_weight.shape, squares.shape))
    for node, weight in zip(_NODES.tolist(), _WEIGHTS.tolist(), strict=True):
        sine = math.sin(half * (1.0 + node))
        total += weight * np.exp(log_weight + (product * sine - 0.5 * squares) / (1.0 - sine * sine))
    total *= half / (2.0 * math.pi)
    return total + weighted_cumulative(log_weight, h) * weighted_cumulative(np.zeros_like(k), k)
