"""A kept connection is asked how it is before each request, without a round trip."""

from __future__ import annotations

import time

import psycopg2
import pytest
from django.db import close_old_connections, connection

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 10


@pytest.fixture
def onlooker():
    """A session beside Django's."""
    parameters = connection.get_connection_params()
    session = psycopg2.connect(
        **{name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters}
    )
    session.autocommit = True
    with session.cursor() as cursor:
        yield cursor
    session.close()


def our_process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def last_statement(onlooker, process: int) -> tuple[str, object] | None:
    onlooker.execute("SELECT query, query_start FROM pg_stat_activity WHERE pid = %s", [process])
    return onlooker.fetchone()


def end(onlooker, process: int) -> None:
    onlooker.execute("SELECT pg_terminate_backend(%s)", [process])
    deadline = time.monotonic() + PATIENCE_S
    while last_statement(onlooker, process) is not None:
        assert time.monotonic() < deadline


def test_a_healthy_connection_is_kept_and_sent_nothing(onlooker) -> None:
    """The server's view of the session does not change."""
    process = our_process()
    before = last_statement(onlooker, process)

    assert connection.is_usable()

    assert last_statement(onlooker, process) == before
    assert our_process() == process


def test_a_connection_that_the_server_ended_is_noticed_and_opened_anew(onlooker) -> None:
    """The next request does not stumble over it."""
    process = our_process()
    end(onlooker, process)

    assert not connection.is_usable()
    close_old_connections()

    assert our_process() != process


def test_without_a_connection_there_is_nothing_to_use() -> None:
    """Asked before the first query, as Django does."""
    connection.close()

    assert not connection.is_usable()
