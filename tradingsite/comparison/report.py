"""The comparison of the two engines within a scope: each one's figures, their paired difference, and the verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from statistics import stdev
from typing import Final

from books_app import clock
from domain.stats.bootstrap import PerformanceIntervals, mean_interval, performance_intervals
from domain.stats.families import discoveries
from domain.stats.intervals import Interval
from domain.stats.paired import Cluster, Pair, mean_difference, observations, settled
from domain.stats.sequential import Look, looks
from domain.stats.trades import Performance, Trade, performance
from domain.stats.verdict import Judgement, Terms, judge
from market_app.quoting import exchange_date
from signals_app.models import Experiment
from tradingsite.comparison.outcomes import Alert, Arm, Found, Scope, State, read

SEED: Final = 1  # of the resampling: the same rows give the same intervals
UNITS: Final = {Experiment.Metric.R: "R", Experiment.Metric.RETURN: "of cost"}


class By(StrEnum):
    """What a comparison can be broken down by."""

    STRATEGY = "strategy"
    SYMBOL = "symbol"
    REGIME = "regime"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared, and on which terms. experiment: None where nobody has declared anything beforehand."""

    title: str
    scope: Scope
    experiment: Experiment | None
    terms: Terms
    metric: str

    @property
    def exploratory(self) -> bool:
        return self.experiment is None


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """One engine's side. entered: closed and open; refused: wanted and not traded; reasons: why not, the commonest first."""

    engine: str
    entered: int
    open: int
    skipped: int
    refused: int
    by_hand: int
    reasons: tuple[tuple[str, int], ...]
    performance: Performance
    intervals: PerformanceIntervals
    cumulated: tuple[tuple[date, float], ...]  # R after each day with a closing


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A for one alert, in the metric's unit. interval: by day, for one look at these alerts; None below ten days."""

    pairs: int
    mean: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Alerts that no verdict counts yet. open_since: the first session with a trade that is still held; None: only today's."""

    alerts: int
    open_since: date | None


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a breakdown. It has no verdict of its own. stands_out: believed to differ, all lines taken together."""

    name: str
    alerts: int
    a: Performance
    b: Performance
    difference: Difference
    evidence: float
    stands_out: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is shown of one subject.

    course: the confidence sequence, one look after every observation.
    """

    subject: Subject
    today: date
    alerts: int
    first_day: date | None
    last_day: date | None
    excluded: Mapping[str, int]
    waiting: Waiting
    a: EngineFigures
    b: EngineFigures
    difference: Difference
    judgement: Judgement
    spread: float | None  # standard deviation of the observations, unclipped; None below two
    course: tuple[Look, ...]
    by: By | None
    parts: tuple[Part, ...]


def subject_of_experiment(experiment: Experiment) -> Subject:
    """On the terms that were declared before it started."""
    return Subject(
        f"experiment {experiment.name}",
        Scope(experiment_id=experiment.pk),
        experiment,
        terms_of(experiment),
        experiment.metric,
    )


def exploratory(title: str, scope: Scope, *, like: Experiment | None = None) -> Subject:
    """Alerts that nobody has declared terms for: those of an experiment, or of a new one, are taken and prove nothing."""
    usual = like or Experiment()
    return Subject(title, scope, None, terms_of(usual), usual.metric)


def terms_of(experiment: Experiment) -> Terms:
    return Terms(
        level=float(experiment.level),
        margin=float(experiment.margin),
        bound=float(experiment.bound),
        minimum_signals=experiment.minimum_signals,
        minimum_days=experiment.minimum_days,
        cluster=Cluster(experiment.cluster),
        unit=UNITS[Experiment.Metric(experiment.metric)],
    )


def current_session() -> date:
    """The session that is not over yet."""
    return exchange_date(clock.now())


def compare(subject: Subject, *, by: By | None = None) -> Comparison:
    """Read the rows, in four statements, and say which engine did better."""
    return summarise(subject, read(subject.scope), today=current_session(), by=by)


