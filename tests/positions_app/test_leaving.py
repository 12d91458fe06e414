"""Marks, exit rules, closing and settlement."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from books_app import clock
from books_app.models import Account, LedgerEntry
from domain.errors import RuleBroken
from orders_app.models import Order
from orders_app.services import create_exit
from positions_app.models import ExitRule, ExitVerdict, Position
from positions_app.services import evaluate_exits, refresh_marks
from risk_app.models import SymbolRule
from tests.factories import Desk, Floor, a_desk, seed_exit_rules
from tests.trading import entry_of, open_a_position, sweep, told, trade
from workers import pipeline

pytestmark = pytest.mark.django_db(transaction=True)


def _marked(position: Position, floor: Floor, factor: str) -> Position:
    floor.market.option_factor = Decimal(factor)
    floor.clock.forward(5)
    refresh_marks()
    position.refresh_from_db()
    return position


def test_a_mark_is_the_middle_of_a_good_quote(desk: Desk, floor: Floor) -> None:
    """Best and worst marks are kept as it moves."""
    position = _marked(open_a_position(desk, floor), floor, "1")
    first = position.mark
    higher = _marked(position, floor, "1.2").mark
    lower = _marked(position, floor, "0.9").mark

    assert higher > first > lower
    assert (position.best_mark, position.worst_mark) == (higher, lower)
    assert position.quote_good


def test_without_a_good_quote_the_last_mark_stays_and_says_so(desk: Desk, floor: Floor) -> None:
    """Rules by mark wait; the position tells why."""
    position = _marked(open_a_position(desk, floor), floor, "1")
    mark = position.mark
    floor.market.silent = True
    position = _marked(position, floor, "0.1")

    assert (position.mark, position.quote_good, position.quote_reason) == (mark, False, "market_data_failed")
    assert evaluate_exits() == []


@pytest.mark.parametrize(("factor", "kind"), [("0.4", "stop_loss"), ("1.6", "profit_target")])
def test_stop_and_target_leave_the_position(desk: Desk, floor: Floor, factor: str, kind: str) -> None:
    """One reduce-only exit order, filled at the bid; P&L in the ledger equals the position's."""
    position = _marked(open_a_position(desk, floor), floor, factor)
    assert pipeline.monitor_exits() == 1
    position.refresh_from_db()

    assert (position.status, position.exit_reason, position.quantity, position.cost) == ("closed", kind, 0, 0)
    exit_order = Order.objects.get(position=position, reduce_only=True)
    assert (exit_order.status, exit_order.side) == ("filled", "sell")
    realized = LedgerEntry.objects.get(booking=f"fill:{exit_order.fills.get().pk}", line="realized")
    assert realized.amount == -position.realized
    book = Account.objects.get(pk=desk.account.pk)
    assert book.cash == desk.account.cash + position.realized - position.commission


def test_verdicts_are_kept_when_they_change(desk: Desk, floor: Floor) -> None:
    """Every enabled rule's word, once, and again when one of them says something else."""
    position = _marked(open_a_position(desk, floor), floor, "1")
    evaluate_exits()
    evaluate_exits()
    kept = ExitVerdict.objects.get()
    assert kept.fired_kind == ""
    assert {row[0] for row in kept.verdicts} >= {"stop_loss", "profit_target", "max_hold", "delta"}
    _marked(position, floor, "0.4")
    assert [wish.kind for wish in evaluate_exits()] == ["stop_loss"]
    assert ExitVerdict.objects.count() == 2


def test_the_most_specific_rule_counts(floor: Floor) -> None:
    """A strategy's own row replaces the default; a disabled one switches it off."""
    seed_exit_rules()
    patient, careless = a_desk(), a_desk()
    ExitRule.objects.create(strategy=patient.strategy, kind="stop_loss", params={"fraction": "0.9"})
    ExitRule.objects.create(strategy=careless.strategy, symbol="AAPL", kind="stop_loss", enabled=False)
    for desk in (patient, careless):
        open_a_position(desk, floor)
    floor.market.option_factor = Decimal("0.4")
    refresh_marks()

    assert "stop_loss" not in {wish.kind for wish in evaluate_exits()}


def test_a_halted_symbol_is_left(desk: Desk, floor: Floor) -> None:
    """An operator marks the symbol: the first tier leaves it in that book, and the deny list keeps it out."""
    position = _marked(open_a_position(desk, floor), floor, "1")
    other = open_a_position(a_desk(), floor)
    SymbolRule.objects.create(account=desk.account, symbol="AAPL", leave=True, note="halted")
    assert [(wish.position_id, wish.kind) for wish in evaluate_exits()] == [(position.pk, "halted")]
    SymbolRule.objects.create(account=None, symbol="AAPL", leave=True)
    assert {wish.position_id for wish in evaluate_exits()} == {position.pk, other.pk}


