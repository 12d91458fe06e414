"""From alerts to figures and a verdict, on rows with a known truth."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from domain.stats.trades import Trade
from domain.stats.verdict import Verdict
from signals_app.models import Experiment
from signals_app.services.experiments import start
from tests.factories import Desk, Floor, a_desk
from tradingsite.comparison.document import as_json
from tradingsite.comparison.outcomes import Alert, Arm, Found, Scope, State
from tradingsite.comparison.report import By, Comparison, compare, exploratory, subject_of_experiment, summarise
from tradingsite.comparison.text import as_text

from .rows import OPEN, Came, session, write

pytestmark = pytest.mark.django_db
TERMS = {"margin": "0.1", "bound": 2, "cluster": "day", "minimum_signals": 100, "minimum_days": 20}


def an_experiment(desk: Desk, **terms: object) -> Experiment:
    made = Experiment.objects.create(name="trial", strategy=desk.strategy, **{**TERMS, **terms})
    return start(experiment_id=made.pk, actor="user:anna")


def a_course(edge: float, *, sessions: int, alerts: int = 10, seed: int = 1) -> Iterator[Came]:
    """Trades of an option: 1.5 R two times in five, else -1 R. B skips some, more of the losers the greater its edge."""
    drawn = random.Random(seed)
    for number in range(sessions * alerts):
        came = 1.5 if drawn.random() < 0.4 else -1.0
        skips = drawn.random() < (0.3 + edge if came < 0 else 0.3 - edge)
        yield Came(session(number // alerts, number % alerts), came, None if skips else came)


def compared(floor: Floor, alerts: Iterator[Came], **terms: object) -> Comparison:
    desk = a_desk()
    experiment = an_experiment(desk, **terms)
    write(desk, alerts, experiment)
    return compare(subject_of_experiment(experiment))


def test_a_better_jury_is_found(floor: Floor) -> None:
    """One that skips losers half of the time and winners seldom is better, and the sentence says since when."""
    found = compared(floor, a_course(0.25, sessions=120))
    assert found.judgement.verdict is Verdict.B_BETTER
    assert found.judgement.text.startswith("B is better, decided on 2025-")
    assert found.difference.mean is not None and found.difference.interval is not None
    assert found.difference.interval.low > 0
    assert len(found.course) == 120 and found.course[-1].lower > 0


@pytest.mark.parametrize("edge", [0.0, 0.15])
def test_a_year_of_alerts(floor: Floor, edge: float) -> None:
    """250 sessions of 20 alerts: a true edge of 0.15 × 1.2 R for each alert is found, and none is found where none is."""
    declared = Experiment(name="year", margin="0.05", bound="0.5", cluster="week")
    drawn = random.Random(7)
    alerts = [a_trade(number, drawn, edge) for number in range(250 * 20)]
    found = summarise(subject_of_experiment(declared), Found(tuple(alerts)), today=date(2026, 1, 1))
    if edge:
        assert found.judgement.verdict is Verdict.B_BETTER
        assert found.judgement.decided_on is not None and found.judgement.decided_on < date(2025, 7, 1)
        assert found.difference.mean == pytest.approx(edge * 1.2, abs=0.02)
    else:
        assert found.judgement.verdict in (Verdict.NOT_ENOUGH_EVIDENCE, Verdict.NO_DIFFERENCE)


def a_trade(number: int, drawn: random.Random, edge: float) -> Alert:
    """1.5 R two times in five, else -1 R: nothing on average. B skips half of them, losers oftener by the edge."""
    at = session(number // 20, number % 20)
    pnl = Decimal(75) if drawn.random() < 0.4 else Decimal(-50)
    trade = Trade(pnl, Decimal(50), Decimal(100), at, at, at.date())
    skips = drawn.random() < (0.5 + edge if pnl < 0 else 0.5 - edge)
    traded, skipped = Arm(State.CLOSED, trade=trade), Arm(State.SKIPPED, "jury_not_convinced")
    return Alert(number, "orb", "AAPL", "trending", at.date(), at, traded, skipped if skips else traded)


def test_without_an_edge_nobody_is_better(floor: Floor) -> None:
    """Skipping at random what wins and loses nothing on average proves nothing."""
    fair = (
        Came(one.at, 1.0 if number % 2 else -1.0, 1.0 if (number // 2 + number) % 2 else -1.0)
        for number, one in enumerate(a_course(0.0, sessions=60))
    )
    assert compared(floor, fair).judgement.verdict in (Verdict.NO_DIFFERENCE, Verdict.NOT_ENOUGH_EVIDENCE)


def test_two_equal_engines_do_not_differ(floor: Floor) -> None:
    """Where both always do the same, the interval shrinks into the margin."""
    found = compared(floor, (Came(one.at, one.a, one.a) for one in a_course(0.0, sessions=120)))
    assert found.judgement.verdict is Verdict.NO_DIFFERENCE


def test_a_bound_that_was_too_wide_is_told(floor: Floor) -> None:
    """It cannot be changed, but the next experiment can declare a better one."""
    wide, narrow = (compared_in_memory(bound) for bound in ("5", "0.5"))
    assert "standard deviations of a week's mean difference" in as_text(wide)
    assert "standard deviations" not in as_text(narrow)
    assert wide.course[-1].upper > narrow.course[-1].upper


def compared_in_memory(bound: str) -> Comparison:
    drawn = random.Random(7)
    alerts = [a_trade(number, drawn, 0.1) for number in range(100 * 20)]
    subject = subject_of_experiment(Experiment(name="year", margin="0.05", bound=bound, cluster="week"))
    return summarise(subject, Found(tuple(alerts)), today=date(2026, 1, 1))


def test_too_few_alerts_are_not_enough(floor: Floor) -> None:
    """However clear they look: the minimum was declared."""
    found = compared(floor, (Came(one.at, -1.0, 1.0) for one in a_course(0.0, sessions=19)))
    assert found.judgement.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert "a verdict needs 100 signals on 20 days" in found.judgement.text


def test_an_open_trade_holds_up_its_day_and_those_after(floor: Floor) -> None:
    """Losers are closed sooner than winners, so nothing is counted out of turn; the reader is told what waits."""
    alerts = list(a_course(0.0, sessions=30))
    alerts[200] = Came(alerts[200].at, OPEN, 1.0)
    found = compared(floor, iter(alerts))
    assert (found.alerts, found.difference.pairs, found.judgement.days) == (300, 200, 20)
    assert (found.waiting.alerts, found.waiting.open_since) == (100, alerts[200].at.date())
    assert "100 wait for trades open since 2025-02-03" in as_text(found)


def test_the_session_of_today_does_not_count_yet(floor: Floor) -> None:
    """More of its alerts may come."""
    floor.clock.at = session(10, 30)
    found = compared(floor, a_course(0.0, sessions=11))
    assert (found.waiting.alerts, found.waiting.open_since, found.judgement.days) == (10, None, 10)


def test_weeks_are_what_was_declared(floor: Floor) -> None:
    """Then one look comes with each week that is over."""
    found = compared(floor, a_course(0.0, sessions=50), cluster="week")
    assert (len(found.course), found.judgement.days) == (10, 50)


def test_the_metric_is_what_was_declared(floor: Floor) -> None:
    """Half of what is paid is at risk, so a return is half of the R."""
    found = compared(floor, iter([Came(session(0), 1.0, 2.0)]), metric="return")
    assert found.difference.mean == 0.5
    assert found.subject.terms.unit == "of cost"


def test_each_engine_has_its_figures(floor: Floor) -> None:
    """Two gains of 50 and a loss of 50 against one gain, one skip and one refusal."""
    alerts = [Came(session(0), 1.0, 1.0), Came(session(1), 1.0, None), Came(session(2), -1.0, "no_contract")]
    found = compared(floor, iter(alerts))
    a, b = found.a, found.b
    assert (a.entered, a.skipped, a.refused, a.performance.pnl, a.performance.profit_factor) == (
        3,
        0,
        0,
        Decimal(50),
        2.0,
    )
    assert (b.entered, b.skipped, b.refused, b.performance.pnl) == (1, 1, 1, Decimal(50))
    assert b.reasons == (("jury_not_convinced", 1), ("no_contract", 1))
    assert a.cumulated == ((date(2025, 1, 6), 1.0), (date(2025, 1, 7), 2.0), (date(2025, 1, 8), 1.0))


def test_lines_of_a_breakdown_have_no_verdict_of_their_own(floor: Floor) -> None:
    """Of twenty symbols without a difference none stands out; one that truly differs does, among all of them."""
    desk = a_desk()
    symbols = [f"SYM{number}" for number in range(10)]
    for place, symbol in enumerate(symbols):
        drawn = random.Random(place)
        write(
            desk,
            [Came(session(n), drawn.choice([1.0, -1.0]), drawn.choice([1.0, -1.0]), symbol=symbol) for n in range(100)],
        )
    write(desk, [Came(session(n), -1.0, 1.0, symbol="TRUE") for n in range(100)])
    found = compare(exploratory("all alerts", Scope()), by=By.SYMBOL)
    assert [part.name for part in found.parts if part.stands_out] == ["TRUE"]
    assert sorted(part.name for part in found.parts) == sorted([*symbols, "TRUE"])
    assert "TRUE" in as_text(found) and "differs" in as_text(found)


def test_what_nobody_declared_is_exploratory(floor: Floor) -> None:
    """And says so."""
    write(a_desk(), [Came(session(0), 1.0, 1.0)])
    found = compare(exploratory("all alerts", Scope()), by=By.REGIME)
    assert "exploratory" in as_text(found)
    assert as_json(found)["exploratory"] is True
    assert [part.name for part in found.parts] == ["trending"]


def test_nothing_to_compare_is_said(floor: Floor) -> None:
    """An experiment without alerts has no figures and no verdict."""
    found = compared(floor, iter([]))
    assert found.judgement.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert "no alert was decided on by both engines" in as_text(found)
    json.dumps(as_json(found), allow_nan=False)


def test_the_document_is_plain_json(floor: Floor) -> None:
    """Every number of it is one, and the same rows give the same document."""
    desk = a_desk()
    experiment = an_experiment(desk)
    write(desk, a_course(0.2, sessions=30), experiment)
    subject = subject_of_experiment(experiment)
    told = [json.dumps(as_json(compare(subject, by=By.REGIME)), allow_nan=False) for _ in range(2)]
    assert told[0] == told[1]
    read = json.loads(told[0])
    assert read["a"]["performance"]["pnl"].lstrip("-").replace(".", "").isdigit()
    assert len(read["course"]) == 30


def test_statements_do_not_grow_with_alerts(floor: Floor) -> None:
    """Four for reading, whatever is made of the rows."""
    desk = a_desk()
    write(desk, a_course(0.0, sessions=20))
    with CaptureQueriesContext(connection) as asked:
        compare(exploratory("all alerts", Scope()), by=By.SYMBOL)
    assert len(asked) == 4
