"""Signals, decisions and events over HTTP, and the trail and figures made of them."""

from __future__ import annotations

import pytest

from tests.factories import Desk, Floor
from tests.people import VIEWER, at_the_api
from tests.trading import open_a_position, trade

pytestmark = pytest.mark.django_db(transaction=True)


def test_signals_are_found_by_what_became_of_them(desk: Desk, floor: Floor):
    """By status, reason, symbol and strategy."""
    open_a_position(desk, floor)
    trade(desk, floor, order_id="again")
    viewer = at_the_api(VIEWER)

    refused = viewer.get(f"/api/v1/signals/?status=rejected&strategy={desk.strategy.name}&symbol=AAPL").json()[
        "results"
    ]

    assert [row["reason"] for row in refused] == ["position_open"]
    assert viewer.get("/api/v1/signals/?status=ordered&status=rejected").json()["count"] == 2
    assert viewer.get("/api/v1/signals/?received_after=2027-01-01T00:00:00Z").json()["count"] == 0


def test_a_decision_tells_every_rule(desk: Desk, floor: Floor):
    """Whether it passed, and with which figures."""
    signal = trade(desk, floor)

    row = at_the_api(VIEWER).get(f"/api/v1/decisions/?signal={signal.pk}").json()["results"][0]

    assert row["verdict"] == "approved"
    assert all(passed for _code, passed, _text in row["rules"])


def test_a_refused_body_is_kept_without_its_secret(desk: Desk, floor: Floor):
    """And is found by its reason."""
    assert desk.post(desk.alert(action="jump")).status_code == 422

    row = at_the_api(VIEWER).get("/api/v1/events/?outcome=refused&reason=unknown_action").json()["results"][0]

    assert "jump" in row["body"]
    assert desk.token not in str(row)


def test_the_trail_is_one_document(desk: Desk, floor: Floor):
    """From the body to the ledger, in the order of time."""
    position = open_a_position(desk, floor)

    trail = at_the_api(VIEWER).get(f"/api/v1/signals/{position.signal_id}/trail/").json()

    assert trail["positions"][0]["id"] == position.pk
    assert [step["to"] for step in trail["steps"] if step["entity"] == "signal"] == ["pending", "approved", "ordered"]
    assert desk.token not in str(trail)
    assert at_the_api(VIEWER).get("/api/v1/signals/999/trail/").status_code == 404


def test_the_figures_of_today(desk: Desk, floor: Floor):
    """Counts by status and reason, how long alerts took, and each book."""
    open_a_position(desk, floor)
    trade(desk, floor, order_id="again")
    desk.post(desk.alert(action="jump"))

    stats = at_the_api(VIEWER).get("/api/v1/stats/").json()

    assert stats["signals"] == {"by_status": {"ordered": 1, "rejected": 1}, "by_reason": {"position_open": 1}}
    assert stats["events"]["refused_by_reason"] == {"unknown_action": 1}
    assert stats["alert_to_position_ms"]["count"] == 1
    assert stats["alert_to_position_ms"]["p50"] is not None
    book = next(book for book in stats["books"] if book["name"] == desk.account.name)
    assert (book["open_positions"], book["realized_today"]) == (1, "-0.65")
