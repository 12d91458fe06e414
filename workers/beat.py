"""One beat, however many are started: the one whose own connection holds an advisory lock in PostgreSQL.

The lock goes with the connection, so a beat that dies or is cut off makes room by itself. The same connection asks
something on every tick, so that the server knows when beat was last alive (``seconds_since_tick``).
"""

from __future__ import annotations

from typing import Any, Final

import psycopg2
import structlog
from django.db import connection
from django_celery_beat.schedulers import DatabaseScheduler

LOCK: Final = 0x62656174  # "beat"; advisory locks belong to one database, so another installation does not collide
ALIVE: Final = """
    SELECT extract(epoch FROM clock_timestamp() - activity.query_start)::float
      FROM pg_locks AS held JOIN pg_stat_activity AS activity USING (pid)
     WHERE held.locktype = 'advisory' AND held.granted AND held.classid = 0 AND held.objid = %s AND held.objsubid = 1
       AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

log = structlog.get_logger(__name__)


class BeatLockLost(Exception):
    """The connection that held the lock is gone, so another beat may be running already."""


class Guard:
    """The lock, on a connection that is used for nothing else."""

    def __init__(self) -> None:
        self._connection: Any = None

    def acquire(self) -> bool:
        """Whether the lock is ours now. Raises psycopg2.OperationalError while PostgreSQL is away."""
        self.release()
        held = psycopg2.connect(**{**connection.get_connection_params(), "application_name": "tradingsite beat guard"})
        held.autocommit = True
        with held.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            row = cursor.fetchone()
        if row is None or not row[0]:
            held.close()
            return False
        self._connection = held
        return True

    def check(self) -> None:
        """Raises BeatLockLost unless the lock is certainly still ours."""
        if self._connection is None:
            raise BeatLockLost("this beat does not hold the lock: start it with `manage.py run_beat`")
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            raise BeatLockLost(f"the connection that held the lock is gone: {error}") from error

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


guard: Final = Guard()  # Celery makes the scheduler itself and passes nothing on, so it finds the guard here


class GuardedScheduler(DatabaseScheduler):
    """The schedule from the database, run only while the lock is ours."""

    lost: str = ""  # why the last scheduler of this process ended, empty when it was asked to

    def tick(self, *args: Any, **kwargs: Any) -> float:
        try:
            guard.check()
        except BeatLockLost as error:
            GuardedScheduler.lost = str(error)
            raise SystemExit(1) from error  # Celery's loop ends quietly on this; run_beat tells why
        seconds: float = super().tick(*args, **kwargs)
        return seconds


def seconds_since_tick() -> float | None:
    """How long ago beat was last alive, by the server's clock; None while no beat holds the lock."""
    with connection.cursor() as cursor:
        cursor.execute(ALIVE, [LOCK])
        row = cursor.fetchone()
    return None if row is None else float(row[0])
