"""Engine A's rules and the verdict they come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quote_gate import QuoteVerdict
from domain.reasons import REASONS
from domain.rules import ENTRY_RULES, Action, Limits, StrategyView, decide
from domain.rules.plan import PLANNERS
from tests.domain.rules.builders import CLOSED, CLOSES, LONG, NOW, SESSION, SHORT, book, held, order, signal, view

STRATEGY = view().strategy
WIDE = QuoteVerdict(False, "quote_wide", "spread 3 of 1 / 4 is 120.0% of the middle, allowed 0.25")


def positions(count: int, cost: str = "10"):
    return [held(n, underlying=f"S{n}", cost=Decimal(cost)) for n in range(1, count + 1)]


def test_an_ordinary_entry_passes_every_rule_in_order():
    """Every result is kept with its figures, passed ones too."""
    verdict = decide(view())
    assert (verdict.approved, verdict.reason, verdict.text) == (True, None, "buy a call on GOOG")
    assert len(verdict.results) == len(ENTRY_RULES)
    assert all(result.passed and result.text for result in verdict.results)
    assert [r.code for r in verdict.results] == [rule.code for rule in ENTRY_RULES]


REFUSALS = {
    "strategy_paused": ({"strategy": replace(STRATEGY, paused=True)}, "strategy ema cross is paused"),
    "book_halted": ({"in_book": book(status="halted")}, "book paper is halted"),
    "market_closed": (
        {"session": CLOSED},
        "equity_option does not trade at 2015-12-24 15:00 UTC; it opens 2015-12-25 14:30 UTC; nothing can be filled",
    ),
    "closing_soon": (
        {"now": CLOSES - timedelta(minutes=2), "asked": signal(alert_time=CLOSES - timedelta(minutes=2))},
        "2 min to the close at 2015-12-24 18:00 UTC, entries need 5",
    ),
    "symbol_not_allowed": (
        {"strategy": StrategyView("s", allowed_symbols=frozenset({"TWX", "AAPL"}))},
        "GOOG is not allowed; strategy s allows AAPL, TWX",
    ),
    "symbol_denied": ({"denied_symbols": frozenset({"GOOG"})}, "GOOG is on the deny list"),
    "stale_signal": (
        {"asked": signal(alert_time=NOW - timedelta(minutes=20))},
        "the alert is 1200 s old, allowed 300 s",
    ),
    "quote_missing": ({"quote_verdict": None}, "no quote of GOOG was judged"),
    "quote_wide": ({"quote_verdict": WIDE}, WIDE.text),
    "position_open": (
        {"in_book": book(held())},
        "1 open position and 0 entry orders on GOOG in book paper",
    ),
    "max_open_positions": ({"in_book": book(*positions(10))}, "10 of 10 positions open"),
    "max_positions_per_symbol": (
        {"in_book": book(held(1), held(2), orders=(order(),)), "strategy": replace(STRATEGY, allow_adding=True)},
        "3 of 3 positions on GOOG",
    ),
    "max_exposure": ({"in_book": book(*positions(2, "5000"))}, "exposure 10,000.00 of 10,000.00"),
    "max_daily_loss": (
        {"in_book": book(realized_today=Decimal(-900), unrealized=Decimal("-100.5"))},
        "lost 1,000.50 of 1,000.00 today (realized -900.00, unrealized -100.50)",
    ),
    "max_orders_per_minute": ({"in_book": book(orders_last_minute=30)}, "30 of 30 orders in the last minute"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_each_rule_refuses_with_its_code_and_figures(code):
    """One thing is wrong, and the refusal says which, readably; the code has a page."""
    changes, text = REFUSALS[code]
    verdict = decide(view(**changes))
    assert (verdict.approved, verdict.reason, verdict.text, verdict.plan) == (False, code, text, None)
    assert code in REASONS
    assert [r.code for r in verdict.results if not r.passed] == [code]


def test_the_first_rule_in_order_names_the_refusal_and_the_others_are_kept():
    """Paused and closed and denied: paused is said, all are stored."""
    paused = replace(STRATEGY, paused=True)
    verdict = decide(view(strategy=paused, session=CLOSED, denied_symbols=frozenset({"GOOG"})))
    assert verdict.reason == "strategy_paused"
    assert [r.code for r in verdict.results if not r.passed] == ["strategy_paused", "market_closed", "symbol_denied"]


def test_limits_are_those_of_the_view():
    """A limit changed in its row counts at the next decision."""
    in_book = book(*positions(2))
    assert decide(view(in_book=in_book)).approved
    assert decide(view(in_book=in_book, limits=Limits(max_open_positions=2))).text == "2 of 2 positions open"


def test_an_open_gain_does_not_make_up_for_a_realized_loss():
    """The open gain may be gone in a minute."""
    verdict = decide(view(in_book=book(realized_today=Decimal(-1000), unrealized=Decimal(5000))))
    assert verdict.reason == "max_daily_loss"
    assert decide(view(in_book=book(realized_today=Decimal(400), unrealized=Decimal(-1300)))).approved


def test_a_partly_filled_entry_counts_once():
    """Its position is there and its order still works."""
    in_book = book(*positions(9), orders=(order(7, underlying="S1", position_id=1),))
    assert in_book.open_positions == 9
    assert in_book.positions_on("S1") == 1
    assert decide(view(in_book=in_book)).approved


def test_reduce_only_orders_are_neither_positions_nor_exposure():
    """A service may hand over every live order."""
    in_book = book(orders=(order(reduce_only=True),))
    assert (in_book.open_positions, in_book.exposure, in_book.free_cash) == (0, 0, in_book.cash)
    assert decide(view(in_book=in_book)).approved


def test_freshness_is_the_stricter_of_strategy_and_alert():
    """Without a time of its own an alert is as old as its receipt."""
    old = {"alert_time": None, "received_at": NOW - timedelta(seconds=100)}
    assert decide(view(signal(**old))).approved
    assert decide(view(signal(**old, max_lag=timedelta(seconds=60)))).reason == "stale_signal"
    long_lag = signal(alert_time=NOW - timedelta(seconds=301), max_lag=timedelta(hours=1))
    assert decide(view(long_lag)).reason == "stale_signal"


def test_an_entry_is_still_taken_exactly_at_the_cutoff():
    """Five minutes before the close is not yet within the last five minutes."""
    at = CLOSES - timedelta(minutes=5)
    assert decide(view(signal(alert_time=at), now=at)).approved


def test_a_star_allows_every_symbol_and_an_empty_list_none():
    """Nothing is allowed by forgetting to say."""
    assert decide(view(strategy=StrategyView("s", allowed_symbols=frozenset({"*"})))).approved
    assert "allows no symbol" in decide(view(strategy=StrategyView("s"))).text


def test_adding_passes_where_the_strategy_allows_it():
    """The second position on a symbol is one of three."""
    adding = replace(STRATEGY, allow_adding=True)
    assert decide(view("add_to_position", book(held()), strategy=adding)).plan.action is Action.ADD
    assert decide(view("open_long", book(held()), strategy=adding)).approved
    assert decide(view("add_to_position", book(held()))).reason == "position_open"


WORST = {
    "strategy": StrategyView("s", paused=True),
    "denied_symbols": frozenset({"GOOG"}),
    "limits": Limits(0, 0, Decimal(0), Decimal(0), Decimal(0), 0),
    "quote_verdict": None,
}


@pytest.mark.parametrize("intent", ["flatten", "exit_long", "sell", "reduce_long"])
def test_exits_are_not_held_back_by_limits_halt_lists_or_a_pause(intent):
    """What holds entries back must never lock a position in."""
    in_book = book(held(3, LONG, 2), status="halted", realized_today=Decimal(-5000))
    verdict = decide(view(signal(intent, quantity=Decimal(1), alert_time=NOW - timedelta(hours=1)), in_book, **WORST))
    assert (verdict.approved, verdict.reason) == (True, None)
    assert verdict.plan.close_position_ids == (3,)


def test_an_exit_outside_the_session_is_refused_because_nothing_can_be_filled():
    """The exit rules look after the position when the market opens again."""
    verdict = decide(view("flatten", book(held()), session=CLOSED))
    assert (verdict.approved, verdict.reason) == (False, "market_closed")
    assert "nothing can be filled" in verdict.text


def test_a_plan_that_cannot_be_made_refuses_with_its_own_code():
    """A closed market is told first: it refuses whatever is held."""
    assert decide(view("flatten")).reason == "nothing_to_close"
    verdict = decide(view("flatten", session=CLOSED))
    assert verdict.reason == "market_closed"
    assert [r.code for r in verdict.results] == ["market_closed", "nothing_to_close"]


def test_a_cancel_passes_at_any_hour():
    """Taking an order back needs no market."""
    verdict = decide(view("cancel", book(orders=(order(9),)), session=CLOSED, **WORST))
    assert (verdict.approved, verdict.plan.action) == (True, Action.CANCEL)


def test_a_reversal_is_judged_on_the_book_as_it_will_be():
    """10 of 10 positions, one of which it closes: there is room for the new one."""
    in_book = book(held(99, LONG), *positions(9), orders=(order(9, LONG, position_id=99),))
    verdict = decide(view("reverse_to_short", in_book))
    assert (verdict.approved, verdict.plan.action, verdict.reason) == (True, Action.REVERSE, None)
    assert next(r.text for r in verdict.results if r.code == "max_open_positions") == "9 of 10 positions open"


@pytest.mark.parametrize("code", sorted(set(REFUSALS) - {"market_closed", "position_open", "max_positions_per_symbol"}))
def test_a_reversal_whose_entry_is_refused_still_closes(code):
    """The alert says that the old side is wrong; limits on entries do not keep it."""
    changes = dict(REFUSALS[code][0])
    in_book = changes.pop("in_book", book())
    in_book = replace(in_book, positions=(*in_book.positions, held(99, LONG)))
    asked = replace(changes.pop("asked", signal()), intent="reverse_to_short")
    verdict = decide(view(asked, in_book, **changes))
    assert (verdict.approved, verdict.reason) == (True, code)
    assert verdict.text.startswith("closing only, no entry: ")
    assert (verdict.plan.action, verdict.plan.thesis, verdict.plan.close_position_ids) == (Action.CLOSE, None, (99,))
    assert verdict.plan.text == "sell 2 contracts"


def test_a_reversal_outside_the_session_does_nothing():
    """Neither half could be filled."""
    verdict = decide(view("reverse_to_short", book(held()), session=CLOSED))
    assert (verdict.approved, verdict.reason) == (False, "market_closed")


def test_a_refused_reversal_with_the_exit_at_work_is_a_refusal():
    """Nothing is left to be done."""
    verdict = decide(view("reverse_to_short", book(held(3, LONG, 2, exiting=2)), quote_verdict=None))
    assert (verdict.approved, verdict.reason) == (False, "quote_missing")


def test_a_refused_reversal_still_cancels_the_resting_entry():
    """There is no position, only the entry order of the wrong side."""
    verdict = decide(view("reverse_to_short", book(orders=(order(9, LONG),)), quote_verdict=None))
    assert (verdict.approved, verdict.plan.action, verdict.plan.cancel_order_ids) == (True, Action.CLOSE, (9,))


def test_a_running_session_tells_its_note():
    """An early close is on the trail of every decision of that day."""
    texts = {r.code: r.text for r in decide(view()).results}
    assert texts["market_closed"] == "equity_option trades until 2015-12-24 18:00 UTC (early close)"


@given(
    intent=st.sampled_from([*sorted(PLANNERS), "hedge"]),
    held_longs=st.integers(0, 3),
    held_shorts=st.integers(0, 3),
    session=st.sampled_from([SESSION, CLOSED]),
    status=st.sampled_from(["active", "halted"]),
    quote=st.sampled_from([None, WIDE, QuoteVerdict(True, None, "good")]),
)
def test_every_view_gets_a_verdict_and_every_refusal_a_known_code(
    intent, held_longs, held_shorts, session, status, quote
):
    """decide() is total; a refusal's code is declared and its text is not empty; an approval has a plan."""
    longs = [held(n, LONG) for n in range(1, held_longs + 1)]
    shorts = [held(n, SHORT) for n in range(11, held_shorts + 11)]
    verdict = decide(view(intent, book(*longs, *shorts, status=status), session=session, quote_verdict=quote))
    assert verdict.approved == (verdict.plan is not None)
    assert verdict.text
    assert verdict.reason is None or verdict.reason in REASONS
    if not verdict.approved:
        assert verdict.reason is not None
