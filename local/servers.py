"""PostgreSQL and Valkey together, in one folder: for `make up`, for tests, for the benchmark.

with running(Path(folder), durable=False) as servers:
    servers.database_url, servers.redis_url
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from local import postgres, valkey
from local.ports import free_port


@dataclass(slots=True)
class Places:
    """Ports and passwords, kept beside the data so that they stay the same from run to run."""

    postgres_port: int
    postgres_password: str
    valkey_port: int
    valkey_password: str

    @classmethod
    def new(cls) -> Self:
        postgres_port = free_port()
        valkey_port = free_port(avoid=frozenset({postgres_port}))
        return cls(postgres_port, secrets.token_urlsafe(24), valkey_port, secrets.token_urlsafe(24))

    @classmethod
    def kept_in(cls, folder: Path, *, tell: Callable[[str], None]) -> Self:
        """Those of the last run, or new ones. A port that was taken since is replaced, and that is told."""
        path = folder / "servers.json"
        places = cls(**json.loads(path.read_text())) if path.exists() else cls.new()
        before = asdict(places)
        places.postgres_port = free_port(preferred=places.postgres_port)
        places.valkey_port = free_port(preferred=places.valkey_port, avoid=frozenset({places.postgres_port}))
        for name, server in (("postgres_port", "PostgreSQL"), ("valkey_port", "Valkey")):
            if getattr(places, name) != before[name]:
                tell(f"port {before[name]} is taken by another program; {server} moves to {getattr(places, name)}")
        write_private(path, json.dumps(asdict(places)))
        return places

    @property
    def database_url(self) -> str:
        return (
            f"postgresql://{postgres.USER}:{self.postgres_password}@127.0.0.1:{self.postgres_port}/{postgres.DATABASE}"
        )

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.valkey_password}@127.0.0.1:{self.valkey_port}/0"


@dataclass(slots=True)
class Servers:
    """Two running servers; ``stop`` ends both."""

    postgres: postgres.Postgres
    valkey: valkey.Valkey

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()


def start(folder: Path, places: Places, *, durable: bool) -> Servers:
    """Start both with their data in ``folder``. durable=False gives up safety against loss of power, for tests."""
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    settings = postgres.LIKE_PRODUCTION if durable else postgres.FOR_TESTS
    database = postgres.start(
        postgres.choose_ground(folder),
        port=places.postgres_port,
        password=places.postgres_password,
        log=logs / "postgres.log",
        settings=settings,
    )
    try:
        queue = valkey.start(
            folder / "valkey",
            port=places.valkey_port,
            password=places.valkey_password,
            log=logs / "valkey.log",
            durable=durable,
        )
    except BaseException:  # also Ctrl-C: nothing may be left running
        database.stop()
        raise
    return Servers(database, queue)


@contextlib.contextmanager
def running(places: Places | None = None, *, durable: bool = False) -> Iterator[Servers]:
    """Both servers in a throw-away folder that ``nobody`` can reach; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="tradingsite-servers-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        servers = start(folder, places or Places.new(), durable=durable)
        try:
            yield servers
        finally:
            servers.stop()
            ground = servers.postgres.ground
            if not ground.data.is_relative_to(folder):
                postgres.remove(ground)


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # made with mode 600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
