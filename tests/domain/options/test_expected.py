"""Volatility at the money, between expirations, and the moves that follow from it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domain.options.expected import at_the_money_vol, expected_day_move, expected_move, vol_at

NAN = math.nan


def test_at_the_money_lies_between_the_two_strikes_around_spot():
    """Each strike's value is the mean of its call and its put, whatever their order; far ones do not matter."""
    strikes = np.array([105.0, 95.0, 100.0, 100.0, 105.0, 200.0])
    vols = np.array([0.22, 0.90, 0.30, 0.26, 0.26, 3.0])
    assert at_the_money_vol(strikes, vols, 100.0) == pytest.approx(0.28)
    assert at_the_money_vol(strikes, vols, 101.0) == pytest.approx(0.28 * 0.8 + 0.24 * 0.2)


def test_a_contract_without_volatility_leaves_its_strike_to_the_other():
    """And a strike without any to its neighbours."""
    strikes = np.array([95.0, 100.0, 100.0, 105.0])
    assert at_the_money_vol(strikes, np.array([0.3, NAN, 0.2, 0.1]), 100.0) == pytest.approx(0.2)
    assert at_the_money_vol(strikes, np.array([0.3, NAN, NAN, 0.1]), 100.0) == pytest.approx(0.2)


@pytest.mark.parametrize("spot", [94.9, 105.1])
def test_outside_the_strikes_nothing_is_at_the_money(spot: float):
    """An end is not stretched to where nobody quotes."""
    assert at_the_money_vol(np.array([95.0, 105.0]), np.array([0.3, 0.1]), spot) is None


def test_without_volatilities_there_is_none():
    """Neither of a strike nor between expirations."""
    assert at_the_money_vol(np.array([100.0]), np.array([NAN]), 100.0) is None
    assert vol_at(np.array([]), np.array([]), 0.1) is None


def test_between_expirations_total_variance_is_linear():
    """Half way between 20 % for a tenth of a year and 30 % for two tenths: (0.004 + 0.018) / 2 over 0.15."""
    years, vols = np.array([0.1, 0.2]), np.array([0.2, 0.3])
    assert vol_at(years, vols, 0.15) == pytest.approx(math.sqrt(0.011 / 0.15))
    assert vol_at(years, np.array([0.25, 0.25]), 0.13) == pytest.approx(0.25)


def test_beyond_the_expirations_the_last_volatility_holds():
    """Before the first one that one's."""
    years, vols = np.array([0.1, 0.2]), np.array([0.2, 0.3])
    assert vol_at(years, vols, 0.01) == pytest.approx(0.2)
    assert vol_at(years, vols, 2.0) == pytest.approx(0.3)


def test_a_move_is_one_standard_deviation():
    """25 % a year of 400: 100 in a year, 50 in a quarter, a day's is the 252nd part in variance."""
    assert expected_move(400.0, 0.25, 1.0) == pytest.approx(100.0)
    assert expected_move(400.0, 0.25, 0.25) == pytest.approx(50.0)
    assert expected_day_move(400.0, 0.25) == pytest.approx(100.0 / math.sqrt(252))
    assert expected_day_move(400.0, 0.25, part=0.25) == pytest.approx(50.0 / math.sqrt(252))
    assert expected_day_move(400.0, 0.25, part=0.0) == 0.0
