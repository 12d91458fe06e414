"""Shadow books: the same terms as their book's, and cash of their own."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from books_app.models import Account
from books_app.shadows import shadow_book
from tests.factories import a_book

pytestmark = pytest.mark.django_db


def test_a_shadow_begins_with_its_books_cash_and_terms() -> None:
    """It starts where the book started, not where that is now."""
    book = a_book(cash=50_000, slippage=Decimal("0.01"), fill_price="mid")
    Account.objects.filter(pk=book.pk).update(cash=Decimal(10))
    shadow = shadow_book(Account.objects.get(pk=book.pk))
    assert (shadow.kind, shadow.cash, shadow.slippage, shadow.fill_price) == ("shadow", 50_000, Decimal("0.01"), "mid")
    assert shadow_book(book) == shadow


def test_a_change_of_terms_reaches_the_shadow() -> None:
    """Whatever is shared is changed in both with one save; cash is not shared."""
    book = a_book()
    shadow = shadow_book(book)
    book.commission_per_contract, book.cash = Decimal("0.10"), Decimal(1)
    book.save()
    shadow.refresh_from_db()
    assert (shadow.commission_per_contract, shadow.cash) == (Decimal("0.10"), shadow.start_cash)


def test_a_long_name_leaves_room_for_the_shadows() -> None:
    """Forty characters are all that a name may have."""
    book = a_book(name="b" * 40)
    assert shadow_book(book).name == f"book-{book.pk}-shadow"


@pytest.mark.parametrize("fields", [{"kind": "shadow"}, {"kind": "paper", "shadow_of_id": 1}])
def test_only_a_shadow_names_its_book(fields: dict[str, object]) -> None:
    """A shadow without a book, or a book that shadows another, is refused by the database."""
    with pytest.raises(IntegrityError, match="account_shadow_has_its_book"), transaction.atomic():
        Account.objects.create(name="odd", **fields)
