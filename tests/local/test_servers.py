"""PostgreSQL and Valkey of our own: what they keep, where they stand, and who may reach them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from local import postgres, servers
from local.processes import Mark, nobody


@pytest.fixture
def folder() -> Iterator[Path]:
    """Reachable for `nobody`, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="tradingsite-test-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def query(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def test_rows_and_waiting_messages_are_there_after_a_restart(folder):
    """`make down` and `make up` go on with the same data."""
    places = servers.Places.new()
    first = servers.start(folder, places, durable=True)
    try:
        query(first.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        redis.Redis.from_url(first.redis_url).rpush("orders", "a nudge")
    finally:
        first.stop()
    second = servers.start(folder, places, durable=True)
    try:
        assert query(second.database_url, "SELECT answer FROM kept") == (42,)
        assert redis.Redis.from_url(second.redis_url).lrange("orders", 0, -1) == [b"a nudge"]
    finally:
        second.stop()


def test_a_killed_postgresql_recovers_and_a_stray_one_is_replaced(folder):
    """Its supervisor was killed with it, or without it: both starts must succeed."""
    places = servers.Places.new()
    first = servers.start(folder, places, durable=True)
    query(first.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    stray = Mark.of(first.postgres.process.pid)
    assert stray is not None
    first.valkey.stop()
    second = servers.start(folder, places, durable=True)
    try:
        first.postgres.process.wait(5)
        assert query(second.database_url, "SELECT answer FROM kept") == (42,)
        second.postgres.process.send_signal(signal.SIGKILL)
        second.postgres.process.wait()
    finally:
        second.stop()
    third = servers.start(folder, places, durable=True)
    try:
        assert query(third.database_url, "SELECT answer FROM kept") == (42,)
    finally:
        third.stop()


def test_nothing_is_lost_with_the_power(folder):
    """What was answered with 202 is on the disk; only tests give that up."""
    running = servers.start(folder, servers.Places.new(), durable=True)
    try:
        assert query(running.database_url, "SHOW fsync") == ("on",)
        assert query(running.database_url, "SHOW synchronous_commit") == ("on",)
        client = redis.Redis.from_url(running.redis_url)
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
    finally:
        running.stop()


def test_both_servers_ask_for_a_password_and_listen_on_loopback_only(folder):
    """Every account of the machine can reach 127.0.0.1."""
    running = servers.start(folder, servers.Places.new(), durable=False)
    try:
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(running.database_url.replace(running.postgres.password, "wrong"))
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(running.redis_url.replace(running.valkey.password, "")).ping()
        assert query(running.database_url, "SHOW listen_addresses") == ("127.0.0.1",)
    finally:
        running.stop()


def test_a_port_that_was_taken_since_is_replaced_and_told(folder):
    """Another program may hold it now, and it is not ours to stop."""
    told: list[str] = []
    before = servers.Places.kept_in(folder, tell=told.append)
    assert servers.Places.kept_in(folder, tell=told.append) == before
    assert told == []
    with socket.create_server(("127.0.0.1", before.postgres_port)):
        after = servers.Places.kept_in(folder, tell=told.append)
    assert after.postgres_port != before.postgres_port
    assert after.postgres_password == before.postgres_password
    assert f"port {before.postgres_port} is taken" in told[0]


def test_passwords_are_readable_by_us_alone(folder):
    """Ports and passwords are kept beside the data."""
    servers.Places.kept_in(folder, tell=print)
    assert stat.S_IMODE((folder / "servers.json").stat().st_mode) == 0o600


def test_a_server_that_cannot_start_tells_its_last_words(folder):
    """The reason is in its log; the reader should not have to look for it."""
    places = servers.Places.new()
    taken = socket.create_server(("127.0.0.1", places.postgres_port))
    with taken, pytest.raises(postgres.ServerError, match="could not bind"):
        servers.start(folder, places, durable=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give the servers to another account")
def test_a_closed_folder_above_the_project_moves_the_data_where_nobody_can_reach_it(folder):
    """PostgreSQL refuses root, and a home folder is usually closed to others."""
    folder.chmod(0o700)
    data = folder / "project" / ".data"
    data.mkdir(parents=True)
    ground = postgres.choose_ground(data)
    try:
        assert ground.data.is_relative_to(postgres.OPEN_GROUND)
        assert ground.home.is_relative_to(postgres.OPEN_GROUND)
        assert ground == postgres.choose_ground(data)
    finally:
        shutil.rmtree(ground.data.parent)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that is somebody else's")
def test_a_folder_of_somebody_else_in_an_open_place_is_refused(folder):
    """Whoever made it could have put programs there for root to run."""
    owner = nobody()
    assert owner is not None
    theirs = folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, owner.uid, owner.gid)
    with pytest.raises(postgres.ServerError, match="not ours"):
        postgres._own_folder(theirs)
