"""Two workers that need a book's shadow for the first time, at once."""

from __future__ import annotations

from books_app.models import Account, LedgerEntry
from books_app.shadows import shadow_book
from tests.factories import Floor, a_book
from tests.races.starting_gun import at_once
from tradingsite.auditor import violations


def test_a_book_has_one_shadow_whoever_is_first(floor: Floor) -> None:
    """Eight at once get the same book, its cash was paid in once, and the audit is clean."""
    book = a_book()
    made = at_once([lambda: shadow_book(Account.objects.get(pk=book.pk))] * 8)
    assert len({shadow.pk for shadow in made if isinstance(shadow, Account)}) == 1 and len(made) == 8
    shadow = Account.objects.get(shadow_of=book)
    assert LedgerEntry.objects.filter(account=shadow, line="cash").count() == 1
    assert not violations()
