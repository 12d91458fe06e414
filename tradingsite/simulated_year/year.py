"""Living the year: a session's rows are written, then the comparison is asked, every session anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from books_app import clock
from domain.stats.paired import Cluster, Outcomes, settled
from domain.stats.verdict import Judgement, Verdict, judge
from signals_app.models import Experiment
from signals_app.services import experiments
from tradingsite.comparison.outcomes import Scope, read
from tradingsite.comparison.report import Comparison, compare, subject_of_experiment, terms_of
from tradingsite.simulated_year.fates import Plan
from tradingsite.simulated_year.rows import Desk

FIRST_DAY: Final = date(2025, 1, 2)
AFTER_THE_BELL: Final = time(22, 0)  # UTC
WEEKEND: Final = 5
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Evening:
    """What the comparison said after one session."""

    session: int
    day: date
    judgement: Judgement

    @property
    def decided(self) -> bool:
        return self.judgement.verdict is not Verdict.NOT_ENOUGH_EVIDENCE


class Year:
    """One plan lived in the database of the default connection, which should be a throw-away one."""

    def __init__(self, plan: Plan, **terms: Any) -> None:
        """terms: fields of the experiment that differ from their defaults. Raises ValueError for those that cannot be."""
        self._plan = plan
        self._now = _evening_of(FIRST_DAY)
        # Nothing is held overnight here, so a day is an observation of its own.
        self._terms = {"cluster": Experiment.Cluster.DAY, **terms}
        terms_of(Experiment(**self._terms))

    def evenings(self) -> Iterator[Evening]:
        """One after each session."""
        with clock.running_on(lambda: self._now):
            desk = Desk(**self._terms)
            self.experiment = experiments.start(experiment_id=desk.experiment.pk, actor="simulated year")
            seen: list[Outcomes] = []
            for session, (day, fates) in enumerate(zip(_weekdays(), self._plan.days(), strict=False), 1):
                desk.write(day, fates)
                self._now = _evening_of(day)
                seen += _outcomes(self.experiment, day)
                yield Evening(session, day, _judged(self.experiment, seen, after=day))

    def comparison(self) -> Comparison:
        """The whole report, as ``manage.py compare`` makes it, after the last evening."""
        with clock.running_on(lambda: self._now + DAY):
            return compare(subject_of_experiment(self.experiment))


def _outcomes(experiment: Experiment, day: date) -> Iterator[Outcomes]:
    """Of that session's alerts, as the comparison reads them; those of the sessions before are settled and stay."""
    scope = Scope(experiment_id=experiment.pk, since=_evening_of(day - DAY), until=_evening_of(day))
    return (alert.outcomes(experiment.metric) for alert in read(scope).alerts)


def _judged(experiment: Experiment, seen: Sequence[Outcomes], *, after: date) -> Judgement:
    """What the report says first, without its other figures."""
    pairs = settled(seen, today=after + DAY, cluster=Cluster(experiment.cluster))
    return judge(pairs, **asdict(terms_of(experiment)))


def _weekdays() -> Iterator[date]:
    day = FIRST_DAY
    while True:
        if day.weekday() < WEEKEND:
            yield day
        day += DAY


def _evening_of(day: date) -> datetime:
    return datetime.combine(day, AFTER_THE_BELL, UTC)
