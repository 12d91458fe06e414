"""Where a run stands: PostgreSQL and Valkey of its own, prepared databases, and the processes beside them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from local import postgres, processes, servers
from local.ports import free_port
from local.state import PROJECT

PATIENCE_S: Final = 90.0
SETTINGS: Final = {
    "TRADINGSITE_ENV_FILE": "",  # nothing of the user's own .env
    "SECRET_KEY": "benchmark-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH",
    "WEBHOOK_SIGNING_SECRET": "benchmark-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "TRADING_MODE": "paper",
    "MARKET_PROVIDER": "simulated",
    "SENTRY_DSN": "",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "",
    "LOG_LEVEL": "INFO",
}


@dataclass(slots=True)
class Ground:
    """Two servers in a throw-away folder, and every process started on them."""

    servers: servers.Servers
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _redis_numbers: int = 0

    def database_url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.servers.database_url)._replace(path=f"/{name}"))

    def next_redis_url(self) -> str:
        """A Redis database that nobody else uses."""
        self._redis_numbers += 1
        return f"{self.servers.redis_url.rsplit('/', 1)[0]}/{self._redis_numbers}"

    def create_database(self, name: str, *, template: str = "template0") -> str:
        self.run("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.database_url(name)

    def run(self, database: str, *statements: str) -> None:
        """Statements outside any transaction."""
        with contextlib.closing(psycopg2.connect(self.database_url(database))) as session:
            session.autocommit = True
            with session.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def spawn(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """A child with the environment's Python; it ends with us."""
        process = processes.spawn(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            log=self.folder / "logs" / f"{name}.log",
            cwd=PROJECT,
        )
        self.started.append(process)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        processes.stop(process, signal.SIGTERM, patience=10)
        self.started.remove(process)

    def log_of(self, name: str) -> str:
        return postgres.tail(self.folder / "logs" / f"{name}.log")


@contextlib.contextmanager
def prepared() -> Iterator[Ground]:
    """Durable servers as in production, and with the moment of every commit kept: that is what the rows measure."""
    folder = Path(tempfile.mkdtemp(prefix="tradingsite-bench-"))
    folder.chmod(0o755)
    places = servers.Places.new()
    running = servers.start(folder, places, durable=True)
    try:
        ground = Ground(running, folder)
        ground.run("postgres", "ALTER SYSTEM SET track_commit_timestamp = on", "ALTER SYSTEM SET max_wal_size = '4GB'")
        running.stop()
        ground.servers = servers.start(folder, places, durable=True)
        yield ground
    finally:
        for process in [*ground.started]:
            ground.stop(process)
        ground.servers.stop()
        cluster = ground.servers.postgres.ground
        if not cluster.data.is_relative_to(folder):
            postgres.remove(cluster)
        shutil.rmtree(folder, ignore_errors=True)


def environment(database_url: str, redis_url: str, web_port: int) -> dict[str, str]:
    """For the processes of one site."""
    return {
        **SETTINGS,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "WEB_PORT": str(web_port),
        "PUBLIC_URL": f"http://127.0.0.1:{web_port}",
    }


def a_port() -> int:
    return free_port()


def listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until something listens there; False when the process has ended or nothing ever does."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.05)
    return False
