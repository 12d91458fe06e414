"""Limits, halting and resuming over HTTP: who may, and what is written down."""

from __future__ import annotations

from decimal import Decimal

import pytest

from books_app.models import Account, AuditEvent
from risk_app.models import RiskLimit
from tests.factories import a_book
from tests.people import RISK_OFFICER, TRADER, VIEWER, at_the_api

pytestmark = pytest.mark.django_db


@pytest.fixture
def book() -> Account:
    return a_book(name="paper", limits={"max_open_positions": 2, "max_exposure": 5000})


def the_limit(code: str) -> RiskLimit:
    return RiskLimit.objects.get(code=code)


def test_a_limit_tells_its_book_and_its_meaning(book):
    """And can be found by both."""
    rows = at_the_api(VIEWER).get("/api/v1/limits/?book=paper&code=max_exposure").json()["results"]

    assert [(row["book"], row["value"], row["meaning"]) for row in rows] == [
        ("paper", "5000", "total exposure of the book")
    ]


def test_a_risk_officer_changes_a_limit_and_it_is_written_down(book):
    """Old and new value, and who it was."""
    limit = the_limit("max_exposure")

    answer = at_the_api(RISK_OFFICER).patch(f"/api/v1/limits/{limit.pk}/", {"value": "7500.50"})

    assert (answer.status_code, answer.json()["value"]) == (200, "7500.5")
    event = AuditEvent.objects.get(entity="limit")
    assert event.actor.startswith("user:risk")
    assert event.data == {"changed": {"value": ["5000", "7500.5"]}}


@pytest.mark.parametrize("role", [VIEWER, TRADER])
def test_only_a_risk_officer_changes_limits(book, role):
    """Whoever trades does not set what is allowed."""
    limit = the_limit("max_exposure")

    assert at_the_api(role).patch(f"/api/v1/limits/{limit.pk}/", {"value": "1"}).status_code == 403
    assert the_limit("max_exposure").value == 5000


@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity", "1e13", "2.5", "two", None, "0.000000001", {}, "9" * 40])
def test_a_limit_takes_no_value_that_makes_no_sense(book, value):
    """A count is whole, everything is bounded; the row stays as it is."""
    limit = the_limit("max_open_positions")

    answer = at_the_api(RISK_OFFICER).patch(f"/api/v1/limits/{limit.pk}/", {"value": value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert the_limit("max_open_positions").value == Decimal(2)


def test_a_risk_officer_halts_and_resumes_a_book(book):
    """Each with a reason and an audit row; halting twice is once."""
    officer = at_the_api(RISK_OFFICER)

    first = officer.post("/api/v1/books/paper/halt/", {"reason": "drill"})
    again = officer.post("/api/v1/books/paper/halt/", {"reason": "again"})
    resumed = officer.post("/api/v1/books/paper/resume/", {})

    assert [first.json()["status"], again.json()["halt_reason"], resumed.json()["status"]] == [
        "halted",
        "drill",
        "active",
    ]
    steps = AuditEvent.objects.filter(entity="account").order_by("pk").values_list("to_state", "text")
    assert list(steps) == [("halted", "drill"), ("active", "")]


def test_halting_needs_a_reason_a_book_and_the_role(book):
    """400, 404 and 403; and nothing is halted."""
    assert at_the_api(RISK_OFFICER).post("/api/v1/books/paper/halt/", {}).status_code == 400
    assert at_the_api(RISK_OFFICER).post("/api/v1/books/gold/halt/", {"reason": "x"}).status_code == 404
    assert at_the_api(TRADER).post("/api/v1/books/paper/halt/", {"reason": "x"}).status_code == 403
    assert at_the_api(TRADER).post("/api/v1/books/paper/resume/", {"reason": "x"}).status_code == 403
    assert at_the_api(RISK_OFFICER).get("/api/v1/books/paper/halt/").status_code in (403, 405)
    assert Account.objects.get().status == "active"


def test_a_session_halts_with_a_csrf_token_only(book):
    """A page elsewhere cannot halt a book through somebody's browser."""
    from tests.people import at_the_admin

    browser = at_the_admin(RISK_OFFICER, csrf=True)
    answer = browser.post("/api/v1/books/paper/halt/", {"reason": "x"}, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert Account.objects.get().status == "active"
