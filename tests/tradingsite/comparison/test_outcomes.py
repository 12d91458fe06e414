"""From rows to what each engine made of an alert."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders_app.manual import leave_by_hand
from orders_app.models import Order
from positions_app.models import Position
from signals_app.models import Decision, FeatureFlag, Signal
from tests.factories import Desk, Floor, a_desk
from tests.signals_app.jury.stand_ins import Loyal, Sceptic, only
from tests.trading import trade
from tradingsite.comparison.outcomes import NO_SHADOW, NOT_PUT, Scope, State, read
from workers.pipeline import leave_position

from .rows import OPEN, Came, session, write

pytestmark = pytest.mark.django_db


def test_a_trade_is_what_was_paid_and_what_it_brought_after_commissions(floor: Floor) -> None:
    """Cost 100, half of it at risk: a gain of 25 is half an R and a quarter of the cost."""
    write(a_desk(), [Came(session(0), 0.5, -1.0)])
    (alert,) = read(Scope()).alerts
    assert alert.a.trade is not None and alert.b.trade is not None
    assert (alert.a.trade.pnl, alert.a.trade.risk, alert.a.trade.cost) == (Decimal(25), Decimal(50), Decimal(100))
    assert (alert.a.outcome("r"), alert.a.outcome("return"), alert.b.outcome("r")) == (0.5, 0.25, -1.0)
    assert (alert.day, alert.regime, alert.symbol) == (date(2025, 1, 6), "trending", "AAPL")


def test_not_trading_is_zero_and_an_open_trade_is_not_known(floor: Floor) -> None:
    """A skip and a refusal at the gate have made nothing; what is held has no outcome yet."""
    write(a_desk(), [Came(session(0), None, "no_contract"), Came(session(1), OPEN, 1.0)])
    first, second = read(Scope()).alerts
    assert (first.a.state, first.a.reason, first.b.state, first.b.reason) == (
        State.SKIPPED,
        "jury_not_convinced",
        State.REFUSED,
        "no_contract",
    )
    assert (first.a.outcome("r"), first.b.outcome("r")) == (0.0, 0.0)
    assert (second.a.state, second.a.outcome("r"), second.b.outcome("r")) == (State.OPEN, None, 1.0)


def test_sides_are_engines_whoever_traded(floor: Floor) -> None:
    """Where B trades the real book, A's outcome is the shadow's."""
    write(a_desk(), [Came(session(0), 1.0, 2.0, engine="A"), Came(session(1), 1.0, 2.0, engine="B")])
    assert [(alert.a.outcome("r"), alert.b.outcome("r")) for alert in read(Scope()).alerts] == [(1.0, 2.0), (1.0, 2.0)]


def test_what_a_person_stopped_is_left_out_and_counted(floor: Floor) -> None:
    """A halted book says nothing of the engine that would have traded there."""
    write(a_desk(), [Came(session(0), "book_halted", 1.0), Came(session(1), 1.0, 1.0)])
    found = read(Scope())
    assert (len(found.alerts), found.excluded) == (1, {"book_halted": 1})


def test_what_neither_was_asked_about_is_left_out(floor: Floor) -> None:
    """Zeros of a closed market would only feign that there is no difference."""
    (signal,) = write(a_desk(), [Came(session(0), None, None)])
    assert len(read(Scope()).alerts) == 1  # the jury was asked and neither entered: that is a result
    closed = Signal.objects.create(
        strategy=signal.strategy, account=signal.account, event=signal.event, leg=1, engine="A", correlation_id="x",
        dedupe_key="closed", symbol="AAPL", asset_class="equity", intent="open_long", alert={}, status="rejected",
        reason="session_closed", received_at=session(2), due_at=session(2),
    )  # fmt: skip
    for engine in "AB":
        Decision.objects.create(
            signal=closed, engine=engine, verdict="rejected", reason="session_closed", rules=[], seen={}
        )
    found = read(Scope())
    assert (len(found.alerts), found.excluded) == (1, {NOT_PUT: 1})


def test_exits_are_no_alerts_of_a_comparison(floor: Floor) -> None:
    """They show in the trades that they leave."""
    desk = a_desk()
    with only(Loyal):
        entry = trade(desk, floor)
        floor.clock.forward(60)
        left = trade(desk, floor, action="sell")
    assert left.decisions.count() == 2
    assert [alert.signal_id for alert in read(Scope()).alerts] == [entry.pk]


@pytest.mark.parametrize(
    ("status", "reason", "state"),
    [
        ("submitted", "", State.OPEN),
        ("partially_filled", "", State.OPEN),
        ("denied", "limits_exceeded", State.REFUSED),
        ("expired", "", State.REFUSED),
    ],
)
def test_an_order_that_rests_is_not_settled(floor: Floor, status: str, reason: str, state: State) -> None:
    """Nobody knows yet whether it will be filled; one that ended unfilled was no trade."""
    (signal,) = write(a_desk(), [Came(session(0), OPEN, 1.0)])
    Position.objects.filter(signal=signal).delete()
    live = state is State.OPEN
    Order.objects.create(
        client_order_id="row", account=signal.account, signal=signal, strategy=signal.strategy, correlation_id="row",
        purpose="entry", side="buy", thesis="long", symbol="AAPL", underlying="AAPL", quantity=2, status=status,
        reason=reason, due_at=session(0), expires_at=session(0), terminal_at=None if live else session(0),
    )  # fmt: skip
    (alert,) = read(Scope()).alerts
    assert (alert.a.state, alert.a.reason) == (state, "" if live else reason or status)


def test_two_entries_of_one_alert_are_one_trade(floor: Floor) -> None:
    """Money is added up, on both sides of the fraction."""
    (signal,) = write(a_desk(), [Came(session(0), 1.0, None)])
    position = Position.objects.get(signal=signal)
    position.pk, position.realized = None, Decimal("-148.7")
    position.save(force_insert=True)
    (alert,) = read(Scope()).alerts
    assert alert.a.trade is not None
    assert (alert.a.trade.pnl, alert.a.trade.cost, alert.a.outcome("r")) == (Decimal(-100), Decimal(200), -1.0)


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        (Scope(), 4),
        (Scope(symbol="MSFT"), 2),
        (Scope(since=session(1)), 3),
        (Scope(until=session(1)), 1),
        (Scope(symbol="MSFT", until=session(2)), 1),
    ],
)
def test_a_scope_narrows(floor: Floor, scope: Scope, found: int) -> None:
    """The beginning belongs to it, the end does not."""
    write(a_desk(), [Came(session(n), 1.0, 1.0, symbol="MSFT" if n % 2 else "AAPL") for n in range(4)])
    assert len(read(scope).alerts) == found


def test_statements_do_not_grow_with_alerts(floor: Floor) -> None:
    """Four for one alert, and four for two hundred."""
    desk = a_desk()
    for count in (1, 199):
        write(desk, [Came(session(n), 1.0, None) for n in range(count)])
        with CaptureQueriesContext(connection) as asked:
            read(Scope())
        assert len(asked) == 4


class TestOfRealTrades:
    """Rows as the services write them."""

    def test_both_engines_are_open_until_they_are_left(self, desk: Desk, floor: Floor) -> None:
        """Entered at one price and left at one price, both have the same outcome."""
        with only(Loyal):
            signal = trade(desk, floor)
        (alert,) = read(Scope(strategy_id=desk.strategy.pk)).alerts
        assert (alert.a.state, alert.b.state) == (State.OPEN, State.OPEN)
        floor.clock.forward(60)
        for position in Position.objects.filter(signal__in=[signal, signal.shadow]):
            leave_position(position.pk, reason="take_profit", text="", actor="test")
        floor.follow_nudges()
        (alert,) = read(Scope(strategy_id=desk.strategy.pk)).alerts
        assert alert.a.state is State.CLOSED and alert.a.trade == alert.b.trade

    def test_a_jury_that_is_not_convinced_skips(self, desk: Desk, floor: Floor) -> None:
        """With its reason."""
        with only(Loyal, Sceptic, loyal={"confidence": 60}):
            trade(desk, floor)
        (alert,) = read(Scope()).alerts
        assert (alert.b.state, alert.b.reason) == (State.SKIPPED, "jury_not_convinced")

    def test_without_shadows_there_is_no_pair(self, desk: Desk, floor: Floor) -> None:
        """The other decision was carried out nowhere, so what it would have brought is not known."""
        with only(Loyal):
            FeatureFlag.objects.create(name="enable_shadow", enabled=False)
            trade(desk, floor)
        assert read(Scope()).excluded == {NO_SHADOW: 1}

    def test_an_alert_that_one_engine_decided_is_no_alert_of_both(self, desk: Desk, floor: Floor) -> None:
        """Nothing is compared before engine B is switched on."""
        trade(desk, floor)
        assert (read(Scope()).alerts, read(Scope()).excluded) == ((), {})

    def test_what_is_closed_by_hand_is_marked(self, desk: Desk, floor: Floor) -> None:
        """It counts as it ended, and the reader is told."""
        with only(Loyal):
            signal = trade(desk, floor)
        floor.clock.forward(60)
        leave_by_hand(position_id=Position.objects.get(signal=signal).pk, quantity=None, actor="user:anna", by="a test")
        floor.follow_nudges()
        (alert,) = read(Scope()).alerts
        assert (alert.a.by_hand, alert.b.by_hand) == (True, False)
