"""`manage.py run_beat`: the schedule, run by one process at a time."""

from __future__ import annotations

import time
from typing import Any, Final

import psycopg2
from celery import current_app
from django.core.management.base import BaseCommand, CommandError, CommandParser

from workers.beat import GuardedScheduler, guard, seconds_since_tick

SILENCE_S: Final = 30.0  # it asks the server at least once a second


class Command(BaseCommand):
    help = "Run the schedule. A second one waits until the first has gone, and then takes over."
    requires_system_checks = ()  # they import every page, for a process that serves none

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do not wait: exit 1 when another beat is running")
        parser.add_argument("--check", action="store_true", help="only look: exit 1 unless a beat is alive")

    def handle(self, *args: Any, once: bool, check: bool, **options: Any) -> None:
        if check:
            self._check()
            return
        self._await_turn(once=once)
        self.stdout.write("This beat runs the schedule.")
        try:
            current_app.Beat(quiet=True, loglevel="INFO", redirect_stdouts=False, scheduler=GuardedScheduler).run()
        finally:
            guard.release()
        if GuardedScheduler.lost:
            raise CommandError(f"Beat has stopped: {GuardedScheduler.lost}")

    def _check(self) -> None:
        age = seconds_since_tick()
        if age is None:
            raise CommandError("No beat is running.")
        if age > SILENCE_S:
            raise CommandError(f"Beat was last alive {age:.0f} s ago.")
        self.stdout.write(f"Beat was alive {age:.0f} s ago.")

    def _await_turn(self, *, once: bool) -> None:
        told = ""
        while True:
            try:
                if guard.acquire():
                    return
                reason = "Another beat is running; this one waits to take over."
            except psycopg2.OperationalError as error:
                reason = f"PostgreSQL is away ({str(error).strip()}); waiting for it."
            if once:
                raise CommandError(reason)
            if reason != told:
                self.stdout.write(reason)
                self.stdout.flush()
                told = reason
            time.sleep(1)
