"""What the operator's commands have in common: ``--json``, who acts, and a refusal with its fix instead of a traceback."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError

from books_app.web.reasons import page_of
from domain.errors import TradingError
from domain.reasons import REASONS


class DeskCommand(BaseCommand):
    """Subclasses write ``run``: it returns what ``--json`` prints, after having shown it to a person otherwise."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")

    def run(self, **options: Any) -> Any:
        raise NotImplementedError

    def handle(self, **options: Any) -> None:
        self.as_json = bool(options["json"])
        try:
            outcome = self.run(**options)
        except TradingError as refused:
            self._refuse(refused.code, refused.message)
        except ObjectDoesNotExist as missing:
            row = type(missing).__qualname__.partition(".")[0].lower()
            self._refuse("not_found", f"there is no such {row}")
        else:
            if self.as_json:
                self.stdout.write(json.dumps(outcome, indent=2, ensure_ascii=False))

    def tell(self, text: str) -> None:
        """For people only."""
        if not self.as_json:
            self.stdout.write(text)

    def _refuse(self, code: str, message: str) -> None:
        fix = REASONS[code].fix
        if self.as_json:
            error = {"code": code, "message": message, "fix": fix, "docs": page_of(code)}
            self.stdout.write(json.dumps({"error": error}, indent=2, ensure_ascii=False))
            raise SystemExit(1)
        raise CommandError(f"{message}\n{fix}")


def actor() -> str:
    """How the audit trail names somebody at a terminal."""
    try:
        return f"command:{getpass.getuser()}"[:80]
    except (KeyError, OSError):  # a container may run under a number that has no name
        return "command"
