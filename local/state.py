"""Where everything that runs keeps its files, and what is known about the processes that were started."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Final

import psutil

from local.processes import MARKER, Mark
from local.servers import write_private

PROJECT: Final = Path(__file__).resolve().parent.parent
DATA: Final = PROJECT / ".data"
LOGS: Final = DATA / "logs"
ENV_FILE: Final = PROJECT / ".env"
SERVERS_FILE: Final = DATA / "servers.env"
STATE_FILE: Final = DATA / "supervisor.json"
LOCK_FILE: Final = DATA / "supervisor.lock"
DEMO_STAMP: Final = DATA / "demonstration-shown"
STATIC_STAMP: Final = DATA / "static-collected"


@dataclass(slots=True)
class State:
    """What `make up` is doing. Addresses as people read them, by server; marks of the processes that it started."""

    supervisor: Mark | None = None
    ready: bool = False
    addresses: dict[str, str] = field(default_factory=dict)
    processes: dict[str, Mark] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls) -> State:
        try:
            raw = json.loads(STATE_FILE.read_text())
        except (FileNotFoundError, ValueError):
            return cls()
        raw["supervisor"] = Mark(**raw["supervisor"]) if raw["supervisor"] else None
        raw["processes"] = {name: Mark(**mark) for name, mark in raw["processes"].items()}
        return cls(**raw)

    def write(self) -> None:
        write_private(STATE_FILE, json.dumps(asdict(self), indent=1))

    @property
    def running(self) -> bool:
        return self.supervisor is not None and self.supervisor.alive()


def prepare_folders() -> None:
    DATA.mkdir(exist_ok=True)
    LOGS.mkdir(mode=0o700, exist_ok=True)


def take_lock() -> IO[str] | None:
    """Hold the returned file open for as long as the lock is needed; None when another `make up` holds it."""
    file = LOCK_FILE.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def leftovers(state: State) -> list[Mark]:
    """Living processes that some `make up` of this project started, and that are not the one asking."""
    found = {mark.pid: mark for mark in state.processes.values() if mark.alive()}
    for process in psutil.process_iter(["pid", "create_time"]):
        try:
            if process.environ().get(MARKER) == str(DATA):
                found[process.pid] = Mark(process.pid, process.info["create_time"])
        except psutil.Error:  # ended meanwhile, or somebody else's
            continue
    found.pop(os.getpid(), None)
    return list(found.values())


def sweep(state: State, *, patience: float = 10.0) -> int:
    """End what a killed supervisor may have left. Returns how many there were."""
    marks = leftovers(state)
    postmaster = state.processes.get("postgres")
    for mark in marks:
        _signal(mark, signal.SIGINT if mark == postmaster else signal.SIGTERM)  # PostgreSQL waits for clients on TERM
    _gone, alive = psutil.wait_procs([psutil.Process(mark.pid) for mark in marks if mark.alive()], timeout=patience)
    for process in alive:
        _signal(Mark(process.pid, process.create_time()), signal.SIGKILL)
    psutil.wait_procs(alive, timeout=patience)
    return len(marks)


def _signal(mark: Mark, number: signal.Signals) -> None:
    if mark.alive():
        try:
            os.kill(mark.pid, number)
        except ProcessLookupError:
            pass
