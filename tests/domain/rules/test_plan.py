"""What an alert comes to, given what the book holds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerts import Intent
from domain.errors import RuleBroken
from domain.rules import Action, StrategyView, plan_for
from domain.rules.plan import PLANNERS, share_asked
from domain.symbols.occ import OptionContract
from tests.domain.rules.builders import LONG, SHORT, book, held, order, signal, view

ADDING = StrategyView("pyramid", allowed_symbols=frozenset({"*"}), allow_adding=True)
SHORTING = StrategyView("two sided", allowed_symbols=frozenset({"*"}), bare_sell="short")


def refusal(asked, in_book=None, **more) -> RuleBroken:
    with pytest.raises(RuleBroken) as broken:
        plan_for(view(asked, in_book, **more))
    return broken.value


@pytest.mark.parametrize(
    ("intent", "thesis", "word"),
    [
        ("open_long", LONG, "call"),
        ("open_short", SHORT, "put"),
        ("reverse_to_long", LONG, "call"),
        ("reverse_to_short", SHORT, "put"),
    ],
)
def test_a_flat_book_opens_a_call_for_long_and_a_put_for_short(intent, thesis, word):
    """A reversal with nothing to reverse is a plain opening."""
    plan = plan_for(view(intent))
    assert (plan.action, plan.thesis, plan.closings, plan.cancel_order_ids) == (Action.OPEN, thesis, (), ())
    assert plan.text == f"buy a {word} on GOOG"
    assert plan.opens
    assert not plan.closes


@pytest.mark.parametrize("intent", ["open_short", "reverse_to_short"])
def test_the_other_side_is_closed_before_anything_is_opened(intent):
    """Both sides are never held, whether the alert says reversal or not."""
    plan = plan_for(view(intent, book(held(3, LONG, 2), held(4, LONG, 1, underlying="TWX"), orders=(order(9, LONG),))))
    assert (plan.action, plan.thesis) == (Action.REVERSE, SHORT)
    assert plan.close_position_ids == (3,)
    assert plan.close_quantity == 2
    assert plan.cancel_order_ids == (9,)
    assert plan.text == "cancel 1 entry order, sell 2 contracts, then buy a put on GOOG"
    assert plan.opens
    assert plan.closes


def test_a_reversal_while_the_entry_is_pending_cancels_the_entry():
    """Nothing is held yet, so there is nothing to sell."""
    plan = plan_for(view("reverse_to_short", book(orders=(order(9, LONG), order(10, LONG)))))
    assert (plan.action, plan.closings, plan.cancel_order_ids) == (Action.REVERSE, (), (9, 10))
    assert plan.text == "cancel 2 entry orders, then buy a put on GOOG"


def test_a_reversal_waits_for_an_exit_that_is_at_work():
    """The position that is being left counts as held until it is gone, and is not sold twice."""
    plan = plan_for(view("reverse_to_short", book(held(3, LONG, 2, exiting=2))))
    assert (plan.action, plan.close_position_ids, plan.close_quantity) == (Action.REVERSE, (3,), 0)
    assert plan.text == "wait for the exit orders at work, then buy a put on GOOG"


def test_flat_closes_all_that_is_held_and_cancels_what_rests():
    """A part-filled entry would otherwise fill after the exit."""
    plan = plan_for(view("flatten", book(held(3, LONG, 2), held(4, SHORT, 1), orders=(order(9, LONG),))))
    assert (plan.action, plan.thesis) == (Action.CLOSE, None)
    assert [(c.position_id, c.quantity) for c in plan.closings] == [(3, 2), (4, 1)]
    assert plan.cancel_order_ids == (9,)
    assert plan.closes
    assert not plan.opens


@pytest.mark.parametrize(("intent", "closed"), [("exit_long", (3,)), ("exit_short", (4,))])
def test_an_exit_of_one_side_leaves_the_other(intent, closed):
    """exit_long closes calls, exit_short closes puts."""
    both = book(held(3, LONG), held(4, SHORT), orders=(order(9, LONG if intent == "exit_short" else SHORT),))
    plan = plan_for(view(intent, both))
    assert plan.close_position_ids == closed
    assert plan.cancel_order_ids == ()


def test_an_exit_with_only_a_resting_entry_cancels_it():
    """Leaving before the entry has filled is leaving too."""
    plan = plan_for(view("flatten", book(orders=(order(9),))))
    assert (plan.action, plan.closings, plan.cancel_order_ids) == (Action.CLOSE, (), (9,))
    assert plan.text == "cancel 1 entry order on GOOG"


@pytest.mark.parametrize("intent", ["flatten", "exit_long", "exit_short", "sell", "reduce_long"])
def test_a_flat_book_has_nothing_to_close(intent):
    """A late scale-out must not sell below flat."""
    broken = refusal(signal(intent, quantity=Decimal(5), target_position=Decimal(5)))
    assert broken.code == "nothing_to_close"
    assert "the book holds nothing" in broken.message


def test_what_is_being_left_already_is_not_sold_again():
    """The refusal tells how much is on its way."""
    broken = refusal("flatten", book(held(3, LONG, 4, exiting=4)))
    assert (broken.code, broken.message) == (
        "nothing_to_close",
        "exit orders for 4 contracts on GOOG are at work already",
    )
    assert refusal(signal("reduce_long", quantity=Decimal(1)), book(held(3, LONG, 4, exiting=4))).code == broken.code


def test_two_scale_outs_of_one_second_close_half_and_then_the_rest():
    """10 -> 5 -> 0 on four contracts: the second leg sees what the first has taken."""
    first = signal("reduce_long", quantity=Decimal(5), previous_position=Decimal(10), target_position=Decimal(5))
    assert plan_for(view(first, book(held(3, LONG, 4)))).close_quantity == 2
    assert plan_for(view("flatten", book(held(3, LONG, 4, exiting=2)))).close_quantity == 2


def test_a_reduction_cancels_what_rests_and_takes_the_oldest_first():
    """A share of everything held on the symbol, from the oldest position on."""
    asked = signal("reduce_long", previous_position=Decimal(10), target_position=Decimal(4))
    plan = plan_for(view(asked, book(held(6, LONG, 2), held(5, LONG, 2), held(7, LONG, 1), orders=(order(9, LONG),))))
    assert (plan.action, plan.close_fraction) == (Action.REDUCE, Decimal("0.6"))
    assert [(c.position_id, c.quantity) for c in plan.closings] == [(5, 2), (6, 1)]
    assert plan.cancel_order_ids == (9,)
    assert plan.text == "sell 3 of 5 contracts on GOOG"


@pytest.mark.parametrize(("asked", "sold"), [("1", 1), ("2.7", 2), ("0.2", 1), ("500", 3), ("1e999", 3)])
def test_a_bare_quantity_is_taken_as_contracts_and_clamped_to_what_is_held(asked, sold):
    """Without a position to measure it by there is no ratio."""
    plan = plan_for(view(signal("reduce_long", quantity=Decimal(asked)), book(held(3, LONG, 3))))
    assert (plan.close_quantity, plan.close_fraction) == (sold, None)


def test_a_reduction_without_any_size_is_refused():
    """Half would be a guess."""
    assert refusal("reduce_long", book(held(3, LONG, 3))).code == "quantity_unknown"


@pytest.mark.parametrize("in_book", [book(), book(held(3, LONG, 1))])
def test_a_buy_that_leaves_a_short_needs_a_short(in_book):
    """It is refused when flat or long and never opens anything."""
    broken = refusal(signal("reduce_short", quantity=Decimal(10)), in_book)
    assert broken.code == "position_mismatch"
    assert ("1 call" in broken.message) == bool(in_book.positions)


def test_a_reduction_of_the_side_that_is_not_held_is_a_mismatch():
    """The strategy in TradingView and the book have drifted apart."""
    broken = refusal(signal("reduce_long", quantity=Decimal(1)), book(held(3, SHORT, 2)))
    assert (broken.code, broken.message) == (
        "position_mismatch",
        "the alert reduces a long position on GOOG; the book holds 2 puts",
    )


def test_a_bare_sell_reduces_or_shorts_as_the_strategy_says():
    """With a size it reduces, without one it closes, and under the setting short it buys a put."""
    long_book = book(held(3, LONG, 4))
    assert plan_for(view(signal("sell", quantity=Decimal(3)), long_book)).close_quantity == 3
    assert plan_for(view("sell", long_book)).action is Action.CLOSE
    assert plan_for(view("sell", long_book, strategy=SHORTING)).action is Action.REVERSE
    assert plan_for(view("sell", strategy=SHORTING)).thesis is SHORT
    assert refusal(signal("sell", quantity=Decimal(3)), book(held(3, SHORT))).code == "nothing_to_close"


def test_an_addition_takes_its_side_from_the_open_position():
    """There must be exactly one side."""
    assert plan_for(view("add_to_position", book(held(3, SHORT)))).thesis is SHORT
    assert plan_for(view("add_to_position", book(held(3, LONG)))).action is Action.ADD
    assert refusal("add_to_position").code == "no_position_to_add"
    assert refusal("add_to_position", book(held(3, LONG), held(4, SHORT))).code == "position_mismatch"


@pytest.mark.parametrize(
    ("target", "previous", "in_book", "action", "thesis"),
    [
        ("50", None, book(), Action.OPEN, LONG),
        ("-50", None, book(), Action.OPEN, SHORT),
        ("-50", "50", book(held(3, LONG)), Action.REVERSE, SHORT),
        ("50", "-50", book(held(3, SHORT)), Action.REVERSE, LONG),
        ("50", "-50", book(held(3, SHORT), held(4, LONG)), Action.REVERSE, LONG),
        ("0", "50", book(held(3, LONG)), Action.CLOSE, None),
        ("5", "10", book(held(3, LONG)), Action.REDUCE, None),
        ("-5", "-10", book(held(3, SHORT)), Action.REDUCE, None),
        ("20", "10", book(held(3, LONG)), Action.ADD, LONG),
        ("-20", "-10", book(held(3, SHORT)), Action.ADD, SHORT),
    ],
)
def test_a_target_position_becomes_the_step_that_leads_there(target, previous, in_book, action, thesis):
    """Signed target after the fill; the difference to the previous one decides."""
    asked = signal(
        "set_position",
        target_position=Decimal(target),
        previous_position=None if previous is None else Decimal(previous),
    )
    plan = plan_for(view(asked, in_book))
    assert (plan.action, plan.thesis) == (action, thesis)


@pytest.mark.parametrize("previous", [None, Decimal(50), Decimal(0), Decimal(-50)])
def test_a_target_that_is_held_already_is_not_bought_again(previous):
    """Setting a position twice is setting it once, even where adding is allowed."""
    asked = signal("set_position", target_position=Decimal(50), previous_position=previous)
    assert refusal(asked, book(held(3, LONG)), strategy=ADDING).code == "position_open"


def test_a_target_nobody_told_is_refused():
    """set_position without its position means nothing."""
    assert refusal("set_position").code == "quantity_unknown"


def test_cancel_takes_back_resting_entries_and_sells_nothing():
    """Both sides' entries on the symbol, no others."""
    live = book(held(3), orders=(order(9, LONG), order(10, SHORT), order(11, LONG, underlying="TWX")))
    plan = plan_for(view("cancel", live))
    assert (plan.action, plan.cancel_order_ids, plan.closings) == (Action.CANCEL, (9, 10), ())
    assert refusal("cancel", book(held(3))).code == "nothing_to_cancel"


