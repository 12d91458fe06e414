from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from books_app.web.admin import DeskAdmin, FixedRowsAdmin, ReadOnlyAdmin, badge, column
from workers.models import ScheduleRun
from workers.schedule import EVERY_SECONDS

for unused in (ClockedSchedule, CrontabSchedule, SolarSchedule, IntervalSchedule, PeriodicTask):
    admin.site.unregister(unused)


@admin.register(ScheduleRun)
class ScheduleRunAdmin(ReadOnlyAdmin):
    list_display = ("name", "tick_at", "state", "took", "result")
    list_filter = ("name", "outcome", "tick_at")

    @column("outcome", order="outcome")
    def state(self, run: ScheduleRun) -> SafeString:
        return badge(run.outcome)

    @column("took")
    def took(self, run: ScheduleRun) -> str:
        return "–" if run.finished_at is None else f"{(run.finished_at - run.started_at).total_seconds() * 1000:.0f} ms"


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(FixedRowsAdmin):
    """An operator switches jobs and changes how often they are sent."""

    list_display = ("name", "interval", "enabled", "last_run_at", "silent_after")
    fields = ("name", "interval", "enabled", "queue", "expire_seconds", "last_run_at", "total_run_count")
    readonly_fields = ("name", "queue", "expire_seconds", "last_run_at", "total_run_count")

    @column("alarm after")
    def silent_after(self, task: PeriodicTask) -> str:
        seconds = EVERY_SECONDS.get(task.task)
        return "–" if seconds is None else f"{max(3 * seconds, 60)} s of silence"


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(DeskAdmin):
    def has_delete_permission(self, request: HttpRequest, obj: IntervalSchedule | None = None) -> bool:
        return False  # deleting one deletes its jobs
