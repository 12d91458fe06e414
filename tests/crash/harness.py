"""Killing a process before any line it executes, around any statement and around any COMMIT.

A warm parent forks a child; the child counts its steps and sends itself SIGKILL at the chosen one, so nothing of it runs
any more: no ``finally``, no rollback but PostgreSQL's own. Many children die, each at its own desk, before the parent
recovers them all at once and asks the auditor.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from django.db import connection, connections

ROOT = Path(__file__).resolve().parents[2]
WATCHED = tuple(
    f"{ROOT / name}{os.sep}"
    for name in (
        "signals_app",
        "risk_app",
        "orders_app",
        "positions_app",
        "books_app",
        "workers",
        "tests/crash/naive.py",
    )
)
Tell = Callable[[str], None]


class Tripwire:
    """Counts the places where a process could die, and dies at one of them. fatal None only records."""

    def __init__(self, fatal: int | None = None) -> None:
        self.fatal = fatal
        self.places: list[str] = []

    def step(self, place: str) -> None:
        self.places.append(place)
        if len(self.places) == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def armed(self) -> Iterator[None]:
        commit = connection._commit

        def commit_watched() -> None:
            self.step("before COMMIT")
            commit()
            self.step("after COMMIT")

        connection._commit = commit_watched
        sys.settrace(self._call)
        try:
            with connection.execute_wrapper(self._statement):
                yield
        finally:
            sys.settrace(None)
            connection._commit = commit

    def _call(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        return self._line if name.startswith(WATCHED) or name + os.sep in WATCHED else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any]:
        if event == "line":
            self.step(f"{os.path.relpath(frame.f_code.co_filename, ROOT)}:{frame.f_lineno}")
        return self._line

    def _statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.step(f"before {sql[:60]}")
        return execute(sql, params, many, context)


@dataclass(frozen=True, slots=True)
class Death:
    """What is known of a child from outside: whether it was killed, and what it had told by then."""

    killed: bool
    told: tuple[str, ...]


class ChildFailed(Exception):
    """The child ended by an exception of its own; the message is its traceback."""


def run_in_child(work: Callable[[Tripwire, Tell], None], *, fatal: int | None) -> Death:
    """Fork, do ``work`` under a tripwire, and wait. No connection of the parent is open meanwhile."""
    connections.close_all()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        _be_the_child(work, fatal, write)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed and os.waitstatus_to_exitcode(status) != 0:
        raise ChildFailed(told)
    return Death(killed, tuple(told.splitlines()))


def _be_the_child(work: Callable[[Tripwire, Tell], None], fatal: int | None, pipe: int) -> None:
    code = 1
    gc.disable()  # a short life: collecting would only copy the parent's pages
    try:
        work(Tripwire(fatal), lambda text: _write(pipe, f"{text}\n"))
        code = 0
    except BaseException:  # noqa: BLE001  # whatever it is goes to the parent, which raises it
        _write(pipe, traceback.format_exc())
    finally:
        os._exit(code)


def _write(pipe: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(pipe, data) :]


def places_of(work: Callable[[Tripwire, Tell], None]) -> list[str]:
    """Every step of one undisturbed run, in order."""

    def record(wire: Tripwire, tell: Tell) -> None:
        work(wire, lambda _text: None)
        tell("\n".join(" ".join(place.split()) for place in wire.places))

    return list(run_in_child(record, fatal=None).told)


def fatal_steps(places: Sequence[str]) -> list[int]:
    """Each executed line once, before every statement, before and after every COMMIT, as step numbers from 1.

    A line that is executed again is left out unless CRASH_AT_EVERY_STEP is set: between two statements nothing that
    outlives the process can tell the two apart.
    """
    if os.environ.get("CRASH_AT_EVERY_STEP"):
        return list(range(1, len(places) + 1))
    seen: set[str] = set()
    steps = []
    for step, place in enumerate(places, 1):
        if place.startswith(("before ", "after ")) or place not in seen:
            steps.append(step)
        seen.add(place)
    return steps
