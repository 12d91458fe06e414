"""Snapshots on the beat: of which underlyings, when, and what does not stop them."""

from __future__ import annotations

import pytest

from market_app.models import GammaSnapshot, SessionOverride
from positions_app.models import Position
from tests.factories import Desk, Floor, a_desk
from tests.trading import open_a_position
from workers.market import WATCHED_AT_MOST, record_gamma, watched_underlyings

pytestmark = pytest.mark.django_db


def kept() -> list[str]:
    return list(GammaSnapshot.objects.order_by("underlying").values_list("underlying", flat=True))


def test_watched_is_what_is_held_and_what_may_be_entered_by_name(desk: Desk, floor: Floor) -> None:
    """Held first, each once; * names nothing, and a paused strategy enters nothing."""
    open_a_position(desk, floor, "MSFT")
    a_desk(allowed_symbols=["SPY", "MSFT", "*"])
    a_desk(allowed_symbols=["AMD"])
    a_desk(allowed_symbols=["QQQ"], paused=True)
    assert watched_underlyings() == ["MSFT", "AMD", "SPY"]
    Position.objects.update(status="closed", quantity=0, cost=0, closed_at=floor.clock())
    assert watched_underlyings() == ["AMD", "MSFT", "SPY"]


def test_no_more_are_watched_than_a_round_can_ask_for(floor: Floor) -> None:
    """A chain each time costs a provider's credits."""
    a_desk(allowed_symbols=[f"A{number:02}" for number in range(40)])
    assert watched_underlyings() == [f"A{number:02}" for number in range(WATCHED_AT_MOST)]


def test_each_watched_underlying_is_kept_once_in_a_slot(floor: Floor) -> None:
    """The next quarter of an hour has its own."""
    a_desk(allowed_symbols=["SPY", "AAPL"])
    assert record_gamma() == "2 of 2 trading and 2 watched kept, 0 forgotten"
    assert record_gamma() == "ran already"
    assert kept() == ["AAPL", "SPY"]
    floor.clock.forward(900)
    record_gamma()
    assert kept() == ["AAPL", "AAPL", "SPY", "SPY"]


def test_one_that_cannot_be_had_does_not_stop_the_others(floor: Floor) -> None:
    """It is counted, and told in the log."""
    a_desk(allowed_symbols=["AAPL", "NOPE", "SPY"])
    assert record_gamma() == "2 of 3 trading and 3 watched kept, 0 forgotten"
    assert kept() == ["AAPL", "SPY"]


def test_outside_the_session_nothing_is_asked(floor: Floor) -> None:
    """Closed by an operator, as on any evening."""
    SessionOverride.objects.create(date=floor.clock().date(), closed=True, reason="storm")
    a_desk(allowed_symbols=["SPY"])
    floor.market.silent = True
    assert record_gamma() == "0 of 0 trading and 1 watched kept, 0 forgotten"
    assert kept() == []


def test_old_ones_go_with_the_round(floor: Floor) -> None:
    """Nobody has to remember to sweep."""
    a_desk(allowed_symbols=["SPY"])
    record_gamma()
    floor.clock.forward(401 * 86_400)
    floor.market.silent = True
    assert record_gamma() == "0 of 1 trading and 1 watched kept, 1 forgotten"
    assert kept() == []