@pytest.mark.parametrize(
    ("quantity", "kind", "sold"),
    [("50", "percent_of_position", 2), ("250", "percent_of_position", 4), ("3", "units", 3)],
)
def test_a_reduction_may_be_told_in_percent_of_the_position(quantity, kind, sold):
    """Half of four contracts are two; more than all is all."""
    asked = signal("reduce_long", quantity=Decimal(quantity), quantity_type=kind)
    assert plan_for(view(asked, book(held(3, LONG, 4)))).close_quantity == sold


@pytest.mark.parametrize("kind", ["risk_percent", "dollar_amount", "percent_of_position"])
def test_money_and_missing_percentages_are_not_contracts(kind):
    """5 percent of equity must not sell five contracts."""
    quantity = None if kind == "percent_of_position" else Decimal(5)
    broken = refusal(signal("reduce_long", quantity=quantity, quantity_type=kind), book(held(3, LONG, 9)))
    assert broken.code == "quantity_unknown"


def test_a_reduction_of_no_side_is_of_the_side_held():
    """Flat there is nothing to close, and with both sides held nobody can tell."""
    half = signal("reduce", quantity=Decimal(50), quantity_type="percent_of_position")
    assert plan_for(view(half, book(held(3, SHORT, 4)))).close_quantity == 2
    assert plan_for(view(half, book(held(3, LONG, 4)))).close_position_ids == (3,)
    assert refusal(half).code == "nothing_to_close"
    assert refusal(half, book(held(3, LONG), held(4, SHORT))).code == "position_mismatch"


