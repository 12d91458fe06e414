"""The web process waits for PostgreSQL only so long, even where PostgreSQL cannot say that it is late."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg2
import pytest
from django.conf import settings
from psycopg2.extensions import set_wait_callback

from tradingsite.patience import CONNECT_S, Patience, ServerSilent

pytestmark = pytest.mark.django_db  # for the server alone; connections here are our own


@pytest.fixture
def patient(db: None) -> Iterator[Patience]:
    patience = Patience(statement_s=0.3)
    set_wait_callback(patience)
    yield patience
    set_wait_callback(None)


def connect(port: int | None = None) -> psycopg2.extensions.connection:
    at = settings.DATABASES["default"]
    return psycopg2.connect(
        host=at["HOST"], port=port or at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname="postgres"
    )


def test_a_late_answer_is_given_up_and_the_connection_closed(patient):
    """Its outcome is unknown, so the connection must not be used again."""
    connection = connect()
    started = time.monotonic()
    with pytest.raises(ServerSilent), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(3)")
    assert time.monotonic() - started < 1
    assert connection.closed


def test_after_a_silence_nobody_waits_again_for_a_moment(patient):
    """Otherwise one request would wait for its statement and then once more for a new connection."""
    with pytest.raises(ServerSilent), connect().cursor() as cursor:
        cursor.execute("SELECT pg_sleep(3)")
    started = time.monotonic()
    with pytest.raises(ServerSilent):
        connect()
    assert time.monotonic() - started < 0.1


def test_a_server_that_takes_connections_and_says_nothing_is_given_up(patient):
    """A stopped machine behind a living network looks like this."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(ServerSilent):
            connect(silent.getsockname()[1])
    assert time.monotonic() - started < CONNECT_S + 0.5


def test_quick_answers_pass_as_before(patient):
    """Results, errors and transactions are what they are without it."""
    connection = connect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT generate_series(1, 3)")
        assert cursor.fetchall() == [(1,), (2,), (3,)]
        with pytest.raises(psycopg2.errors.DivisionByZero):
            cursor.execute("SELECT 1 / 0")
    connection.rollback()
    connection.close()
