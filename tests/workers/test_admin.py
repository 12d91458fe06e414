"""The schedule in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from books_app import clock
from tests.people import ADMINISTRATOR, VIEWER, at_the_admin
from workers.models import ScheduleRun
from workers.schedule import install_schedule

pytestmark = pytest.mark.django_db


def test_runs_are_shown_and_never_edited():
    """Name, tick, outcome and what it said."""
    now = clock.now()
    run = ScheduleRun.objects.create(
        name="workers.operations.sweep",
        tick_at=now,
        started_at=now,
        finished_at=now,
        outcome="failed",
        result="KeyError",
    )
    viewer = at_the_admin(VIEWER)

    assert "KeyError" in viewer.get(reverse("admin:workers_schedulerun_changelist")).content.decode()
    assert (
        at_the_admin(ADMINISTRATOR).post(reverse("admin:workers_schedulerun_change", args=[run.pk]), {}).status_code
        == 403
    )


def test_a_job_is_switched_off_and_beat_is_told():
    """Its name and task stay what the code calls them."""
    install_schedule()
    job = PeriodicTask.objects.get(name="workers.operations.prune")
    before = PeriodicTasks.last_change()
    form = {"interval": job.interval_id, "name": "other", "task": "os.system"}

    answer = at_the_admin(ADMINISTRATOR).post(
        reverse("admin:django_celery_beat_periodictask_change", args=[job.pk]), form
    )

    assert answer.status_code == 302
    job.refresh_from_db()
    assert (job.enabled, job.task) == (False, "workers.operations.prune")
    assert PeriodicTasks.last_change() != before


def test_jobs_are_neither_invented_nor_deleted_here():
    """A task's name in a form would run whatever it names."""
    install_schedule()
    boss = at_the_admin(ADMINISTRATOR)

    assert boss.get(reverse("admin:django_celery_beat_periodictask_add")).status_code == 403
    job = PeriodicTask.objects.first()
    assert (
        boss.post(reverse("admin:django_celery_beat_periodictask_delete", args=[job.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert boss.get(reverse("admin:django_celery_beat_periodictask_changelist")).status_code == 200
