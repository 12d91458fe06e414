"""Choosing books on the command line: one by name, or all of them."""

from __future__ import annotations

from argparse import ArgumentParser

from books_app.models import Account
from risk_app.services import account_named


def add_book_arguments(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--book", help="name of the book")
    which.add_argument("--all", action="store_true", help="every book")


def chosen_books(book: str | None) -> list[Account]:
    """In the order of their locks. Raises RuleBroken ``not_found`` for a name that no book has."""
    return [account_named(book)] if book is not None else list(Account.objects.order_by("pk"))
