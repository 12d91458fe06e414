"""Print the whole way of one signal: the alert, each rule, orders, fills, position, money, and every step with its time."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from tradingsite.management.base import DeskCommand
from tradingsite.trail import read_trail
from tradingsite.trail_text import as_json, as_text


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("signal_id", type=int)

    def run(self, *, signal_id: int, **options: Any) -> dict[str, Any]:
        trail = read_trail(signal_id)
        self.tell(as_text(trail))
        return as_json(trail)
