"""Whether stated confidence comes true."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.stats.calibration import Forecast, brier, murphy, reliability_curve, skill

forecasts = st.lists(st.builds(Forecast, st.integers(0, 100), st.booleans()), min_size=1, max_size=60)
EVEN = [Forecast(70, True)] * 7 + [Forecast(70, False)] * 3


@pytest.mark.parametrize(
    ("given_forecasts", "score"),
    [
        ([Forecast(100, True), Forecast(0, False)], 0.0),
        ([Forecast(0, True), Forecast(100, False)], 1.0),
        ([Forecast(50, True), Forecast(50, False)], 0.25),
        ([Forecast(80, True), Forecast(80, True), Forecast(80, False)], (0.04 + 0.04 + 0.64) / 3),
    ],
)
def test_brier_is_the_mean_squared_distance(given_forecasts, score):
    """0 for certainty that was right, 1 for certainty that was wrong, 0.25 for fifty-fifty."""
    assert brier(given_forecasts) == pytest.approx(score)


def test_nothing_forecast_has_no_score():
    """None, not a perfect zero."""
    assert (brier([]), murphy([]), skill([])) == (None, None, None)


@settings(deadline=None)
@given(forecasts)
def test_murphys_parts_add_up_to_the_score(rows):
    """reliability - resolution + uncertainty, exactly, since equal confidences are gathered."""
    parts = murphy(rows)
    assert parts.reliability - parts.resolution + parts.uncertainty == pytest.approx(brier(rows), abs=1e-12)
    assert min(parts) >= 0.0


def test_an_agent_that_is_right_as_often_as_it_says_is_reliable():
    """Seven of ten at 70: nothing to correct, and nothing told apart either."""
    assert murphy(EVEN) == pytest.approx((0.0, 0.0, 0.21))
    assert skill(EVEN) == pytest.approx(0.0)


def test_skill_is_one_for_a_seer_and_negative_for_a_fool():
    """And unknown where all won: there was nothing to tell apart."""
    right = [Forecast(100, True), Forecast(0, False)]
    wrong = [Forecast(0, True), Forecast(100, False)]
    assert skill(right) == pytest.approx(1.0)
    assert skill(wrong) == pytest.approx(-3.0)
    assert skill([Forecast(90, True)] * 3) is None


def test_the_curve_shows_stated_and_observed():
    """Seven of ten at 70 in the bin from 0.7 on, with a Wilson interval; the other nine are empty."""
    curve = reliability_curve(EVEN)
    assert [one.forecasts for one in curve] == [0, 0, 0, 0, 0, 0, 0, 10, 0, 0]
    assert (curve[7].low, curve[7].high) == (0.7, 0.8)
    assert (curve[7].stated, curve[7].observed) == (pytest.approx(0.7), 0.7)
    assert curve[7].interval == pytest.approx((0.3968, 0.8922), abs=1e-4)
    assert (curve[0].stated, curve[0].observed, curve[0].interval) == (None, None, None)


@pytest.mark.parametrize(("confidence", "place"), [(0, 0), (9.99, 0), (10, 1), (30, 3), (60, 6), (70, 7), (100, 9)])
def test_a_confidence_falls_into_one_bin(confidence, place):
    """Lower ends belong to a bin, upper ends to the next; 100 to the last."""
    assert [one.forecasts for one in reliability_curve([Forecast(confidence, True)])].index(1) == place


@settings(deadline=None)
@given(rows=forecasts, bins=st.integers(1, 20))
def test_the_curve_loses_no_forecast(rows, bins):
    """However many bins."""
    curve = reliability_curve(rows, bins=bins)
    assert len(curve) == bins
    assert sum(one.forecasts for one in curve) == len(rows)
    assert sum(one.observed * one.forecasts for one in curve if one.forecasts) == pytest.approx(
        sum(row.won for row in rows)
    )


@pytest.mark.parametrize("confidence", [-1, 100.5, float("nan")])
def test_a_confidence_is_from_0_to_100(confidence):
    """In all figures alike."""
    for figure in (brier, murphy, reliability_curve):
        with pytest.raises(ValueError, match="is not from 0 to 100"):
            figure([Forecast(confidence, True)])
