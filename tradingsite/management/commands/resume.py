"""Let a halted book, or all, take entries again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from risk_app.services import resume_book
from tradingsite.management.base import DeskCommand, actor
from tradingsite.management.books import add_book_arguments, chosen_books


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_book_arguments(parser)
        parser.add_argument("--reason", default="", help="for the audit trail")

    def run(self, *, book: str | None, reason: str, **options: Any) -> list[dict[str, str]]:
        active = [resume_book(account_id=b.pk, reason=reason, actor=actor()) for b in chosen_books(book)]
        for account in active:
            self.tell(f"{account.name} takes entries")
        return [{"book": account.name, "status": account.status} for account in active]
