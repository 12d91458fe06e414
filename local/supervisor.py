"""Starts everything, keeps it running, and stops it: one process, one thread, and children that cannot outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from local import postgres, probes, processes, valkey
from local.choices import Choices
from local.console import Step, say
from local.postgres import ServerError, tail
from local.processes import Mark
from local.programs import Program
from local.state import DATA, LOGS, PROJECT, State

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
STEADY_S: Final = 60.0  # a child that ran this long has recovered: the next pause is the first again
READY_PATIENCE_S: Final = 90.0
LOOK_S: Final = 0.2


class Stopped(Exception):
    """Somebody asked us to stop while things were starting."""


class StartFailed(Exception):
    """The message names the step and ends with its log."""


@dataclass(slots=True)
class Child:
    """One supervised process. start: makes a new one when the last has ended. stop: ends the one that runs."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop: Callable[[subprocess.Popen[bytes]], None]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_S
    due: float | None = None  # monotonic time of the next start, while it is down


@dataclass(slots=True)
class Supervisor:
    choices: Choices
    programs: tuple[Program, ...]
    state: State = field(default_factory=State)
    children: list[Child] = field(default_factory=list)
    stopping: bool = False

    def take_charge(self) -> None:
        """From here on this process is the one that is asked to stop, and that its children end with."""
        self.state.supervisor = Mark.of(os.getpid())
        os.environ[processes.MARKER] = str(DATA)  # for the servers, whose environment is bare
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self.stopping = True

    # ------------------------------------------------------------ starting

    def start_servers(self) -> None:
        at = self.choices.addresses
        if self.choices.own_postgres:
            with Step("PostgreSQL") as step:
                self._begin(Child("postgres", self._start_postgres, _stop_postgres))
                self.state.addresses["postgres"] = f"127.0.0.1:{self.choices.places.postgres_port}"
                data = postgres.choose_ground(DATA).data
                elsewhere = "" if data.is_relative_to(DATA) else f", data in {data}: `nobody` cannot reach {DATA}"
                step.result = self.state.addresses["postgres"] + elsewhere
        else:
            self._check_external("postgres", "PostgreSQL of your own", at)
        if self.choices.own_valkey:
            with Step("Valkey") as step:
                self._begin(Child("valkey", self._start_valkey, _stop_valkey))
                step.result = f"127.0.0.1:{self.choices.places.valkey_port}"
            self.state.addresses["valkey"] = step.result
        else:
            self._check_external("valkey", "Redis of your own", at)

    def start_programs(self) -> None:
        """All at once, then wait until each has said that it is ready."""
        at = self.choices.addresses
        places = {"web": at.web_url, "flower": at.flower_url}
        self.state.addresses |= {program.name: places.get(program.name, "") for program in self.programs}
        for program in self.programs:
            self._begin(self._child_of(program))
        for program in self.programs:
            with Step(program.name) as step:
                step.result = self._await_ready(program.name, step)

    def run(
        self, name: str, arguments: list[str], *, show: bool = False, extra: Mapping[str, str] | None = None
    ) -> None:
        """A command of manage.py, once, to its end. Raises StartFailed with its last lines when it fails.

        show: print what it said, and keep no copy: it may hold a token.
        """
        log = LOGS / f"{name}.log"
        offset = log.stat().st_size if log.exists() else 0
        with Step(name) as step:
            process = processes.spawn(
                [sys.executable, "manage.py", *arguments],
                env={**self.choices.environment, "PROCESS_ROLE": "command", **(extra or {})},
                log=log,
                cwd=PROJECT,
            )
            try:
                while process.poll() is None:
                    self._check_asked()
                    step.progress(_last_line(log, offset))
                    time.sleep(0.1)
            finally:
                processes.stop(process, signal.SIGTERM, patience=5.0)
            if process.returncode != 0:
                raise StartFailed(f"manage.py {' '.join(arguments)} ended with {process.returncode}:\n{tail(log)}")
        if show:
            say(log.read_bytes()[offset:].decode(errors="replace").rstrip())
            log.unlink()

    def _begin(self, child: Child) -> None:
        self._check_asked()
        self.children.append(child)
        self._start(child)

    def _start(self, child: Child) -> None:
        child.process = child.start()
        child.started = time.monotonic()
        child.due = None
        if mark := Mark.of(child.process.pid):
            self.state.processes[child.name] = mark
        self.state.write()

    def _child_of(self, program: Program) -> Child:
        def start() -> subprocess.Popen[bytes]:
            environment = {**self.choices.environment, **program.extra}
            return processes.spawn(
                program.argv, env=environment, log=_log(program.name), cwd=PROJECT, stop_signal=program.stop_signal
            )

        def stop(process: subprocess.Popen[bytes]) -> None:
            processes.stop(process, program.stop_signal, patience=program.patience)

        return Child(program.name, start, stop)

    def _start_postgres(self) -> subprocess.Popen[bytes]:
        places = self.choices.places
        server = postgres.start(
            postgres.choose_ground(DATA),
            port=places.postgres_port,
            password=places.postgres_password,
            log=_log("postgres"),
            settings=postgres.LIKE_PRODUCTION,
        )
        return server.process

    def _start_valkey(self) -> subprocess.Popen[bytes]:
        places = self.choices.places
        server = valkey.start(
            DATA / "valkey",
            port=places.valkey_port,
            password=places.valkey_password,
            log=_log("valkey"),
            durable=True,
        )
        return server.process

    def _check_external(self, name: str, title: str, at: probes.Addresses) -> None:
        with Step(title) as step:
            finding = probes.ask(name, at)
            if not finding.well:
                raise StartFailed(f"{title} does not answer: {finding.detail}")
            step.result = finding.detail
        self.state.addresses[name] = "your own"

    def _await_ready(self, name: str, step: Step) -> str:
        child = next(child for child in self.children if child.name == name)
        deadline = time.monotonic() + READY_PATIENCE_S
        while True:
            self._check_asked()
            finding = probes.ask(name, self.choices.addresses)
            if finding.well:
                return f"{self.state.addresses[name]} {finding.detail}".strip()
            assert child.process is not None
            if child.process.poll() is not None:
                raise StartFailed(f"{name} ended with status {child.process.returncode}:\n{tail(_log(name))}")
            if time.monotonic() > deadline:
                raise StartFailed(f"{name} is not ready: {finding.detail}\n{tail(_log(name))}")
            step.progress(finding.detail)
            time.sleep(LOOK_S)

    def _check_asked(self) -> None:
        if self.stopping:
            raise Stopped

    # ------------------------------------------------------------ running and stopping

    def keep_running(self) -> None:
        """Until somebody asks us to stop: start again whatever ends, each time after a longer pause."""
        self.state.ready = True
        self.state.write()
        while not self.stopping:
            for child in self.children:
                self._look_after(child)
            time.sleep(LOOK_S)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.due is None and child.process is not None and child.process.poll() is not None:
            if now - child.started > STEADY_S:
                child.pause = FIRST_PAUSE_S
            processes.kill_group(child.process.pid)
            say(f"  ! {child.name} ended with status {child.process.returncode}; again in {child.pause:.0f} s")
            child.due = now + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE_S)
            self.state.restarts[child.name] = self.state.restarts.get(child.name, 0) + 1
        elif child.due is not None and now >= child.due:
            try:
                self._start(child)
                say(f"  ✓ {child.name} runs again")
            except ServerError as error:
                say(f"  ! {child.name} does not start; again in {child.pause:.0f} s: {error}")
                child.due = time.monotonic() + child.pause
                child.pause = min(child.pause * 2, LONGEST_PAUSE_S)

    def stop(self) -> None:
        """Programs first, servers last; each gets its time to finish what it is doing."""
        running = [child for child in reversed(self.children) if child.process is not None]
        servers = [child for child in running if child.name in ("postgres", "valkey")]
        programs = [child for child in running if child not in servers]
        for child in programs:  # told together, so that their times to finish run side by side
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        for child in (*programs, *servers):
            with Step(f"stopping {child.name}"):
                assert child.process is not None
                child.stop(child.process)
        self.state.supervisor = None
        self.state.ready = False
        self.state.processes.clear()
        self.state.write()


def _stop_postgres(process: subprocess.Popen[bytes]) -> None:
    processes.stop(process, postgres.FAST_STOP, patience=postgres.STOP_PATIENCE_S)


def _stop_valkey(process: subprocess.Popen[bytes]) -> None:
    processes.stop(process, signal.SIGTERM, patience=valkey.STOP_PATIENCE_S)


def _log(name: str) -> Path:
    return LOGS / f"{name}.log"


def _last_line(log: Path, offset: int) -> str:
    with log.open("rb") as file:
        file.seek(offset)
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:80] if lines else "…"
