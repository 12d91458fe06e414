"""Shadow books: beside each book one in which the other engine's decisions are traded, on the same terms, with its own cash."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from books_app import ledger
from books_app.models import Account

ENDING: Final = "-shadow"
LONGEST_NAME: Final = 40


def shadow_book(account: Account) -> Account:
    """The shadow of a book, made when it is first needed with the cash that its book began with.

    Two that need it at once get the same one: a book has one shadow, by a unique column.
    """
    found = Account.objects.filter(shadow_of=account).first()
    return found or _make(account)


@transaction.atomic
def _make(account: Account) -> Account:
    terms = {name: getattr(account, name) for name in Account.SHARED_TERMS}
    made, created = Account.objects.get_or_create(
        shadow_of=account,
        defaults={
            "name": _name(account),
            "kind": Account.Kind.SHADOW,
            "start_cash": account.start_cash,
            "cash": account.start_cash,
            **terms,
        },
    )
    if created:
        ledger.book_deposit(made, booking=f"deposit:{made.pk}", amount=made.cash)
    return made


def _name(account: Account) -> str:
    named = f"{account.name}{ENDING}"
    return named if len(named) <= LONGEST_NAME else f"book-{account.pk}{ENDING}"
