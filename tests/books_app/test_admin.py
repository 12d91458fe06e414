"""Books, ledger and audit trail in the admin."""

from __future__ import annotations

import pytest
from django.contrib.admin import site
from django.urls import reverse

from books_app.models import Account, AuditEvent, LedgerEntry
from books_app.web.admin import ReadOnlyAdmin
from tests.factories import a_book
from tests.people import ADMINISTRATOR, RISK_OFFICER, TRADER, VIEWER, at_the_admin

pytestmark = pytest.mark.django_db
FORM = {
    "name": "second", "kind": "paper", "start_cash": "5000", "fill_price": "touch", "slippage": "0",
    "commission_per_contract": "0.65", "entry_collar": "0.02",
}  # fmt: skip


def test_a_new_book_is_paid_in_by_a_balanced_booking():
    """Its cash equals its ledger from the first moment."""
    answer = at_the_admin(RISK_OFFICER).post(reverse("admin:books_app_account_add"), FORM)

    assert answer.status_code == 302
    book = Account.objects.get(name="second")
    assert book.cash == 5000
    assert {(e.line, e.amount) for e in LedgerEntry.objects.filter(account=book)} == {("cash", 5000), ("equity", -5000)}


@pytest.mark.parametrize(
    "change",
    [
        {"start_cash": "-1"},
        {"slippage": "0.9"},
        {"commission_per_contract": "NaN"},
        {"name": "a b"},
        {"entry_collar": "0.9"},
        {"witness_above": "-1"},
    ],
)
def test_a_wrong_book_is_refused_in_the_form(change):
    """Before the constraint has to."""
    answer = at_the_admin(RISK_OFFICER).post(reverse("admin:books_app_account_add"), FORM | change)

    assert answer.status_code == 200
    assert answer.context["adminform"].errors
    assert not Account.objects.exists()


def test_the_form_never_touches_cash_or_state():
    """A fill may move the cash while the form lies open."""
    book = a_book(name="paper", cash=1000)
    address = reverse("admin:books_app_account_change", args=[book.pk])
    form = FORM | {"cash": "999999", "status": "halted", "slippage": "0.01"}

    assert at_the_admin(RISK_OFFICER).post(address, form).status_code == 302

    book.refresh_from_db()
    assert (book.cash, book.status, str(book.slippage), book.start_cash) == (1000, "active", "0.0100", 1000)
    assert AuditEvent.objects.get(entity="account").data["changed"] == {"slippage": ["0", "0.01"]}


def test_what_a_book_allows_its_entries_is_edited_and_written_down():
    """The nearest strike, delayed prices and the size that asks for a witness; nothing of it by itself."""
    book = a_book(name="paper")
    assert (book.nearest_strike, book.delayed_entries, book.witness_above) == (False, False, None)
    form = FORM | {"nearest_strike": "on", "delayed_entries": "on", "witness_above": "5000"}

    at_the_admin(RISK_OFFICER).post(reverse("admin:books_app_account_change", args=[book.pk]), form)

    book.refresh_from_db()
    assert (book.nearest_strike, book.delayed_entries, book.witness_above) == (True, True, 5000)
    changed = AuditEvent.objects.get(entity="account").data["changed"]
    assert changed["nearest_strike"] == [False, True]
    assert {"delayed_entries", "witness_above"} <= set(changed)


def test_halting_is_a_question_and_a_post_with_a_reason():
    """GET does nothing; without a reason the question is asked again; then the book is halted, and resumed."""
    book = a_book(name="paper")
    officer = at_the_admin(RISK_OFFICER)
    halt, resume = (reverse(f"desk-{what}-book", args=[book.pk]) for what in ("halt", "resume"))

    assert officer.get(halt).status_code == 200
    assert officer.post(halt, {}).status_code == 400
    assert Account.objects.get().status == "active"
    answer = officer.post(halt, {"reason": "drill"}, follow=True)
    assert "is halted. Exits go on." in answer.content.decode()
    assert Account.objects.get().halt_reason == "drill"
    officer.post(resume, {"reason": ""})
    assert Account.objects.get().status == "active"


def test_a_form_from_elsewhere_halts_nothing():
    """CSRF is checked, and a GET is never a deed."""
    book = a_book(name="paper")
    browser = at_the_admin(RISK_OFFICER, csrf=True)
    halt = reverse("desk-halt-book", args=[book.pk])

    assert browser.post(halt, {"reason": "x"}).status_code == 403
    assert browser.get(halt, {"reason": "x"}).status_code == 200
    assert Account.objects.get().status == "active"


@pytest.mark.parametrize("role", [VIEWER, TRADER])
def test_only_a_risk_officer_halts(role):
    """Others are told so, and see no button."""
    book = a_book(name="paper")
    browser = at_the_admin(role)

    assert browser.post(reverse("desk-halt-book", args=[book.pk]), {"reason": "x"}).status_code == 403
    page = browser.get(reverse("admin:books_app_account_change", args=[book.pk])).content.decode()
    assert "Halt…" not in page
    assert Account.objects.get().status == "active"


@pytest.mark.parametrize("model", ["ledgerentry", "auditevent"])
def test_what_is_written_down_is_never_edited_here(model):
    """No adding, no changing, no deleting, whoever it is."""
    a_book(name="paper")
    boss = at_the_admin(ADMINISTRATOR)
    boss.post(reverse("desk-halt-book", args=[Account.objects.get().pk]), {"reason": "x"})
    row = {"ledgerentry": LedgerEntry, "auditevent": AuditEvent}[model].objects.first()
    name = f"admin:books_app_{model}"

    assert boss.get(reverse(f"{name}_changelist")).status_code == 200
    assert boss.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
    assert boss.get(reverse(f"{name}_add")).status_code == 403
    assert boss.post(reverse(f"{name}_change", args=[row.pk]), {"amount": "1"}).status_code == 403
    assert boss.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    boss.post(reverse(f"{name}_changelist"), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert type(row).objects.filter(pk=row.pk).exists()


def test_whatever_only_services_write_can_only_be_read():
    """Of every app: the lists open, and no form adds a row, for the administrator neither."""
    boss = at_the_admin(ADMINISTRATOR)
    only_read = [model._meta for model, page in site._registry.items() if isinstance(page, ReadOnlyAdmin)]
    names = {meta.model_name for meta in only_read}
    assert names >= {
        "tradingsession",
        "capabilityhealth",
        "gammasnapshot",
        "contractselection",
        "decision",
        "exitverdict",
    }
    for meta in only_read:
        address = f"admin:{meta.app_label}_{meta.model_name}"
        assert boss.get(reverse(f"{address}_changelist")).status_code == 200
        assert boss.post(reverse(f"{address}_add")).status_code == 403


def test_a_book_is_never_deleted():
    """Its ledger outlives it."""
    book = a_book(name="paper")

    assert (
        at_the_admin(ADMINISTRATOR)
        .post(reverse("admin:books_app_account_delete", args=[book.pk]), {"post": "yes"})
        .status_code
        == 403
    )
