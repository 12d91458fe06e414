"""Each exit rule: when it leaves, at which level, and in which words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.exits import KINDS, Greeks, build
from domain.positions import Direction
from tests.domain.exits.builders import CLOSED, CLOSES, ENTRY_GREEKS, NOW, OPENED, position

SHORT = {"direction": Direction.SHORT}


def decided(kind: str, params: dict[str, object] | None = None, **changes: object):
    return build(kind, params or {}).decide(position(**changes))


@pytest.mark.parametrize(
    ("kind", "params", "changes", "level"),
    [
        ("stop_loss", {}, {"mark": "2.01"}, None),
        ("stop_loss", {}, {"mark": "2.00"}, "2.00"),
        ("stop_loss", {}, {"mark": "0"}, "2.00"),
        ("stop_loss", {"fraction": "0.25"}, {"mark": "3.00"}, "3.00"),
        ("stop_loss", {}, {"mark": "5.99", **SHORT}, None),
        ("stop_loss", {}, {"mark": "6.00", **SHORT}, "6.00"),
        ("profit_target", {}, {"mark": "5.99"}, None),
        ("profit_target", {}, {"mark": "6.00"}, "6.00"),
        ("profit_target", {}, {"mark": "2.01", **SHORT}, None),
        ("profit_target", {}, {"mark": "2.00", **SHORT}, "2.00"),
        ("profit_target", {"gain": 2}, {"mark": "11.99"}, None),
        ("trailing_stop", {}, {"mark": "3.00", "best_mark": None}, None),
        ("trailing_stop", {}, {"mark": "3.00", "best_mark": "5.19"}, None),  # never gained enough to be armed
        ("trailing_stop", {}, {"mark": "3.91", "best_mark": "5.20"}, None),
        ("trailing_stop", {}, {"mark": "3.90", "best_mark": "5.20"}, "3.90"),
        ("trailing_stop", {}, {"mark": "5.00", "best_mark": "2.81", **SHORT}, None),
        ("trailing_stop", {}, {"mark": "3.49", "best_mark": "2.80", **SHORT}, None),
        ("trailing_stop", {}, {"mark": "3.50", "best_mark": "2.80", **SHORT}, "3.50"),
        ("scale_out", {}, {"mark": "4.99"}, None),
        ("scale_out", {}, {"mark": "5.00"}, "5.00"),
        ("scale_out", {}, {"mark": "5.00", "scaled_out": True}, None),
        ("scale_out", {}, {"mark": "5.00", "quantity": 1}, None),
    ],
)
def test_rules_by_mark_leave_at_their_level_and_not_before(kind, params, changes, level):
    """Reaching the level is crossing it; a short's levels are mirrored."""
    leaving = decided(kind, params, **changes)
    assert (None if leaving is None else leaving.level) == (None if level is None else Decimal(level))
    if leaving is not None:
        assert (leaving.kind, leaving.tier) == (kind, KINDS[kind].tier)
        assert str(position(**changes).mark) in leaving.text


def test_texts_carry_the_figures():
    """A person reads why the position was left."""
    assert decided("stop_loss", mark="1.90").text == (
        "mark 1.90 is beyond the stop at 2.0000, 50.0% from the entry at 4.00"
    )
    assert decided("trailing_stop", mark="3.80", best_mark="5.20").text == (
        "mark 3.80 has given back 25.0% of the best mark 5.20: stop at 3.9000"
    )
    assert decided("scale_out", mark="5.10").text == "mark 5.10 has reached 5.0000: 50.0% of 4 contracts are sold"
    assert decided("max_hold", opened_at=NOW - timedelta(hours=121)).text == "held for 121.0 h, allowed 120 h"
    assert decided("min_dte", expiration=date(2015, 12, 24)).text == (
        "0 days to the last trading date of 2015-12-24, at least 1 are wanted"
    )
    assert decided("end_of_day", now=CLOSES - timedelta(minutes=4)).text == (
        "4.0 min to the close at 18:00 UTC, out 5 min before"
    )
    assert decided("halted", halted=True).text == "GOOG151231C00750000 is halted"


def test_a_scale_out_sells_its_share_and_every_other_exit_all():
    """Never more than is held, at least one."""
    part = decided("scale_out", {"share": "0.3"}, mark="5.00", quantity=4)
    assert (part.fraction, part.quantity(4), part.quantity(1)) == (Decimal("0.3"), 1, 1)
    assert decided("profit_target", mark="9").quantity(4) == 4