CALL_750 = OptionContract.parse("GOOG151231C00750000")
PUT_750 = OptionContract.parse("GOOG151231P00750000")
CALL_760 = OptionContract.parse("GOOG151231C00760000")


@pytest.mark.parametrize(
    ("intent", "more"), [("open_long", {}), ("reverse_to_long", {}), ("set_position", {"target_position": Decimal(1)})]
)
def test_buying_a_named_put_is_bearish(intent, more):
    """Long and short are of the option that the alert names, not of its underlying."""
    assert plan_for(view(signal(intent, contract=PUT_750, **more))).thesis is SHORT
    assert plan_for(view(signal(intent, contract=CALL_750, **more))).thesis is LONG
    assert plan_for(view(signal(intent, contract=PUT_750, **more), book(held(3, LONG)))).action is Action.REVERSE


@pytest.mark.parametrize("intent", ["flatten", "exit_long", "sell", "reduce", "reduce_long"])
def test_leaving_a_named_option_sells_that_one_only(intent):
    """The other contracts of the underlying stay."""
    in_book = book(held(3, LONG, 2), held(4, SHORT, 2))
    for contract, closed in ((CALL_750, (3,)), (PUT_750, (4,))):
        asked = signal(intent, contract=contract, quantity=Decimal(1))
        assert plan_for(view(asked, in_book, strategy=SHORTING)).close_position_ids == closed
    broken = refusal(signal(intent, contract=CALL_760, quantity=Decimal(1)), book(held(3, LONG, 2)))
    assert (broken.code, broken.message) == (
        "nothing_to_close",
        "no GOOG151231C00760000 on GOOG is held; the book holds 2 calls",
    )


