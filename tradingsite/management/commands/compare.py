"""Which engine is better: the verdict on an experiment, or the figures of a strategy, a symbol, or everything.

--simulate shows instead how often the method is wrong, and how soon it finds what there is.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from tradingsite.management.base import DeskCommand

PATHS = 500  # some twenty seconds, and a share of 5 % known to 1 %
SEED = 1


def moment(text: str) -> datetime:
    """A date, or a time with date, UTC where it names no other zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as e:
        raise ArgumentTypeError(f"{text!r} is no date such as 2026-03-01, and no time such as 2026-03-01T14:30") from e
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError(f"{number} is not above 0")
    return number


class Command(DeskCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--experiment", metavar="NAME", help="on the terms it has declared")
        whose.add_argument("--strategy", metavar="NAME", help="all its alerts, exploratory")
        whose.add_argument("--simulate", action="store_true", help="the method itself: false alarms and detection")
        parser.add_argument("--symbol", type=str.upper, help="only alerts on it, exploratory")
        parser.add_argument("--by", choices=["strategy", "symbol", "regime"], help="one line each")
        parser.add_argument("--from", dest="since", type=moment, help="alerts received from then on, exploratory")
        parser.add_argument("--to", dest="until", type=moment, help="alerts received before, exploratory")
        parser.add_argument("--agents", action="store_true", help="how each agent of the jury has done")
        parser.add_argument(
            "--paths", type=count, default=PATHS, help=f"simulated experiments a line, {PATHS} if not given"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        return self._simulate(options["paths"]) if options["simulate"] else self._compare(**options)

    def _compare(self, *, by: str | None, agents: bool, **options: Any) -> dict[str, Any]:
        # numpy: only where it is asked for, since every command of this site is imported to be listed
        from tradingsite.comparison.agents import agent_figures
        from tradingsite.comparison.document import as_json
        from tradingsite.comparison.outcomes import read
        from tradingsite.comparison.report import By, current_session, summarise
        from tradingsite.comparison.subjects import chosen
        from tradingsite.comparison.text import as_text

        names = ("experiment", "strategy", "symbol", "since", "until")
        subject = chosen(**{name: options[name] for name in names})
        found = read(subject.scope)
        comparison = summarise(subject, found, today=current_session(), by=None if by is None else By(by))
        figures = agent_figures(subject.scope, found.alerts) if agents else ()
        self.tell(as_text(comparison, figures))
        return as_json(comparison, figures if agents else None)

    def _simulate(self, paths: int) -> dict[str, Any]:
        from domain.stats.simulation import detections, false_alarms
        from tradingsite.comparison.document import simulation_as_json
        from tradingsite.comparison.text import simulation_table

        self._progress(f"false alarms in {paths} experiments of each shape, 1000 looks each …")
        started = time.monotonic()
        alarms = false_alarms(seed=SEED, paths=paths)
        self._progress(f"{time.monotonic() - started:.0f} s; detection in a year of {paths} experiments each …")
        found = detections(seed=SEED, paths=paths)
        self._progress(f"{time.monotonic() - started:.0f} s")
        self.tell("Without a difference: every alarm is false, and 5 % of the experiments may have one at any look.")
        self.tell(simulation_table(alarms))
        self.tell("With engine B better by the effect, within a year of 250 sessions of 20 alerts:")
        self.tell(simulation_table(found))
        return simulation_as_json(alarms, found)

    def _progress(self, text: str) -> None:
        self.stderr.write(text)
