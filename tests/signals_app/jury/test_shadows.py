"""A shadow's way: its own work, retries and limits, and nothing of it in the way of the real book."""

from __future__ import annotations

import pytest

from books_app.shadows import shadow_book
from orders_app.models import Order
from positions_app.models import Position
from risk_app.models import RiskLimit
from risk_app.queries import standing_of
from risk_app.services import halt_book
from signals_app import services as signals
from signals_app.models import Signal
from tests.factories import Floor, a_book, a_desk
from tests.signals_app.jury.stand_ins import Loyal, only
from tests.trading import sweep, told, trade
from tradingsite.auditor import violations
from workers import pipeline

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_that_dies_after_the_decision_costs_seconds(floor: Floor) -> None:
    """Nobody went on with either row: the sweep takes up both, and both books have one position."""
    desk = a_desk()
    with only(Loyal):
        signal_id = told(desk.post(desk.alert()))["signals"][0]
        floor.lose_nudges()
        signals.decide(signal_id=signal_id)
        assert not Order.objects.exists()
        floor.clock.forward(6)
        sweep(floor)
    assert set(Signal.objects.values_list("status", flat=True)) == {"ordered"}
    assert {position.account.kind for position in Position.objects.all()} == {"paper", "shadow"}
    assert not violations()


def test_deciding_twice_makes_one_shadow(floor: Floor) -> None:
    """A nudge that is delivered again finds the work done."""
    desk = a_desk()
    with only(Loyal):
        signal = trade(desk, floor)
        pipeline.process_signal(signal.pk)
        pipeline.process_signal(signal.shadow.pk)
    assert Signal.objects.count() == 2 and Order.objects.count() == 2


def test_a_halted_shadow_book_holds_nothing_else_back(floor: Floor) -> None:
    """The shadow is refused with its reason; the real book trades."""
    desk = a_desk()
    halt_book(account_id=shadow_book(desk.account).pk, reason="test", actor="test")
    with only(Loyal):
        signal = trade(desk, floor)
    assert signal.status == "ordered" and (signal.shadow.status, signal.shadow.reason) == ("rejected", "book_halted")


def test_a_halted_book_leaves_its_shadow_trading(floor: Floor) -> None:
    """Halting protects real money; what the other engine would have done goes on being known."""
    desk = a_desk()
    with only(Loyal):
        trade(desk, floor)
        halt_book(account_id=desk.account.pk, reason="test", actor="test")
        signal = trade(desk, floor, "MSFT")
    assert (signal.reason, signal.shadow.status) == ("book_halted", "ordered")


def test_a_shadow_has_its_books_limits_and_a_use_of_its_own(floor: Floor) -> None:
    """One position is allowed: the real book is full with one, and so is the shadow, each by itself."""
    desk = a_desk(account=a_book(limits={"max_open_positions": 1}))
    with only(Loyal):
        trade(desk, floor)
        second = trade(desk, floor, "MSFT")
    assert second.reason == second.shadow.reason == "max_open_positions"
    shadow = shadow_book(desk.account)
    assert not RiskLimit.objects.filter(account=shadow).exists()
    assert standing_of(shadow, now=floor.clock.at).limits == standing_of(desk.account, now=floor.clock.at).limits


def test_what_goes_wrong_with_a_shadow_stays_with_it(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug on the shadow's way leaves the real position alone, and the sweep tries the shadow again."""
    desk = a_desk()
    made = pipeline._make_entry

    def failing(request, candidate):  # type: ignore[no-untyped-def]
        if request.account_id != desk.account.pk:
            raise ZeroDivisionError("a bug")
        return made(request, candidate)

    with only(Loyal):
        monkeypatch.setattr(pipeline, "_make_entry", failing)
        signal = trade(desk, floor)
        assert signal.status == "ordered" and signal.shadow.status == "approved"
        monkeypatch.undo()
        floor.clock.forward(40)
        sweep(floor)
    signal.shadow.refresh_from_db()
    assert signal.shadow.status == "ordered"
    assert not violations()


def test_an_exit_alert_leaves_both_books(floor: Floor) -> None:
    """Exits are not voted on: each book's position is sold by its own signal."""
    desk = a_desk()
    with only(Loyal):
        trade(desk, floor)
        floor.clock.forward(60)
        leaving = trade(desk, floor, action="sell", order_id="Exit")
    assert leaving.status == leaving.shadow.status == "ordered"
    assert set(Position.objects.values_list("status", flat=True)) == {"closed"}
    assert not violations()