@pytest.mark.parametrize("intent", ["open_short", "reverse_to_short", "exit_short", "reduce_short"])
def test_an_option_is_never_sold_short(intent):
    """A book holds what it bought and nothing else."""
    assert refusal(signal(intent, contract=CALL_750), book(held(3, LONG))).code == "option_short_unsupported"


def test_every_intent_of_an_alert_has_a_plan():
    """What the parser can say the engine understands."""
    assert {intent.value for intent in Intent} == set(PLANNERS)


def test_an_unknown_intent_is_refused():
    """The refusal names it."""
    broken = refusal("hedge")
    assert (broken.code, "'hedge'" in broken.message) == ("intent_unsupported", True)


@pytest.mark.parametrize(
    ("previous", "target", "quantity", "share"),
    [
        ("10", "5", None, "0.5"),
        ("-10", "-2", None, "0.8"),
        (None, "5", "5", "0.5"),
        (None, "0", "5", "1"),
        ("10", "-10", None, "1"),
        ("10", "0", None, "1"),
        ("10", "10", None, None),
        ("5", "10", None, None),
        ("0", "0", None, None),
        (None, "5", None, None),
        (None, None, "5", None),
        ("10", None, "5", None),
    ],
)
def test_the_share_comes_from_the_positions_of_the_alert(previous, target, quantity, share):
    """None where the figures tell no reduction; a crossing through zero takes all."""
    numbers = [None if n is None else Decimal(n) for n in (previous, target, quantity)]
    asked = signal(previous_position=numbers[0], target_position=numbers[1], quantity=numbers[2])
    assert share_asked(asked) == (None if share is None else Decimal(share))


sizes = st.none() | st.decimals("-1000", "1000", places=2)
positions = st.builds(
    held,
    st.integers(1, 50),
    st.sampled_from([LONG, SHORT]),
    st.integers(0, 20),
    exiting=st.integers(0, 25),
    underlying=st.sampled_from(["GOOG", "TWX"]),
)
books = st.lists(positions, max_size=5, unique_by=lambda p: p.position_id).map(lambda ps: book(*ps))
amounts = st.none() | st.decimals("0.01", "1000", places=2)
signals = st.builds(
    signal,
    st.sampled_from(sorted(PLANNERS)),
    quantity=amounts,
    previous_position=sizes,
    target_position=sizes,
    quantity_type=st.sampled_from([None, "units", "percent_of_position", "risk_percent"]),
    contract=st.sampled_from([None, None, CALL_750, PUT_750, CALL_760]),
)


@given(asked=signals, in_book=books, strategy=st.sampled_from([ADDING, SHORTING]))
def test_no_plan_sells_more_than_is_held_or_touches_another_symbol(asked, in_book, strategy):
    """Whatever the alert says: quantities are within what no exit order covers, of this symbol, each position once."""
    try:
        plan = plan_for(view(asked, in_book, strategy=strategy))
    except RuleBroken:
        return
    available = {p.position_id: p.available for p in in_book.positions if p.underlying == "GOOG"}
    assert len(set(plan.close_position_ids)) == len(plan.closings)
    assert all(0 <= closing.quantity <= available[closing.position_id] for closing in plan.closings)
    if plan.action is Action.REDUCE:
        assert plan.close_quantity >= 1
    if plan.opens:
        against = {p.position_id for p in in_book.positions if p.underlying == "GOOG" and p.thesis is not plan.thesis}
        assert against <= set(plan.close_position_ids)