def summarise(subject: Subject, found: Found, *, today: date, by: By | None = None) -> Comparison:
    """The comparison of alerts that have been read. today: its session is not over and does not count yet."""
    alerts, terms = found.alerts, subject.terms
    pairs = _settled(alerts, subject, today)
    observed = observations(pairs, terms.cluster)
    return Comparison(
        subject=subject,
        today=today,
        alerts=len(alerts),
        first_day=alerts[0].day if alerts else None,
        last_day=alerts[-1].day if alerts else None,
        excluded=found.excluded,
        waiting=Waiting(len(alerts) - len(pairs), _open_since(alerts)),
        a=_figures("A", [alert.a for alert in alerts], terms.level),
        b=_figures("B", [alert.b for alert in alerts], terms.level),
        difference=_difference(pairs, terms.level),
        judgement=_judgement(pairs, terms),
        spread=stdev(one.mean for one in observed) if len(observed) > 1 else None,
        course=looks(observed, level=terms.level, bound=terms.bound, margin=terms.margin),
        by=by,
        parts=() if by is None else _parts(alerts, subject, today, by),
    )


def _settled(alerts: Sequence[Alert], subject: Subject, today: date) -> tuple[Pair, ...]:
    outcomes = [alert.outcomes(subject.metric) for alert in alerts]
    return settled(outcomes, today=today, cluster=subject.terms.cluster)


def _open_since(alerts: Sequence[Alert]) -> date | None:
    return min((alert.day for alert in alerts if State.OPEN in (alert.a.state, alert.b.state)), default=None)


def _judgement(pairs: Sequence[Pair], terms: Terms) -> Judgement:
    return judge(
        pairs,
        level=terms.level,
        margin=terms.margin,
        bound=terms.bound,
        minimum_signals=terms.minimum_signals,
        minimum_days=terms.minimum_days,
        cluster=terms.cluster,
        unit=terms.unit,
    )


def _difference(pairs: Sequence[Pair], level: float) -> Difference:
    around = mean_interval([pair.difference for pair in pairs], [pair.day for pair in pairs], seed=SEED, level=level)
    return Difference(len(pairs), mean_difference(pairs), around)


def _figures(engine: str, arms: Sequence[Arm], level: float) -> EngineFigures:
    trades = _trades(arms)
    states = Counter(arm.state for arm in arms)
    reasons = Counter(arm.reason for arm in arms if arm.state in (State.SKIPPED, State.REFUSED))
    return EngineFigures(
        engine=engine,
        entered=states[State.CLOSED] + states[State.OPEN],
        open=states[State.OPEN],
        skipped=states[State.SKIPPED],
        refused=states[State.REFUSED],
        by_hand=sum(arm.by_hand for arm in arms),
        reasons=tuple(reasons.most_common()),
        performance=performance(trades, level=level),
        intervals=performance_intervals(trades, seed=SEED, level=level),
        cumulated=_cumulated(trades),
    )


def _trades(arms: Sequence[Arm]) -> list[Trade]:
    return [arm.trade for arm in arms if arm.trade is not None]


def _cumulated(trades: Sequence[Trade]) -> tuple[tuple[date, float], ...]:
    days: defaultdict[date, Decimal] = defaultdict(Decimal)
    for trade in trades:
        days[exchange_date(trade.closed_at)] += trade.pnl / trade.risk
    total, course = Decimal(0), []
    for day in sorted(days):
        total += days[day]
        course.append((day, float(total)))
    return tuple(course)


def _parts(alerts: Sequence[Alert], subject: Subject, today: date, by: By) -> tuple[Part, ...]:
    """By name, the one with most alerts first."""
    name_of: Callable[[Alert], str] = {
        By.STRATEGY: lambda alert: alert.strategy,
        By.SYMBOL: lambda alert: alert.symbol,
        By.REGIME: lambda alert: alert.regime or "unknown",
    }[by]
    gathered: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        gathered[name_of(alert)].append(alert)
    pairs = {name: _settled(ours, subject, today) for name, ours in gathered.items()}
    evidence = {name: _judgement(ours, subject.terms).e_different for name, ours in pairs.items()}
    chosen = discoveries(evidence, level=subject.terms.level) if evidence else frozenset()
    return tuple(
        Part(
            name=name,
            alerts=len(ours),
            a=performance(_trades([alert.a for alert in ours]), level=subject.terms.level),
            b=performance(_trades([alert.b for alert in ours]), level=subject.terms.level),
            difference=_difference(pairs[name], subject.terms.level),
            evidence=evidence[name],
            stands_out=name in chosen,
        )
        for name, ours in sorted(gathered.items(), key=lambda item: (-len(item[1]), item[0]))
    )
