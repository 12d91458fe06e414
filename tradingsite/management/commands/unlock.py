"""Let a user who has tried too many passwords sign in again, without the wait."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from books_app.sign_in import unlock
from tradingsite.management.base import DeskCommand, actor


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("username")

    def run(self, *, username: str, **options: Any) -> dict[str, str | int]:
        addresses = unlock(username, actor=actor())
        self.tell(f"{username} may try again; addresses whose tries are forgotten: {addresses}")
        return {"username": username, "addresses": addresses}
