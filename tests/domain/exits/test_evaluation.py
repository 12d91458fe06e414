"""All rules on one position: every verdict is kept, the lowest tier leaves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.exits import KINDS, Greeks, Outcome, RuleSet, build, evaluate
from domain.positions import Direction
from tests.domain.exits.builders import CLOSED, CLOSES, ENTRY_GREEKS, NOW, SESSION, position

RULES = [build(kind, {}) for kind in KINDS]
BY_MARK = {kind for kind, rule in KINDS.items() if rule.needs_mark}
BY_GREEKS = {kind for kind, rule in KINDS.items() if rule.needs_greeks}


def outcomes(**changes: object) -> dict[str, Outcome]:
    return {verdict.kind: verdict.outcome for verdict in evaluate(RULES, position(**changes)).verdicts}


def test_an_ordinary_position_is_held_by_every_rule():
    """One verdict for each rule, in the order given, and no exit."""
    evaluation = evaluate(RULES, position())
    assert [verdict.kind for verdict in evaluation.verdicts] == list(KINDS)
    assert {verdict.outcome for verdict in evaluation.verdicts} == {Outcome.HOLD}
    assert evaluation.exit is None


def test_the_first_tier_that_fires_is_the_exit_and_all_verdicts_are_kept():
    """Target reached in the last minutes of an expired contract: expiry is why it is left."""
    end = CLOSES - timedelta(minutes=1)
    changes = {"mark": "9", "now": end, "greeks": ENTRY_GREEKS._replace(delta=0.01)}
    assert evaluate(RULES, position(**changes)).exit.kind == "end_of_day"
    fired = evaluate(RULES[::-1], position(**changes, expires_at=end))
    assert fired.exit.kind == "expired_contract"
    leaving = {verdict.kind for verdict in fired.verdicts if verdict.outcome is Outcome.EXIT}
    assert leaving == {"expired_contract", "end_of_day", "profit_target", "scale_out", "delta"}
    assert all(verdict.text for verdict in fired.verdicts if verdict.outcome is Outcome.EXIT)


def test_within_a_tier_the_first_in_the_order_given_leaves():
    """The order of the rows is the operator's."""
    both = {"mark": "1", "opened_at": NOW - timedelta(hours=200)}
    stop, hold = build("stop_loss", {}), build("max_hold", {})
    assert evaluate([stop, hold], position(**both)).exit.kind == "stop_loss"
    assert evaluate([hold, stop], position(**both)).exit.kind == "max_hold"


@pytest.mark.parametrize("changes", [{"quote_good": False}, {"mark": None}])
def test_rules_by_mark_wait_for_a_good_quote_and_the_others_do_not(changes):
    """A stop is not taken on a bad price; the end of the day is, and says so."""
    found = outcomes(**{"mark": "0.01", **changes}, now=CLOSES - timedelta(minutes=1))
    assert {kind for kind, outcome in found.items() if outcome is Outcome.WAITING} == BY_MARK
    assert found["end_of_day"] is Outcome.EXIT


@pytest.mark.parametrize("changes", [{"greeks": None}, {"entry_greeks": None}])
def test_rules_by_greeks_wait_until_they_are_known(changes):
    """Rules by mark alone go on."""
    found = outcomes(mark="1", **changes)
    assert {kind for kind, outcome in found.items() if outcome is Outcome.WAITING} == BY_GREEKS
    assert found["stop_loss"] is Outcome.EXIT


@pytest.mark.parametrize("changes", [{"mark": "NaN"}, {"entry_price": "NaN"}, {"quantity": 9}, {"best_mark": "-1"}])
def test_impossible_figures_are_left_by_tier_one_and_nothing_is_calculated_from_them(changes):
    """Rules by mark wait, so that a NaN cannot raise or sell."""
    found = outcomes(**changes)
    assert {kind for kind, outcome in found.items() if outcome is Outcome.WAITING} == BY_MARK
    assert found["corrupt_data"] is Outcome.EXIT


def test_rules_made_ready_once_say_the_same():
    """What nothing happened to shares one evaluation; what something happened to has its own."""
    ready = RuleSet(RULES)
    for mark in ("1", "4", "9"):
        assert evaluate(ready, position(mark=mark)) == evaluate(RULES, position(mark=mark))
    assert evaluate(ready, position()) is evaluate(ready, position(position_id=2))


def test_no_rules_no_verdicts():
    """A position without rules is held."""
    assert evaluate([], position()) == ((), None)


odd_prices = st.sampled_from(["0", "0.01", "3.99", "400", "-1", "NaN", "sNaN", "Infinity", "1e-9"]) | st.none()
greeks = st.none() | st.builds(Greeks, *[st.floats()] * 5)


@given(
    changes=st.fixed_dictionaries(
        {
            "mark": odd_prices,
            "best_mark": odd_prices,
            "worst_mark": odd_prices,
            "entry_price": st.sampled_from(["4", "0", "NaN", "-2"]),
            "quantity": st.integers(-2, 6),
            "direction": st.sampled_from(list(Direction)),
            "quote_good": st.booleans(),
            "session": st.sampled_from([SESSION, CLOSED]),
            "now": st.integers(-300, 100_000).map(lambda minutes: NOW + timedelta(minutes=minutes)),
            "greeks": greeks,
            "entry_greeks": greeks,
            "scaled_out": st.booleans(),
            "halted": st.booleans(),
        }
    )
)
def test_evaluation_is_total_and_never_sells_more_than_is_held(changes):
    """Whatever the figures: a verdict for each rule, and an exit within what is held, of the lowest tier that fired."""
    view = position(**changes)
    evaluation = evaluate(RULES, view)
    assert len(evaluation.verdicts) == len(RULES)
    fired = [verdict for verdict in evaluation.verdicts if verdict.outcome is Outcome.EXIT]
    assert (evaluation.exit is not None) == bool(fired)
    if evaluation.exit is not None:
        assert evaluation.exit.tier == min(verdict.tier for verdict in fired)
        assert 0 <= evaluation.exit.quantity(view.quantity) <= max(view.quantity, 0)
        assert 0 < evaluation.exit.fraction <= Decimal(1)