def test_a_scale_out_leaves_a_part_and_guards_the_rest(floor: Floor) -> None:
    """closing, then open again with what is left, marked as scaled out."""
    desk = a_desk(sizing_value=4, limits={"max_exposure_per_position": 9000})
    ExitRule.objects.create(strategy=desk.strategy, kind="scale_out", params={})
    position = _marked(open_a_position(desk, floor), floor, "1.4")
    assert pipeline.monitor_exits() == 1
    position.refresh_from_db()

    assert (position.status, position.scaled_out) == ("open", True)
    assert 0 < position.quantity < 4
    assert pipeline.monitor_exits() == 0


def test_an_exit_is_one_order_and_grows_with_the_wish(floor: Floor) -> None:
    """A second wish that the live order covers gets that order; a larger one replaces it; never more than is held."""
    desk = a_desk(sizing_value=3, limits={"max_exposure_per_position": 9000})
    position = open_a_position(desk, floor)
    part = create_exit(position_id=position.pk, quantity=1, reason="alert", text="", actor="t")
    assert create_exit(position_id=position.pk, quantity=0, reason="alert", text="", actor="t") == part
    whole = create_exit(position_id=position.pk, reason="manual", text="", actor="t")
    part.refresh_from_db()

    assert (part.status, whole.quantity) == ("cancelled", 3)
    with pytest.raises(RuleBroken, match="bad_quantity"):
        create_exit(position_id=open_a_position(a_desk(), floor).pk, quantity=0, reason="alert", text="", actor="t")
    assert create_exit(position_id=position.pk, quantity=99, reason="alert", text="", actor="t") == whole
    assert Order.objects.filter(reduce_only=True, position=position).exclude(status="cancelled").count() == 1


def test_leaving_takes_back_the_entry_that_still_buys(floor: Floor) -> None:
    """The rest of a partly filled entry is cancelled in the same transaction."""
    floor.market.size = 2
    desk = a_desk(sizing_value=3, limits={"max_exposure_per_position": 5000})
    position = open_a_position(desk, floor)
    trade(desk, floor, action="sell", order_id="Exit")
    position.refresh_from_db()

    assert (entry_of(position).status, position.status) == ("cancelled", "closed")


def test_an_exit_that_finds_no_quote_tries_on(desk: Desk, floor: Floor) -> None:
    """An exit never fails for want of a quote: it waits in short pauses until the session ends, then starts again."""
    position = open_a_position(desk, floor)
    floor.market.silent = True
    pipeline.leave_position(position.pk, reason="manual", text="", actor="t")
    for _ in range(12):
        floor.clock.forward(11)
        sweep(floor)
    order = Order.objects.get(reduce_only=True)
    assert (order.status, order.attempts > 6) == ("pending_execution", True)
    assert order.due_at - clock.now() <= timedelta(seconds=10)
    floor.clock.at = order.expires_at
    sweep(floor)
    position.refresh_from_db()
    assert position.status == "open"
    floor.market.silent = False
    assert pipeline.leave_position(position.pk, reason="manual", text="", actor="t") == "filled"


def test_a_closed_position_cannot_be_left_again(desk: Desk, floor: Floor) -> None:
    """The rule, the hand and the alert come at once: the last ones are told."""
    position = open_a_position(desk, floor)
    pipeline.leave_position(position.pk, reason="manual", text="", actor="t")
    with pytest.raises(RuleBroken, match="position_not_open"):
        create_exit(position_id=position.pk, reason="manual", text="", actor="t")
    assert pipeline.leave_position(position.pk, reason="manual", text="", actor="t") is None


def test_a_reversal_closes_first_and_opens_when_flat(desk: Desk, floor: Floor) -> None:
    """Never both sides; the signal is closing until the exit is filled."""
    call = open_a_position(desk, floor)
    signal = trade(desk, floor, action="sell", sentiment="short", order_id="Short")
    call.refresh_from_db()
    put = Position.objects.get(signal=signal)

    assert (call.status, put.right, signal.status) == ("closed", "P", "ordered")
    assert put.opened_at >= call.closed_at


def test_a_reversal_waits_for_an_exit_that_rests(floor: Floor) -> None:
    """The market shows less than is held: the put is bought only after the last call is gone."""
    desk = a_desk(sizing_value=3, limits={"max_exposure_per_position": 5000})
    open_a_position(desk, floor)
    floor.market.size = 2
    signal = trade(desk, floor, action="sell", sentiment="short", order_id="Short")
    assert signal.status == "closing"
    assert not Position.objects.filter(right="P").exists()
    floor.clock.forward(6)
    sweep(floor)
    signal.refresh_from_db()
    assert signal.status == "ordered"
    assert Position.objects.filter(right="P").exists()


