"""Halt a book, or all: from this moment no entry is made or sent there, while exits go on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from risk_app.services import halt_book
from tradingsite.management.base import DeskCommand, actor
from tradingsite.management.books import add_book_arguments, chosen_books


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_book_arguments(parser)
        parser.add_argument("--reason", required=True, help="stands in the audit trail and in each refusal")

    def run(self, *, book: str | None, reason: str, **options: Any) -> list[dict[str, str]]:
        halted = [halt_book(account_id=b.pk, reason=reason, actor=actor()) for b in chosen_books(book)]
        for account in halted:
            self.tell(f"{account.name} is halted: {account.halt_reason}")
        return [{"book": account.name, "status": account.status, "reason": account.halt_reason} for account in halted]
