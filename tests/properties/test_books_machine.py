"""Any mix of alerts, exits, quotes, waits and halts, on the real services, against a model in exact fractions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orders_app.models import Fill
from positions_app.models import Position
from positions_app.services import refresh_marks
from risk_app.services import halt_book, resume_book
from tests.crash.way import broken_invariants, clear_the_floor
from tests.factories import ROOMY, Desk, Floor, a_book, a_desk, a_floor
from workers import pipeline
from workers.sweeps import sweep_orders, sweep_signals

SYMBOLS = ("AAPL", "MSFT", "NFLX")
ROUNDING = Fraction(1, 10**8)  # of each division that the books make


class Trading(RuleBasedStateMachine):
    floor: Floor
    desk: Desk
    alerts = 0
    fills = 0

    @initialize(contracts=st.integers(1, 5))
    def open_a_desk(self, contracts: int) -> None:
        clear_the_floor()
        self.floor.market.option_factor, self.floor.market.size, self.floor.market.silent = Decimal(1), None, False
        self.desk = a_desk(account=a_book(cash=1_000_000, limits=ROOMY), allow_adding=True, sizing_value=contracts)

    @rule(symbol=st.sampled_from(SYMBOLS))
    def go_long(self, symbol: str) -> None:
        self._alert(symbol, "buy", "long")

    @rule(symbol=st.sampled_from(SYMBOLS))
    def go_short(self, symbol: str) -> None:
        self._alert(symbol, "sell", "short")

    @rule(symbol=st.sampled_from(SYMBOLS))
    def go_flat(self, symbol: str) -> None:
        self._alert(symbol, "sell", "flat")

    def _alert(self, symbol: str, action: str, sentiment: str) -> None:
        Trading.alerts += 1
        answer = self.desk.post(self.desk.alert(symbol, action, sentiment=sentiment, order_id=f"order-{self.alerts}"))
        assert answer.status_code == 202
        self.floor.follow_nudges()

    @rule()
    def lose_the_next_nudges(self) -> None:
        self.floor.deaf = not self.floor.deaf

    @rule(factor=st.sampled_from(["0.3", "0.8", "1", "1.3", "2.5"]), size=st.sampled_from([None, 1, 2]))
    def quotes_change(self, factor: str, size: int | None) -> None:
        self.floor.market.option_factor, self.floor.market.size = Decimal(factor), size

    @rule()
    def the_market_falls_silent_or_speaks(self) -> None:
        self.floor.market.silent = not self.floor.market.silent

    @rule(seconds=st.sampled_from([1, 6, 40]))
    def time_passes_and_sweeps_run(self, seconds: int) -> None:
        self.floor.clock.forward(seconds)
        sweep_signals()
        self.floor.follow_nudges()
        sweep_orders()

    @rule()
    def positions_are_marked_and_guarded(self) -> None:
        self.floor.clock.forward(1)
        refresh_marks()
        pipeline.monitor_exits()

    @precondition(lambda self: Position.objects.exclude(status="closed").exists())
    @rule(data=st.data(), quantity=st.one_of(st.none(), st.integers(1, 8)))
    def close_by_hand(self, data: st.DataObject, quantity: int | None) -> None:
        held = list(Position.objects.exclude(status="closed").order_by("pk").values_list("pk", flat=True))
        position_id = data.draw(st.sampled_from(held))
        pipeline.leave_position(position_id, reason="operator", text="", actor="user:anna", quantity=quantity)

    @rule(halted=st.booleans())
    def halt_or_resume(self, halted: bool) -> None:
        if halted:
            halt_book(account_id=self.desk.account.pk, reason="machine", actor="test")
        else:
            resume_book(account_id=self.desk.account.pk, actor="test")

    @invariant()
    def money_is_exact(self) -> None:
        """Cash to the last digit; cost and result of each position to the rounding of its sales."""
        self.desk.account.refresh_from_db()
        cash = Fraction(self.desk.account.start_cash)
        for fill in Fill.objects.select_related("order"):
            sign = 1 if fill.order.reduce_only else -1
            cash += sign * _value(fill) - Fraction(fill.commission)
        assert Fraction(self.desk.account.cash) == cash
        for position in Position.objects.all():
            _compare(position)

    def teardown(self) -> None:
        Trading.fills += Fill.objects.count()
        assert broken_invariants() == []
        self.floor.deaf = False
        self.floor.lose_nudges()


def _value(fill: Fill) -> Fraction:
    return fill.quantity * Fraction(fill.price) * fill.order.multiplier


def _compare(position: Position) -> None:
    held, cost, realized, sales = 0, Fraction(0), Fraction(0), 0
    for fill in Fill.objects.filter(order__position=position).select_related("order").order_by("pk"):
        if not fill.order.reduce_only:
            held, cost = held + fill.quantity, cost + _value(fill)
            continue
        part = cost * fill.quantity / held
        held, cost, realized, sales = held - fill.quantity, cost - part, realized + _value(fill) - part, sales + 1
        assert held >= 0
    assert position.quantity == held
    assert abs(Fraction(position.cost) - cost) <= ROUNDING * sales
    assert abs(Fraction(position.realized) - realized) <= ROUNDING * sales


@pytest.fixture
def floor(transactional_db: None) -> Iterator[Floor]:
    with a_floor() as made:
        yield made


def test_no_mix_of_events_breaks_the_books(floor: Floor) -> None:
    """After every step the money is exact, at the end of every story the audit is clean."""
    Trading.floor = floor
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Trading,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
    print(f"{Trading.alerts} alerts, {Trading.fills} fills")

    assert Trading.fills > Trading.alerts / 4  # the stories do trade