@pytest.mark.parametrize(
    ("kind", "changes", "leaves"),
    [
        ("max_hold", {"opened_at": NOW - timedelta(hours=120)}, True),
        ("max_hold", {"opened_at": NOW - timedelta(hours=119, minutes=59)}, False),
        ("min_dte", {"expiration": date(2015, 12, 25)}, False),
        ("min_dte", {"expiration": date(2015, 12, 24)}, True),
        ("min_dte", {"expiration": date(2015, 12, 23)}, True),
        ("min_dte", {"expiration": date(2015, 12, 26)}, False),  # a Saturday: its Friday is tomorrow
        ("min_dte", {"expiration": None}, False),
        ("end_of_day", {"now": CLOSES - timedelta(minutes=5)}, True),
        ("end_of_day", {"now": CLOSES - timedelta(minutes=5, seconds=1)}, False),
        ("end_of_day", {"now": CLOSES - timedelta(minutes=1), "session": CLOSED}, False),
        ("expired_contract", {"expires_at": NOW}, True),
        ("expired_contract", {"expires_at": NOW + timedelta(seconds=1)}, False),
        ("expired_contract", {"expires_at": None}, False),
        ("halted", {}, False),
        ("halted", {"halted": True}, True),
    ],
)
def test_rules_by_time_expiry_and_halt_need_no_mark(kind, changes, leaves):
    """They decide without any quote, and their level is None."""
    leaving = decided(kind, mark=None, quote_good=False, **changes)
    assert (leaving is not None) == leaves
    assert not KINDS[kind].needs_mark
    assert leaving is None or leaving.level is None


def test_the_minimum_of_days_counts_from_the_last_trading_date():
    """Before 2015 a monthly contract carried the Saturday after its last Friday."""
    friday = datetime(2014, 6, 20, 15, tzinfo=NOW.tzinfo)
    view = {"now": friday, "opened_at": friday, "expiration": date(2014, 6, 21)}
    assert decided("min_dte", **view) is not None


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"mark": None}, None),
        ({"mark": "0"}, None),
        ({"mark": "NaN"}, "mark is NaN"),
        ({"mark": "-0.01"}, "mark is -0.01"),
        ({"best_mark": "Infinity"}, "best mark is Infinity"),
        ({"worst_mark": "-1"}, "worst mark is -1"),
        ({"entry_price": "0"}, "entry price is 0"),
        ({"entry_price": "sNaN"}, "entry price is sNaN"),
        ({"quantity": 0}, "0 contracts held of 4 bought"),
        ({"quantity": 5}, "5 contracts held of 4 bought"),
        (
            {"opened_at": NOW + timedelta(seconds=1)},
            "opened at 2015-12-24T15:00:01+00:00, after now, 2015-12-24T15:00:00+00:00",
        ),
        ({"opened_at": NOW}, None),
    ],
)
def test_impossible_figures_are_corrupt_data(changes, fault):
    """The text names the figure; odd numbers never raise."""
    leaving = decided("corrupt_data", **changes)
    assert (None if leaving is None else leaving.text) == fault


@pytest.mark.parametrize(
    ("kind", "greek", "holds", "leaves"),
    [
        ("delta", "delta", 0.15, 0.149),
        ("gamma", "gamma", 0.08, 0.081),
        ("theta", "theta", -1.2, -1.21),
        ("vega", "vega", 0.0875, 0.087),
        ("iv", "iv", 0.15, 0.149),
    ],
)
def test_degradation_is_measured_against_the_entry(kind, greek, holds, leaves):
    """Magnitudes: a put's delta is negative and a theta always is."""
    assert decided(kind, greeks=ENTRY_GREEKS._replace(**{greek: holds})) is None
    leaving = decided(kind, greeks=ENTRY_GREEKS._replace(**{greek: leaves}))
    assert leaving.level == Decimal(f"{abs(leaves):.6f}")
    assert leaving.text.startswith(f"{greek} is {abs(leaves):.4f}, ")
    assert (leaving.tier, leaving.fraction) == (4, 1)
    assert KINDS[kind].needs_greeks


@pytest.mark.parametrize("kind", ["delta", "gamma", "theta", "vega", "iv"])
@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_greeks_that_are_no_numbers_leave_nothing(kind, odd):
    """An implied volatility that does not exist is no reason to sell."""
    unknown = Greeks(*[odd] * 5)
    assert decided(kind, greeks=unknown) is None
    assert decided(kind, entry_greeks=unknown) is None


def test_nothing_is_a_multiple_of_a_greek_that_was_zero():
    """An entry deep in the money has no gamma to grow from."""
    assert decided("gamma", entry_greeks=ENTRY_GREEKS._replace(gamma=0.0)) is None


def test_a_put_is_measured_like_a_call():
    """Delta from -0.5 to -0.1 has faded."""
    put = ENTRY_GREEKS._replace(delta=-0.5)
    assert decided("delta", entry_greeks=put, greeks=put._replace(delta=-0.1)) is not None
    assert decided("delta", entry_greeks=put, greeks=put._replace(delta=-0.9)) is None


def test_the_day_of_opening_is_not_held_too_long():
    """An ordinary position stays."""
    assert OPENED < NOW
    assert all(build(kind, {}).decide(position()) is None for kind in KINDS)
