"""Experiments: starting, stopping, and a split that takes two people to change."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from books_app.models import AuditEvent
from domain.errors import RuleBroken
from signals_app.models import Experiment, SplitChange
from signals_app.services import experiments
from tests.factories import Floor, a_desk

pytestmark = pytest.mark.django_db


def an_experiment(**fields: object) -> Experiment:
    return Experiment.objects.create(**{"name": "a-or-b", "strategy": a_desk().strategy, "percent_a": 50, **fields})


def a_running_one(**fields: object) -> Experiment:
    return experiments.start(experiment_id=an_experiment(**fields).pk, actor="anna")


def test_an_experiment_starts_once_and_ends_once(floor: Floor) -> None:
    """Starting and stopping twice is once; a stopped one never runs again."""
    experiment = an_experiment()
    first = experiments.start(experiment_id=experiment.pk, actor="anna")
    assert experiments.start(experiment_id=experiment.pk, actor="bert").starts_at == first.starts_at
    experiments.stop(experiment_id=experiment.pk, actor="anna", reason="seen enough")
    assert experiments.stop(experiment_id=experiment.pk, actor="bert", reason="again").stop_reason == "seen enough"
    with pytest.raises(RuleBroken, match="experiment_ended"):
        experiments.start(experiment_id=experiment.pk, actor="anna")
    steps = AuditEvent.objects.filter(entity="experiment").order_by("pk").values_list("from_state", "to_state")
    assert list(steps) == [("draft", "running"), ("running", "stopped")]


def test_a_strategy_has_one_running_experiment(floor: Floor) -> None:
    """An alert can belong to one only; so can those of all strategies together."""
    running = a_running_one()
    with pytest.raises(RuleBroken, match="experiment_runs"):
        experiments.start(experiment_id=an_experiment(name="other", strategy=running.strategy).pk, actor="anna")
    a_running_one(name="for-all", strategy=None)
    with pytest.raises(RuleBroken, match="experiment_runs"):
        experiments.start(experiment_id=an_experiment(name="for-all-too", strategy=None).pk, actor="anna")


def test_a_split_takes_two_people(floor: Floor) -> None:
    """Who prepares a change cannot confirm it; another person can, once, and then it is in force."""
    experiment = a_running_one()
    change = experiments.prepare_split(experiment_id=experiment.pk, percent_a=0, why="B is better", actor="anna")
    experiment.refresh_from_db()
    assert experiment.percent_a == 50
    with pytest.raises(RuleBroken, match="split_change_own"):
        experiments.confirm_split(change_id=change.pk, actor="anna")
    assert experiments.confirm_split(change_id=change.pk, actor="bert").percent_a == 0
    assert experiments.confirm_split(change_id=change.pk, actor="carl").percent_a == 0
    change.refresh_from_db()
    assert (change.prepared_by, change.confirmed_by) == ("anna", "bert")


def test_the_database_refuses_one_person_too(floor: Floor) -> None:
    """No hand past the service makes one person two."""
    experiment = a_running_one()
    change = experiments.prepare_split(experiment_id=experiment.pk, percent_a=10, why="", actor="anna")
    with pytest.raises(IntegrityError, match="split_change_by_two_people"):
        SplitChange.objects.filter(pk=change.pk).update(confirmed_by="anna", confirmed_at=change.prepared_at)


def test_one_change_waits_at_a_time_and_can_be_withdrawn(floor: Floor) -> None:
    """A second one is refused until the first is confirmed or taken back; what was taken back is not confirmed."""
    experiment = a_running_one()
    change = experiments.prepare_split(experiment_id=experiment.pk, percent_a=10, why="", actor="anna")
    with pytest.raises(RuleBroken, match="split_change_open"):
        experiments.prepare_split(experiment_id=experiment.pk, percent_a=20, why="", actor="bert")
    experiments.withdraw_split(change_id=change.pk, actor="anna")
    with pytest.raises(RuleBroken, match="split_change_withdrawn"):
        experiments.confirm_split(change_id=change.pk, actor="bert")
    again = experiments.prepare_split(experiment_id=experiment.pk, percent_a=20, why="", actor="bert")
    experiments.confirm_split(change_id=again.pk, actor="anna")
    with pytest.raises(RuleBroken, match="split_change_confirmed"):
        experiments.withdraw_split(change_id=again.pk, actor="bert")


@pytest.mark.parametrize("percent", [-1, 101, 50])
def test_a_split_that_cannot_be_is_refused(floor: Floor, percent: int) -> None:
    """A whole percentage, and another one than now."""
    with pytest.raises(RuleBroken, match="bad_split"):
        experiments.prepare_split(experiment_id=a_running_one().pk, percent_a=percent, why="", actor="anna")


def test_the_guard_stops_an_engine_once(floor: Floor) -> None:
    """The second guard finds it done; both engines can be stopped, in any order."""
    experiment = a_running_one()
    assert experiments.stop_engine(experiment_id=experiment.pk, engine="B", reason="lost 2,000")
    assert not experiments.stop_engine(experiment_id=experiment.pk, engine="B", reason="lost 2,000")
    assert experiments.stop_engine(experiment_id=experiment.pk, engine="A", reason="lost 2,000")
    experiment.refresh_from_db()
    assert experiment.stopped_engines == "AB"


def test_an_ended_experiment_has_no_split_to_change(floor: Floor) -> None:
    """Neither a new change nor one that was prepared before it ended."""
    experiment = a_running_one()
    change = experiments.prepare_split(experiment_id=experiment.pk, percent_a=10, why="", actor="anna")
    experiments.stop(experiment_id=experiment.pk, actor="anna", reason="")
    for deed in (
        lambda: experiments.confirm_split(change_id=change.pk, actor="bert"),
        lambda: experiments.prepare_split(experiment_id=experiment.pk, percent_a=20, why="", actor="bert"),
    ):
        with pytest.raises(RuleBroken, match="experiment_ended"):
            deed()
