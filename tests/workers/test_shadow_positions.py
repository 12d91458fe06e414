"""What is held on a shadow book is marked, left and settled by the tasks that do so for real books, at the same ticks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from orders_app.models import Fill
from positions_app.models import ExitRule, Position
from positions_app.services.rules import seed_default_rules
from signals_app.models import Strategy
from tests.factories import Floor, a_desk, a_floor
from tests.signals_app.jury.stand_ins import Loyal, Sceptic, only
from tests.trading import trade
from tradingsite.auditor import violations
from workers.market import refresh_positions
from workers.positions import expire_and_settle, monitor_exits


@pytest.fixture
def floor(transactional_db: None) -> Iterator[Floor]:
    with a_floor() as made:
        seed_default_rules()
        yield made


def tick(floor: Floor, seconds: int = 60) -> None:
    """Time passes, and every task of the schedule that looks at positions runs once."""
    floor.clock.forward(seconds)
    for task in (refresh_positions, monitor_exits, expire_and_settle):
        task()
    floor.follow_nudges()


def pair() -> tuple[Position, Position]:
    """The position of the strategy's book and that of its shadow."""
    real = Position.objects.get(account__kind="paper")
    return real, Position.objects.get(account__kind="shadow")


def test_both_books_are_marked_by_one_tick(floor: Floor) -> None:
    """With the same mark at the same moment, so that the same rules see the same figures."""
    with only(Loyal):
        trade(a_desk(), floor)
    tick(floor)

    real, shadow = pair()
    assert real.marked_at == shadow.marked_at == floor.clock.at
    assert real.mark == shadow.mark is not None
    assert (real.best_mark, real.worst_mark) == (shadow.best_mark, shadow.worst_mark)
    assert violations() == []


def test_a_stop_loss_leaves_both_books_at_once(floor: Floor) -> None:
    """On one tick, at one price, on one quote; the cash of each is its own."""
    with only(Loyal):
        trade(a_desk(), floor)
    floor.market.option_factor /= 3
    tick(floor)

    real, shadow = pair()
    assert (real.status, real.exit_reason) == (shadow.status, shadow.exit_reason) == ("closed", "stop_loss")
    assert real.closed_at == shadow.closed_at and real.realized == shadow.realized < 0
    sold = Fill.objects.filter(order__reduce_only=True)
    assert len({(fill.price, fill.quote["provider_time"]) for fill in sold if fill.quote}) == 1 and len(sold) == 2
    assert real.account.cash == shadow.account.cash < real.account.start_cash
    assert violations() == []


def test_what_only_the_shadow_holds_is_left_by_the_same_rule(floor: Floor) -> None:
    """An alert that the trading engine refused is still exited on the shadow book, and touches no other one."""
    with only(Loyal, Sceptic, loyal={"confidence": 60}):
        signal = trade(a_desk(engine=Strategy.Engine.JURY), floor)
    assert signal.status == "rejected"
    floor.market.option_factor *= 2
    tick(floor)

    held = Position.objects.get()
    assert held.account.kind == "shadow"
    assert (held.status, held.exit_reason) == ("closed", "profit_target")
    assert signal.account.cash == signal.account.start_cash
    assert violations() == []


def test_a_rule_of_the_strategy_counts_on_both_books(floor: Floor) -> None:
    """Exit rules belong to strategies, not to books: switched off for one, it is off for its shadow."""
    desk = a_desk()
    ExitRule.objects.create(strategy=desk.strategy, kind="stop_loss", enabled=False)
    with only(Loyal):
        trade(desk, floor)
    floor.market.option_factor /= 3
    tick(floor)

    assert [position.status for position in pair()] == ["open", "open"]
    assert violations() == []


def test_what_expires_is_settled_on_both_books(floor: Floor) -> None:
    """At the same value, after the same bell."""
    with only(Loyal):
        trade(a_desk(), floor)
    ExitRule.objects.update(enabled=False)
    floor.clock.at = floor.market.at = pair()[0].expires_at + timedelta(hours=2)
    tick(floor)

    real, shadow = pair()
    assert (real.exit_reason, real.realized) == (shadow.exit_reason, shadow.realized)
    assert real.exit_reason == "expired_settled"
    assert violations() == []
