"""A database that exists for one replay: copied from a migrated template, dropped at the end."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

MAINTENANCE = "postgres"  # every server has it
TEMPLATE_LOCK = 7_221_001  # two replays must not build one template at once


@contextmanager
def quiet_logs(up_to: int = logging.WARNING) -> Iterator[None]:
    """What is lived again, or only tried, is told by its report; the log is for the system that runs."""
    logging.disable(up_to)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def throw_away_database() -> Iterator[str]:
    """Point the default connection at an empty, migrated database of its own; the real one is not touched.

    Where no PostgreSQL answers, one is started for the time being.
    """
    with _server_address() as address:
        template = _ensure_template(address)
        name = f"replay_{os.getpid()}"
        not_durable = f'ALTER DATABASE "{name}" SET synchronous_commit = off'  # nothing in it outlives the replay
        _run(address, f'CREATE DATABASE "{name}" TEMPLATE "{template}"', not_durable)
        try:
            with _connected_to({**address, "dbname": name}):
                yield name
        finally:
            _run(address, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _server_address() -> Iterator[dict[str, str]]:
    configured = settings.DATABASES["default"]
    address = {
        "host": str(configured["HOST"]),
        "port": str(configured["PORT"] or 5432),
        "user": str(configured["USER"]),
        "password": str(configured["PASSWORD"]),
        "dbname": str(configured["NAME"]),
    }
    try:
        psycopg2.connect(**address, connect_timeout=2).close()
    except psycopg2.OperationalError:
        from local.servers import running  # only where nothing answers: the installed system has its own server

        with running() as servers:
            parts = psycopg2.extensions.parse_dsn(servers.database_url)
            yield {key: str(parts[key]) for key in address}
    else:
        yield address


def _run(address: dict[str, str], *statements: str) -> None:
    session = psycopg2.connect(**address)
    try:
        session.autocommit = True  # CREATE and DROP DATABASE refuse a transaction
        for statement in statements:
            session.cursor().execute(statement)
    finally:
        session.close()


def _ensure_template(address: dict[str, str]) -> str:
    """A migrated database named after its migrations; made once, then every replay copies it in milliseconds."""
    names = sorted("/".join(key) for key in MigrationLoader(None).disk_migrations)
    template = f"replay_template_{sha256(repr(names).encode()).hexdigest()[:16]}"
    # A lock of this kind belongs to one database: replays of two systems on one server must meet in the same one.
    session = psycopg2.connect(**{**address, "dbname": MAINTENANCE})
    try:
        session.autocommit = True
        cursor = session.cursor()
        cursor.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if cursor.fetchone() is None:
            building = f"{template}_building"
            cursor.execute(f'DROP DATABASE IF EXISTS "{building}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{building}"')
            with _connected_to({**address, "dbname": building}):
                call_command("migrate", verbosity=0, interactive=False)
            cursor.execute(f'ALTER DATABASE "{building}" RENAME TO "{template}"')
    finally:
        session.close()
    return template


@contextmanager
def _connected_to(address: dict[str, str]) -> Iterator[None]:
    """Let Django's default connection speak to another database."""
    changed = {
        "HOST": address["host"],
        "PORT": address["port"],
        "USER": address["user"],
        "PASSWORD": address["password"],
        "NAME": address["dbname"],
    }
    before = {key: connection.settings_dict[key] for key in changed}
    connection.close()
    connection.settings_dict.update(changed)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
