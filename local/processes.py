"""Child processes that end with us, whatever ends us, and processes recognised again by more than their number."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

PR_SET_PDEATHSIG: Final = 1
MARKER: Final = (
    "TRADINGSITE_SUPERVISED_IN"  # in the environment of every process that `make up` starts: its data folder
)
# Loaded here, before any fork: between fork and exec as little as possible may happen.
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Owner:
    """The account that a child runs as, where it is not our own."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One process: a number alone may belong to somebody else by now. started: seconds since the epoch."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Mark | None:
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            # The boot time that start times are computed from may be corrected by some hundredths of a second.
            return bool(abs(process.create_time() - self.started) < 2 and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False


def nobody() -> Owner | None:
    """The account for servers that refuse to run as root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Owner(entry.pw_uid, entry.pw_gid)


def bare_environment() -> dict[str, str]:
    """For the servers: a PGDATA or a locale of the user would change what they do."""
    kept = {name: os.environ[name] for name in ("PATH", MARKER) if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path,
    owner: Owner | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own: Ctrl-C in the terminal reaches us alone, and we stop it in order.

    On Linux the kernel sends it ``stop_signal`` when we die, even by SIGKILL.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in argv],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
            user=None if owner is None else owner.uid,
            group=None if owner is None else owner.gid,
            extra_groups=None if owner is None else [],
            preexec_fn=_end_with_parent(stop_signal),  # runs after the change of account, which would reset it
        )


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    parent = os.getpid()

    def arrange() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # it died before we had asked
            os._exit(1)

    return arrange


def stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals, *, patience: float) -> None:
    """Ask, wait ``patience`` seconds, then kill the whole group."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
    kill_group(process.pid)
    process.wait()


def kill_group(group: int) -> None:
    """End what a child may have left behind in its group."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # nobody left; macOS says the second of a group of zombies
        pass


def end(mark: Mark, stop_signal: signal.Signals, *, patience: float) -> bool:
    """Stop a process that is not our child, if it is still the one we know. True when it is gone."""
    if not mark.alive():
        return True
    os.kill(mark.pid, stop_signal)
    deadline = time.monotonic() + patience
    while mark.alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
