"""Live a year of alerts with a known true difference between the engines, and see what the comparison says, and when.

In a database of its own that is dropped at the end. With --edge 0 neither engine is better.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from domain.errors import RuleBroken
from tradingsite.comparison.text import as_text
from tradingsite.management.base import DeskCommand
from tradingsite.replay.ground import throw_away_database
from tradingsite.simulated_year.fates import Plan
from tradingsite.simulated_year.year import Evening, Year

SHOWN_EVERY = 25  # sessions
MARGIN = 0.05  # R
BOUND = 1.5  # R; four or five standard deviations of a day's mean


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--edge", type=float, required=True, help="true mean of B minus A for one alert, R")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same year; 1 if not given")
        parser.add_argument("--sessions", type=int, default=250)
        parser.add_argument("--alerts", type=int, default=20, help="of a session")
        parser.add_argument("--margin", type=float, default=MARGIN, help="R; less counts as no difference")
        parser.add_argument("--bound", type=float, default=BOUND, help="R; one day's mean counts for at most this")

    def run(
        self,
        *,
        edge: float,
        seed: int,
        sessions: int,
        alerts: int,
        margin: float,
        bound: float,
        **options: Any,
    ) -> dict[str, Any]:
        try:
            plan = Plan(edge, seed, sessions, alerts)
            year = Year(plan, margin=Decimal(str(margin)), bound=Decimal(str(bound)))
        except ValueError as e:
            raise RuleBroken("bad_setting", str(e)) from e
        with throw_away_database():
            evenings = [self._shown(evening, sessions) for evening in year.evenings()]
            report = as_text(year.comparison())
        decided = next((evening for evening in evenings if evening.decided), None)
        self.tell(f"\n{report}")
        self.tell(f"true difference: {edge:+g} R an alert; {_when(decided, sessions)}")
        return _document(plan, evenings, decided)

    def _shown(self, evening: Evening, sessions: int) -> Evening:
        if evening.session % SHOWN_EVERY == 0 or evening.session == sessions:
            judgement = evening.judgement
            interval = f"{judgement.lower:+.3f} to {judgement.upper:+.3f} R"
            verdict = judgement.verdict.value.replace("_", " ")
            self.tell(
                f"{evening.day}  session {evening.session:>3}  {judgement.signals:>5} alerts  {interval}  {verdict}"
            )
        if sys.stderr.isatty():
            end = "\n" if evening.session == sessions else "\r"
            print(f"  session {evening.session} of {sessions}", end=end, file=sys.stderr, flush=True)
        return evening


def _when(decided: Evening | None, sessions: int) -> str:
    if decided is None:
        return f"not enough evidence in {sessions} sessions"
    verdict = decided.judgement.verdict.value.replace("_", " ")
    return f"{verdict}, first said on {decided.day}, after {decided.session} of {sessions} sessions"


def _document(plan: Plan, evenings: Sequence[Evening], decided: Evening | None) -> dict[str, Any]:
    last = evenings[-1].judgement
    return {
        "edge": plan.edge,
        "seed": plan.seed,
        "sessions": plan.sessions,
        "alerts": plan.alerts,
        "verdict": last.verdict.value,
        "text": last.text,
        "decided_on": None if last.decided_on is None else last.decided_on.isoformat(),
        "decided_after": None if decided is None else decided.session,
        "mean_difference": last.mean_difference,
        "course": [
            {
                "day": evening.day.isoformat(),
                "alerts": evening.judgement.signals,
                "lower": evening.judgement.lower,
                "upper": evening.judgement.upper,
                "verdict": evening.judgement.verdict.value,
            }
            for evening in evenings
        ],
    }
