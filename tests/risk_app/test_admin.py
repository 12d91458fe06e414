"""Limits and denied symbols in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from books_app.models import AuditEvent
from risk_app.models import RiskLimit, SymbolRule
from tests.factories import a_book
from tests.people import RISK_OFFICER, TRADER, at_the_admin

pytestmark = pytest.mark.django_db
LIMITS, SYMBOLS = "admin:risk_app_risklimit", "admin:risk_app_symbolrule"


def test_a_limit_is_set_changed_and_removed_with_an_audit_row_each():
    """Who, and from what to what."""
    book = a_book(name="paper")
    officer = at_the_admin(RISK_OFFICER)
    form = {"account": book.pk, "code": "max_open_positions", "value": "5"}

    officer.post(reverse(f"{LIMITS}_add"), form)
    limit = RiskLimit.objects.get()
    officer.post(reverse(f"{LIMITS}_change", args=[limit.pk]), form | {"value": "7"})
    officer.post(reverse(f"{LIMITS}_delete", args=[limit.pk]), {"post": "yes"})

    assert not RiskLimit.objects.exists()
    rows = AuditEvent.objects.filter(entity="limit").order_by("pk")
    assert [row.to_state for row in rows] == ["added", "changed", "removed"]
    assert rows[1].data["changed"] == {"value": ["5", "7"]}


@pytest.mark.parametrize("value", ["-1", "2.5", "NaN", "1e13", "", "many"])
def test_a_wrong_limit_is_refused_in_the_form(value):
    """A count is whole, everything is bounded."""
    form = {"account": "", "code": "max_open_positions", "value": value}

    answer = at_the_admin(RISK_OFFICER).post(reverse(f"{LIMITS}_add"), form)

    assert answer.context["adminform"].errors["value"]
    assert not RiskLimit.objects.exists()


def test_a_second_row_of_the_same_limit_is_refused_in_words():
    """Also for the default, whose book is empty."""
    RiskLimit.objects.create(code="max_exposure", value=1)

    answer = at_the_admin(RISK_OFFICER).post(
        reverse(f"{LIMITS}_add"), {"account": "", "code": "max_exposure", "value": "2"}
    )

    assert "This book has that limit already" in answer.content.decode()


def test_a_trader_sees_limits_and_sets_none():
    """The form is the risk officer's."""
    trader = at_the_admin(TRADER)

    assert trader.get(reverse(f"{LIMITS}_changelist")).status_code == 200
    assert trader.get(reverse(f"{LIMITS}_add")).status_code == 403


@pytest.mark.parametrize(("typed", "kept"), [(" spy ", "SPY"), ("brk.b", "BRK.B")])
def test_a_denied_symbol_is_kept_as_it_is_compared(typed, kept):
    """In capitals and without blanks, or it would deny nothing."""
    at_the_admin(RISK_OFFICER).post(reverse(f"{SYMBOLS}_add"), {"account": "", "symbol": typed, "note": "earnings"})

    assert SymbolRule.objects.get().symbol == kept


@pytest.mark.parametrize("symbol", ["", "S P Y", "<b>", "ß", ".."])
def test_what_is_no_symbol_cannot_be_denied(symbol):
    """The form says so."""
    answer = at_the_admin(RISK_OFFICER).post(reverse(f"{SYMBOLS}_add"), {"account": "", "symbol": symbol, "note": ""})

    assert answer.status_code == 200
    assert not SymbolRule.objects.exists()