def test_a_reversal_that_never_gets_flat_is_given_up(floor: Floor) -> None:
    """After its tries the entry is refused with the reason; the exit goes on."""
    desk = a_desk()
    open_a_position(desk, floor)
    floor.market.silent = True
    answer = desk.post(desk.alert(action="sell", sentiment="short", order_id="Short"))
    floor.market.silent = False
    from signals_app import services as signals
    from signals_app.models import Signal

    signal_id = told(answer)["signals"][0]
    signals.decide(signal_id=signal_id)
    floor.market.silent = True
    floor.follow_nudges()
    pipeline.order_signal(signal_id)
    for _ in range(12):
        floor.clock.forward(40)
        sweep(floor)
    signal = Signal.objects.get(pk=signal_id)
    assert signal.status == "rejected"
    assert signal.reason in {"reversal_not_flat", "stale_signal"}


def test_reductions_sell_a_share_of_the_contracts(floor: Floor) -> None:
    """Half of the simulated shares is half of the contracts; what arrives late sells nothing below flat."""
    desk = a_desk(sizing_value=4, limits={"max_exposure_per_position": 9000})
    position = open_a_position(desk, floor)
    leg = {
        "strategy": {
            "order_action": "sell",
            "order_contracts": 5,
            "order_id": "TP1",
            "position_size": 5,
            "market_position": "long",
            "market_position_size": 5,
            "prev_market_position": "long",
            "prev_market_position_size": 10,
        },
        "action": None,
        "sentiment": None,
        "order_id": None,
    }
    signal = trade(desk, floor, **leg)
    position.refresh_from_db()
    assert (signal.intent, position.quantity) == ("reduce_long", 2)
    trade(desk, floor, action="sell", order_id="Exit")
    late = trade(desk, floor, **{**leg, "strategy": {**leg["strategy"], "order_id": "TP2"}})
    assert (late.status, late.reason) == ("rejected", "nothing_to_close")


def test_a_resting_entry_can_be_cancelled_by_an_alert(floor: Floor) -> None:
    """cancel takes back what rests and sells nothing."""
    floor.market.size = 2
    desk = a_desk(sizing_value=3, limits={"max_exposure_per_position": 5000})
    position = open_a_position(desk, floor)
    signal = trade(desk, floor, action="cancel", sentiment=None, order_id="C")
    position.refresh_from_db()

    assert signal.status == "ordered"
    assert (entry_of(position).status, entry_of(position).reason) == ("cancelled", "cancelled_by_alert")
    assert (position.status, position.quantity) == ("open", 2)


def test_an_expired_contract_is_settled_at_its_intrinsic_value(desk: Desk, floor: Floor) -> None:
    """Whatever rests for it is ended first; cash gets the value, the difference to cost is realized."""
    position = open_a_position(desk, floor)
    floor.clock.at = position.expires_at + timedelta(seconds=30)
    assert pipeline.expire_and_settle() == 0
    floor.clock.at = position.expires_at + timedelta(minutes=5)
    floor.market.at = floor.clock.at
    assert pipeline.expire_and_settle() == 1
    assert pipeline.expire_and_settle() == 0
    position.refresh_from_db()

    assert (position.status, position.exit_reason, position.quantity) == ("closed", "expired_settled", 0)
    book = Account.objects.get(pk=desk.account.pk)
    assert book.cash == desk.account.cash + position.realized - position.commission


def test_an_expired_contract_waits_for_the_closing_price(desk: Desk, floor: Floor) -> None:
    """Nothing is guessed: without the underlying's close it stays as it is."""
    from unittest import mock

    from domain.errors import MarketDataUnavailable

    position = open_a_position(desk, floor)
    floor.clock.at = position.expires_at + timedelta(minutes=5)
    with mock.patch.object(
        type(floor.market), "closing_price", side_effect=MarketDataUnavailable("no_market_data", "not yet")
    ):
        assert pipeline.expire_and_settle() == 0
    position.refresh_from_db()
    assert position.status == "open"


def test_marks_may_be_refreshed_for_some_positions_only(floor: Floor) -> None:
    """A nudge for one position does not have to mark them all."""
    seed_exit_rules()
    first, second = (open_a_position(a_desk(), floor) for _ in range(2))
    assert refresh_marks(only=[first.pk]).positions == 1
    second.refresh_from_db()
    assert second.mark is None
    assert evaluate_exits(only=[second.pk]) == []
