"""One run for each tick, however many beats there are; a missed tick is noticed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.db import OperationalError

from tests.factories import Floor
from workers import operations, schedule, watchman
from workers.models import Probe, ScheduleRun
from workers.schedule import install_schedule, once_per_tick, silent_jobs, tick_of

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "workers.operations.sweep"


def test_a_tick_runs_once(floor: Floor) -> None:
    """The second message of a slot finds the slot taken."""
    runs: list[int] = []
    job = once_per_tick(NAME)(lambda: runs.append(1) or "done")
    assert (job(), job()) == ("done", "ran already")
    floor.clock.forward(5)
    job()
    assert len(runs) == 2
    assert set(ScheduleRun.objects.values_list("outcome", flat=True)) == {"done"}


def test_a_job_that_fails_is_recorded_and_raised(floor: Floor) -> None:
    """Whatever went wrong is in the row and in the log."""

    def fail() -> None:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        once_per_tick(NAME)(fail)()
    run = ScheduleRun.objects.get()
    assert (run.outcome, run.result) == ("failed", "ValueError: no such thing")
    assert run.finished_at is not None


def test_ticks_do_not_move_with_daylight_saving() -> None:
    """Slots are counted in UTC: the hour that New York repeats has its own ticks."""
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    ticks = {tick_of(first + timedelta(seconds=20 * n), 60) for n in range(360)}
    assert len(ticks) == 120


def test_a_silent_schedule_is_noticed(floor: Floor) -> None:
    """A job that has not begun for three of its periods is named."""
    assert NAME in silent_jobs()
    operations.sweep()
    assert NAME not in silent_jobs()
    floor.clock.forward(61)
    assert NAME in silent_jobs()
    assert "workers.operations.sweep" in operations.dead_man()


def test_the_schedule_is_installed_once() -> None:
    """An operator's change of an interval or a switch is kept."""
    from django_celery_beat.models import PeriodicTask

    assert install_schedule() == len(schedule.EVERY_SECONDS)
    task = PeriodicTask.objects.get(name=NAME)
    task.enabled = False
    task.save()
    assert install_schedule() == 0
    assert not PeriodicTask.objects.get(name=NAME).enabled
    assert task.queue == "default"


def test_old_ticks_and_probes_are_removed(floor: Floor) -> None:
    """After two days; money is never deleted."""
    operations.sweep()
    Probe.objects.create(sent_at=floor.clock.at)
    floor.clock.forward(2 * 24 * 3600 + 60)
    assert operations.prune() == "1 ticks and 1 probes removed"


def test_a_probe_is_answered_once(floor: Floor) -> None:
    """The first answer counts."""
    probe = Probe.objects.create(sent_at=floor.clock.at)
    operations.answer_probe(probe.pk)
    first = Probe.objects.get(pk=probe.pk).answered_at
    floor.clock.forward(5)
    operations.answer_probe(probe.pk)
    assert Probe.objects.get(pk=probe.pk).answered_at == first


def test_the_workers_keep_the_schedule_when_nobody_else_does(floor: Floor) -> None:
    """Beat or Redis is away: every worker looks, each tick still runs once, and one failing job stops none."""
    assert set(watchman.STAND_IN) <= set(watchman.look())
    assert ScheduleRun.objects.count() == len(watchman.STAND_IN)
    assert not set(watchman.STAND_IN) & set(watchman.look())
    floor.clock.forward(120)
    with mock.patch.dict(watchman.STAND_IN, {NAME: mock.Mock(side_effect=ValueError("broken"))}):
        watchman.look()
    assert ScheduleRun.objects.filter(name="workers.positions.monitor_exits").count() == 2


def test_the_watch_outlives_a_missing_database(floor: Floor) -> None:
    """It tells, and looks again."""
    with mock.patch.object(watchman, "silent_jobs", side_effect=OperationalError("away")):
        assert watchman.look() == []


def test_the_watch_starts_with_its_worker_and_ends_with_it() -> None:
    """One thread, that tells what is silent at most once a minute."""

    def found() -> list[str]:
        watchman.stop()
        return [NAME]

    with mock.patch.object(watchman, "LOOK_EVERY_SECONDS", 0.01), mock.patch.object(watchman, "look", found):
        watchman.start()
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "watchman"]
        thread.join(10)
    assert not thread.is_alive()
