"""The whole way of a signal, read from its rows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from positions_app.services import refresh_marks
from signals_app.models import SelectionPolicy, Signal
from tests.factories import Desk, Floor, a_desk
from tests.trading import open_a_position, trade
from tradingsite.trail import read_trail
from tradingsite.trail_text import as_json, as_text
from workers import pipeline

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_entry_is_told_from_its_body_to_its_money(desk: Desk, floor: Floor):
    """Each part is there once, and the steps are in the order of time."""
    position = open_a_position(desk, floor)

    trail = read_trail(position.signal_id)

    assert trail.event.outcome == "accepted"
    assert [j.decision.verdict for j in trail.judgements] == ["approved"]
    assert [part.order.status for part in trail.orders] == ["filled"]
    assert [part.position.pk for part in trail.positions] == [position.pk]
    assert {entry.line for entry in trail.ledger} == {"cash", "positions", "commission"}
    assert sum(entry.amount for entry in trail.ledger) == 0
    moments = [step.event.at for step in trail.steps]
    assert moments == sorted(moments)
    assert [stage.name for stage in trail.stages] == ["received", "decided", "ordered", "filled", "position"]
    assert trail.filled_after_ms == 0  # the floor's clock stands still


def test_an_exit_by_a_rule_belongs_to_the_alert_that_opened(desk: Desk, floor: Floor):
    """The verdicts, the exit order, its fill and the realized result stand on the same page."""
    position = open_a_position(desk, floor)
    floor.market.option_factor = Decimal("0.3")
    floor.clock.forward(5)
    refresh_marks()
    pipeline.monitor_exits()

    trail = read_trail(position.signal_id)

    assert [part.order.purpose for part in trail.orders] == ["entry", "exit"]
    assert trail.positions[0].verdicts[-1].fired_kind == "stop_loss"
    assert "realized" in {entry.line for entry in trail.ledger}
    assert "closed by stop_loss" in trail.headline
    assert trail.positions[0].figures.total < 0


def test_an_exit_alert_tells_what_it_left(desk: Desk, floor: Floor):
    """Its steps moved rows that carry the first alert's id; they are found, and the earlier ones are left out."""
    position = open_a_position(desk, floor)
    floor.clock.forward(60)
    leaving = trade(desk, floor, action="sell", order_id="2")

    trail = read_trail(leaving.pk)

    assert [part.order.purpose for part in trail.orders] == ["exit"]
    assert [part.position.pk for part in trail.positions] == [position.pk]
    assert all(step.after_ms >= 0 for step in trail.steps)
    assert ("position", "closed") in {(step.event.entity, step.event.to_state) for step in trail.steps}


def test_a_refusal_carries_its_words(floor: Floor):
    """Meaning, fix and page of the code; and the rule that failed."""
    desk = a_desk(allowed_symbols=["MSFT"])

    trail = read_trail(trade(desk, floor, "AAPL").pk)

    assert trail.refusal is not None and trail.refusal.reason is not None
    assert trail.refusal.docs.endswith("/docs/reasons/symbol_not_allowed/")
    assert [rule.code for rule in trail.judgements[0].rules if not rule.passed] == ["symbol_not_allowed"]
    assert trail.stages[-1].tone == "bad"
    assert "Add the symbol" in as_text(trail)


def test_the_choice_of_a_contract_is_told_with_its_table(desk: Desk, floor: Floor):
    """In text, in JSON and for the page: what was taken away, and who was next to the winner."""
    position = open_a_position(desk, floor)

    trail = read_trail(position.signal_id)
    document, text = as_json(trail), as_text(trail)

    assert trail.selection is not None and trail.selection.chosen == position.symbol
    assert document["selection"]["best"][0]["symbol"] == position.symbol
    assert f"contract by policy built-in: {position.symbol} at" in text
    assert "filters     right " in text
    assert all(row["symbol"] in text for row in document["selection"]["best"])


def test_a_refusal_for_want_of_a_contract_tells_what_was_looked_at(floor: Floor):
    """There is no order to hang it on, and it is there all the same."""
    policy = SelectionPolicy.objects.create(name="picky", min_open_interest=1_000_000)
    signal = trade(a_desk(selection_policy=policy), floor)

    trail = read_trail(signal.pk)

    assert (trail.orders, signal.reason) == ((), "no_listed_contract")
    assert "contract by policy picky: none at" in as_text(trail)
    assert "open_interest" in as_text(trail)
    assert as_json(trail)["selection"]["chosen"] is None


def test_use_of_limits_is_told_in_figures(floor: Floor):
    """So that a refusal reads like 10 of 10 positions open."""
    desk = a_desk(limits={"max_open_positions": 1})
    open_a_position(desk, floor)

    trail = read_trail(trade(desk, floor, "MSFT").pk)

    use = next(use for use in trail.judgements[0].uses if use.code == "max_open_positions")
    assert (use.used, use.limit, use.percent) == ("1", "1", 100)
    assert "1 of 1" in trail.signal.reason_text


def test_a_duplicate_stands_beside_the_first(desk: Desk, floor: Floor):
    """A resend has no effect, and is told."""
    body = desk.alert()
    desk.post(body)
    desk.post(body)

    trail = read_trail(Signal.objects.get().pk)

    assert [event.outcome for event in trail.duplicates] == ["duplicate"]
    assert "duplicate" in as_text(trail)


def test_an_undecided_signal_can_be_read(desk: Desk, floor: Floor):
    """There is only its receipt; nothing is made up."""
    desk.post(desk.alert())

    trail = read_trail(Signal.objects.get().pk)

    assert (trail.judgements, trail.orders, trail.positions, trail.ledger) == ((), (), (), ())
    assert trail.headline == "open long AAPL: pending"
    assert [stage.name for stage in trail.stages] == ["received", "decided"]


def test_text_and_json_hold_no_secret_and_the_same_facts(desk: Desk, floor: Floor):
    """Both are made of one reading."""
    position = open_a_position(desk, floor)
    trail = read_trail(position.signal_id)

    document, text = as_json(trail), as_text(trail)

    assert desk.token not in str(document) + text
    assert document["positions"][0]["symbol"] == position.symbol
    assert position.symbol in text
    assert "one contract costs" in text
    assert len(document["steps"]) == len(trail.steps)
