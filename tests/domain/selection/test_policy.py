"""Policies that make no sense."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import RuleBroken
from tests.domain.selection.builders import policy


@pytest.mark.parametrize(
    ("values", "field", "text"),
    [
        ({"strike": "itm"}, "strike", "strike 'itm' is none of delta, atm, otm"),
        ({"otm_steps": 0}, "otm_steps", "0 steps out of the money is not at least 1"),
        ({"min_days": -1}, "min_days", "-1 days ahead is before today"),
        ({"max_days": 1}, "max_days", "at most 1 days is not from 2 to 1000"),
        ({"max_days": 1001}, "max_days", "at most 1001 days is not from 2 to 1000"),
        ({"target_days": 15}, "target_days", "15 days is outside the window of 2 to 14"),
        ({"delta_min": Decimal(0)}, "delta_min", "delta 0 is not between 0 and 1"),
        ({"delta_max": Decimal(1)}, "delta_max", "delta 1 is not between 0 and 1"),
        ({"delta_target": Decimal("NaN")}, "delta_target", "delta NaN is not between 0 and 1"),
        ({"delta_max": Decimal("0.2")}, "delta_max", "delta up to 0.2 is not above the lowest, 0.25"),
        ({"delta_target": Decimal("0.7")}, "delta_target", "delta 0.7 is outside the band of 0.25 to 0.60"),
        ({"min_open_interest": -1}, "min_open_interest", "-1 is below 0"),
        ({"min_volume": -5}, "min_volume", "-5 is below 0"),
        ({"max_spread": Decimal(0)}, "max_spread", "a spread of 0 of the middle is not above 0 and up to 1"),
        ({"max_spread_ticks": 0}, "max_spread_ticks", "a spread of 0 ticks is not at least 1"),
        ({"weights": {"theta": -1}}, "weight_theta", "a weight of -1 is not from 0 to 100"),
        ({"weights": {"days": "NaN"}}, "weight_days", "a weight of NaN is not from 0 to 100"),
        ({"weights": {}}, "weight_delta", "one weight at least has to be above 0"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(values, field, text):
    """Its code is bad_policy, the message names the value and the figures the field."""
    with pytest.raises(RuleBroken) as broken:
        policy(**values)
    assert (broken.value.code, broken.value.message) == ("bad_policy", text)
    assert broken.value.figures["field"] == field


def test_weights_are_shares_of_their_sum():
    """Three to one is three quarters."""
    assert policy(weights={"delta": 3, "days": 1}).weights.shares == (0.75, 0, 0, 0, 0, 0.25)
