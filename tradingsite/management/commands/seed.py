"""Make what a fresh system needs: roles, administrator, book, limits, exit rules, calendar, schedule. Safe to repeat."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tradingsite.defaults import seed


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *, json: bool, **options: Any) -> None:
        made = {}
        for what, rows in seed():
            made[what] = rows
            if not json:
                self.stdout.write(f"  {what}: {f'{rows} new' if rows else 'there'}")
        if json:
            self._print_json(made)

    def _print_json(self, made: dict[str, int]) -> None:
        self.stdout.write(json.dumps(made))
