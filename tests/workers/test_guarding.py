"""Which ticks make a worker look at a position, asked of the guard alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from books_app import clock
from domain.quotes import FeedClass, Quote
from positions_app.models import ExitRule, Position
from positions_app.services import refresh_marks
from tests.factories import Desk, Floor
from tests.trading import open_a_position
from workers.guarding import PAUSE_S, PriceGuard
from workers.pipeline import leave_position

pytestmark = pytest.mark.django_db


@pytest.fixture
def position(desk: Desk, floor: Floor) -> Position:
    held = open_a_position(desk, floor)
    refresh_marks()
    held.refresh_from_db()
    return held


def a_tick(position: Position, share: str) -> Quote:
    """The contract at that share of its entry price."""
    mid, now = position.entry_price * Decimal(share), clock.now()
    return Quote(position.symbol, mid, mid, None, None, now, now, "alpaca", FeedClass.REAL_TIME)


def a_guard() -> PriceGuard:
    guard = PriceGuard(["SPY"])
    guard.look()
    return guard


@pytest.mark.parametrize(("share", "due"), [("0.49", True), ("0.51", False), ("1.49", False), ("1.51", True)])
def test_stop_and_target_are_those_of_the_rules(position: Position, share: str, due: bool) -> None:
    """Half of the entry price lost or gained, by the rows that a fresh system has."""
    assert list(a_guard().crossed(a_tick(position, share))) == ([position.pk] if due else [])


def test_a_trailing_stop_follows_the_best_mark(position: Position) -> None:
    """Armed by a gain of 30 %, it gives back a quarter of the best mark."""
    Position.objects.filter(pk=position.pk).update(best_mark=position.entry_price * Decimal("1.4"))
    assert not a_guard().crossed(a_tick(position, "1.06"))
    assert a_guard().crossed(a_tick(position, "1.04"))


def test_a_rule_that_is_switched_off_nudges_nobody(position: Position) -> None:
    """Rows count from the next look on, as they do for the rules themselves."""
    guard = a_guard()
    ExitRule.objects.filter(kind="stop_loss").update(enabled=False)
    assert guard.crossed(a_tick(position, "0.4"))
    guard.look()
    guard = a_guard()
    assert not guard.crossed(a_tick(position, "0.4"))


def test_rules_by_time_are_not_asked(position: Position, floor: Floor) -> None:
    """A position that is held too long is for the schedule; ticks would nudge for it all day."""
    floor.clock.forward(200 * 3600)
    assert not a_guard().crossed(a_tick(position, "1"))


def test_one_nudge_a_second_for_each_position(position: Position, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many prices come beyond the level."""
    moments = iter([10.0, 10.1, 10.1 + PAUSE_S, 10.2 + PAUSE_S])
    guard = a_guard()
    monkeypatch.setattr("workers.guarding.monotonic", lambda: next(moments))
    assert [len(guard.crossed(a_tick(position, "0.4"))) for _ in range(4)] == [1, 0, 1, 0]


def test_what_is_being_left_is_still_streamed(position: Position, floor: Floor) -> None:
    """Its exit order waits for a price; the rules are done with it."""
    floor.market.silent = True
    leave_position(position.pk, reason="operator", text="", actor="user:anna")
    guard = PriceGuard(["SPY"])
    wishes = guard.look()
    position.refresh_from_db()
    assert position.status == "closing"
    assert (wishes.contracts, wishes.shares) == ((position.symbol,), ("SPY",))
    assert not guard.crossed(a_tick(position, "0.4"))


def test_positions_are_wished_for_before_what_is_watched(position: Position) -> None:
    """With their underlyings, each once."""
    wishes = PriceGuard(["SPY", "AAPL"]).look()
    assert (wishes.contracts, wishes.shares) == ((position.symbol,), ("AAPL", "SPY"))
    assert wishes.options_open and wishes.shares_open
