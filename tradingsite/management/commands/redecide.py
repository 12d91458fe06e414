"""Decide engine B's stored decisions again from what its agents saw then, under other settings, and show what would differ.

Nothing is asked and nothing is traded. Without --set it is a proof: every stored view must give the stored votes, and the
exit status is 1 when one does not. What the rules said stays, and so do books as they were: an entry less would have
changed what came after it, and that is not followed up.
"""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from typing import Any

from domain.errors import RuleBroken
from signals_app.models import Decision, Strategy
from tradingsite.management.base import DeskCommand
from tradingsite.redecision import FORMS, Jury, Period, Tally, read_changes, stored_decisions
from tradingsite.redecision.text import diff_lines, summary_lines
from tradingsite.replay.ground import quiet_logs

PROGRESS_EVERY = 100


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", type=date.fromisoformat, required=True, dest="first", metavar="DATE")
        parser.add_argument("--to", type=date.fromisoformat, required=True, dest="last", metavar="DATE")
        parser.add_argument("--strategy", metavar="NAME", help="only its alerts")
        parser.add_argument(
            "--set", action="append", default=[], dest="said", metavar="SETTING", help=f"any of {', '.join(FORMS)}"
        )
        parser.add_argument("--all", action="store_true", help="list those that only grow surer or less sure as well")

    def handle(self, **options: Any) -> None:
        self.proven = True
        super().handle(**options)
        if not self.proven:
            sys.exit(1)

    def run(
        self, *, first: date, last: date, strategy: str | None, said: list[str], all: bool, **options: Any
    ) -> dict[str, Any]:
        changes, period = read_changes(said), _period(first, last, strategy)
        jury, tally = Jury(changes), Tally()
        with quiet_logs(logging.ERROR):  # an agent that cannot vote is counted
            for decision in self._watched(period):
                tally.take(decision, jury)
        self.proven = tally.deterministic
        for line in [*diff_lines(tally, everything=all), *summary_lines(tally, changes)]:
            self.tell(line)
        return {"from": first.isoformat(), "to": last.isoformat(), "set": said, **tally.as_json()}

    def _watched(self, period: Period) -> Iterator[Decision]:
        chosen = period.decisions()
        shown, total = sys.stderr.isatty(), chosen.count()
        for done, decision in enumerate(stored_decisions(chosen), 1):
            yield decision
            if shown and (done % PROGRESS_EVERY == 0 or done == total):
                end = "\n" if done == total else "\r"
                print(f"  {done} of {total} decisions", end=end, file=sys.stderr, flush=True)


def _period(first: date, last: date, strategy: str | None) -> Period:
    if last < first:
        raise RuleBroken("bad_setting", f"the period ends on {last}, before it begins on {first}")
    return Period(first, last, None if strategy is None else Strategy.objects.get(name=strategy).pk)
