"""One beat runs the schedule, whoever else was started."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from workers import beat
from workers.beat import BeatLockLost, Guard, GuardedScheduler

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def first() -> Iterator[Guard]:
    guard = Guard()
    assert guard.acquire()
    yield guard
    guard.release()


def end_guards() -> None:
    """What an administrator, a failover or a network does to the guard's connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'tradingsite beat guard' AND datname = current_database()"
        )


def test_a_second_beat_does_not_get_the_lock(first):
    """Two would send every task twice."""
    assert not Guard().acquire()


def test_the_next_beat_takes_over_when_the_first_has_gone(first):
    """The lock goes with its connection; nobody has to clean up."""
    first.release()
    second = Guard()
    assert second.acquire()
    second.release()


def test_a_beat_whose_connection_broke_knows_that_it_may_not_go_on(first):
    """Another one may hold the lock by now."""
    end_guards()
    with pytest.raises(BeatLockLost):
        first.check()


def test_a_scheduler_without_the_lock_does_not_tick():
    """`celery beat` started by hand must not run beside the guarded one."""
    beat.guard.release()
    scheduler = object.__new__(GuardedScheduler)
    with pytest.raises(SystemExit):
        scheduler.tick()
    assert "run_beat" in GuardedScheduler.lost


def test_the_server_knows_how_long_ago_beat_was_alive(first):
    """Nothing is written for it: the guard's own question on every tick is enough."""
    first.check()
    age = beat.seconds_since_tick()
    assert age is not None
    assert 0 <= age < 5


def test_no_beat_has_no_age():
    assert beat.seconds_since_tick() is None


def test_the_command_tells_that_another_one_is_running(first):
    """With --once it does not wait for its turn."""
    with pytest.raises(CommandError, match="Another beat is running"):
        call_command("run_beat", "--once")


def test_the_commands_check_is_good_while_a_beat_is_alive(first, capsys):
    """Containers ask it about their health."""
    first.check()
    call_command("run_beat", "--check")
    assert "alive" in capsys.readouterr().out


def test_the_commands_check_fails_without_a_beat():
    with pytest.raises(CommandError, match="No beat is running"):
        call_command("run_beat", "--check")


def test_the_lock_is_asked_for_on_a_connection_of_its_own(first):
    """A transaction of the scheduler must never end with it or hold it."""
    assert first._connection.autocommit
    assert isinstance(first._connection, psycopg2.extensions.connection)
    assert first._connection is not connection.connection
