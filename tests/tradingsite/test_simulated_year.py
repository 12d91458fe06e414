"""A simulated year: its true edge is known, its rows are legal, and the comparison finds what there is and nothing else."""

from __future__ import annotations

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from books_app.models import Account
from domain.stats.verdict import Verdict
from positions_app.models import Position
from signals_app.models import AgentVote, Decision, JuryRecord, Signal
from tradingsite.simulated_year.fates import GAIN, LARGEST_EDGE, Plan, payoff
from tradingsite.simulated_year.year import Evening, Year

EVENLY = (np.arange(1_000_000) + 0.5) / 1_000_000


def test_a_trade_pays_like_a_bought_option_and_nothing_on_average() -> None:
    """Never below -1 R, most lose, few win a multiple; gains and losses cancel."""
    results = payoff(EVENLY)
    assert np.all(np.diff(results) >= 0.0)
    assert results.min() == -1.0 and results.max() > 50.0
    assert abs(results.mean()) < 0.0005
    assert abs(results[results > 0].sum() / len(results) - GAIN) < 0.0005
    assert (results < 0).mean() == pytest.approx(0.6)


@pytest.mark.parametrize("edge", [0.1, 0.0, -0.2])
def test_the_edge_is_the_true_mean_difference(edge: float) -> None:
    """Over ten thousand days the mean of B minus A lies within three standard errors of it."""
    days = Plan(edge, seed=7, sessions=10_000).days()
    means = np.array([np.mean([fate.r * fate.b_enters - fate.r for fate in day]) for day in days])
    assert abs(means.mean() - edge) < 3 * means.std() / np.sqrt(len(means))


def test_the_trades_of_a_day_share_their_luck() -> None:
    """A day's mean result spreads more than that of as many independent trades."""
    days = np.array([[min(fate.r, 5.0) for fate in day] for day in Plan(0.0, seed=3, sessions=2_000).days()])
    assert days.mean(axis=1).var() > 2.0 * days.var() / days.shape[1]


def test_the_same_plan_is_the_same_year() -> None:
    """And another seed another one."""
    assert Plan(0.1, seed=4, sessions=3).days() == Plan(0.1, seed=4, sessions=3).days()
    assert Plan(0.1, seed=4, sessions=3).days() != Plan(0.1, seed=5, sessions=3).days()


@pytest.mark.parametrize("edge", [LARGEST_EDGE + 0.01, -1.0, float("nan")])
def test_an_edge_that_leaving_out_cannot_bring_is_refused(edge: float) -> None:
    """With the largest there is."""
    with pytest.raises(ValueError, match=r"beyond 0\.39 R"):
        Plan(edge)


def lived(plan: Plan, **terms: object) -> tuple[Year, list[Evening]]:
    year = Year(plan, **terms)
    return year, list(year.evenings())


@pytest.mark.django_db
def test_the_rows_are_those_of_both_engines(redis_client: object) -> None:
    """Each alert with its shadow and two decisions, votes and sum for B, closed positions on the book of each."""
    plan = Plan(0.1, sessions=4, alerts=10)
    lived(plan)

    entered = sum(fate.b_enters for day in plan.days() for fate in day)
    assert Signal.objects.filter(shadow_of=None).count() == Signal.objects.filter(account__kind="shadow").count() == 40
    assert Decision.objects.filter(engine="B", verdict="approved").count() == entered
    assert JuryRecord.objects.count() == 40 and AgentVote.objects.count() == 80
    held = {book.kind: Position.objects.filter(account=book, status="closed") for book in Account.objects.all()}
    assert (held["paper"].count(), held["shadow"].count()) == (40, entered)


@pytest.mark.django_db
def test_the_reader_finds_the_drawn_outcomes(redis_client: object) -> None:
    """The mean difference that the comparison reads from the rows is that of the drawn ones, to a cent."""
    plan = Plan(0.1, sessions=5, alerts=8)
    year, evenings = lived(plan)

    drawn = np.mean([fate.r * fate.b_enters - fate.r for day in plan.days() for fate in day])
    assert evenings[-1].judgement.mean_difference == pytest.approx(drawn, abs=0.0001)
    assert [evening.judgement.signals for evening in evenings] == [8, 16, 24, 32, 40]
    report = year.comparison()
    assert report.judgement == evenings[-1].judgement  # session by session or all at once
    assert report.excluded == {} and report.b.skipped == sum(not f.b_enters for day in plan.days() for f in day)


@pytest.mark.django_db
def test_an_edge_is_found_and_its_absence_is_not(redis_client: object) -> None:
    """A large one within some weeks, on the day that is told; with none there is no verdict for either engine."""
    _, evenings = lived(Plan(0.3, seed=1, sessions=60, alerts=20), minimum_signals=100, minimum_days=20)
    first = next(evening for evening in evenings if evening.decided)
    assert first.judgement.verdict is Verdict.B_BETTER
    assert first.day == first.judgement.decided_on == evenings[-1].judgement.decided_on
    assert first.session >= 20


@pytest.mark.django_db
def test_a_year_without_an_edge_has_no_winner(redis_client: object) -> None:
    """Neither on any evening, nor at the end."""
    _, evenings = lived(Plan(0.0, seed=1, sessions=60, alerts=20))
    said = {evening.judgement.verdict for evening in evenings}
    assert said <= {Verdict.NOT_ENOUGH_EVIDENCE, Verdict.NO_DIFFERENCE}


@pytest.mark.django_db(transaction=True)
def test_the_command_leaves_nothing_behind(redis_client: object) -> None:
    """It lives in a database of its own, and tells the verdict with the day on which it was first given."""
    out = StringIO()
    call_command("simulate_year", "--edge=0.35", "--sessions=40", "--json", stdout=out)
    found = json.loads(out.getvalue())

    assert found["verdict"] == "b_better" and found["course"][found["decided_after"] - 1]["day"] == found["decided_on"]
    assert len(found["course"]) == 40
    assert not Signal.objects.exists()


@pytest.mark.parametrize(
    "argument", ["--edge=2", "--sessions=0", "--alerts=0", "--seed=-1", "--margin=2", "--bound=nan"]
)
def test_a_year_that_cannot_be_is_refused(argument: str) -> None:
    """Before a database is made."""
    with pytest.raises(CommandError, match=r"beyond|no year|below 0|not between 0 and the bound"):
        call_command("simulate_year", "--edge=0", argument)
