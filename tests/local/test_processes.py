"""Children end with the one that started them, and a process is never mistaken for another one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.processes import Mark, end, kill_group, spawn, stop

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"]}
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def await_that(condition, *, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_mark_is_of_one_process_and_not_of_its_number(tmp_path):
    """Numbers are used again, and we must never stop somebody else's process."""
    child = spawn(SLEEP, env=ENVIRONMENT, log=tmp_path / "log", cwd=tmp_path)
    mark = Mark.of(child.pid)
    assert mark is not None
    assert mark.alive()
    assert not Mark(child.pid, mark.started - 100).alive()
    stop(child, signal.SIGTERM, patience=5)
    assert not mark.alive()


def test_somebody_elses_process_is_left_alone(tmp_path):
    """Our note of a process is old, and its number belongs to another one now."""
    child = spawn(SLEEP, env=ENVIRONMENT, log=tmp_path / "log", cwd=tmp_path)
    assert end(Mark(child.pid, 1.0), signal.SIGKILL, patience=1)
    assert child.poll() is None
    stop(child, signal.SIGTERM, patience=5)


def test_a_child_that_does_not_listen_is_killed(tmp_path):
    """After its time has passed."""
    log = tmp_path / "log"
    child = spawn(DEAF, env=ENVIRONMENT, log=log, cwd=tmp_path)
    await_that(lambda: log.read_text())
    stop(child, signal.SIGTERM, patience=0.2)
    assert child.returncode == -signal.SIGKILL


def test_what_a_child_started_ends_with_it(tmp_path):
    """A crashed web server must not leave its workers on the port."""
    code = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    log = tmp_path / "log"
    child = spawn(
        [sys.executable, "-c", f"{code}; print(p.pid, flush=True); time.sleep(60)"],
        env=ENVIRONMENT,
        log=log,
        cwd=tmp_path,
    )
    await_that(lambda: log.read_text().strip())
    grandchild = Mark.of(int(log.read_text()))
    assert grandchild is not None
    stop(child, signal.SIGKILL, patience=5)
    await_that(lambda: not grandchild.alive())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_child_ends_when_its_supervisor_is_killed(tmp_path):
    """Even kill -9 of the supervisor leaves nothing running."""
    code = (
        "import os, sys, time; from pathlib import Path; from local.processes import spawn;"
        f"folder = Path({str(tmp_path)!r});"
        f"child = spawn({SLEEP!r}, env=dict(os.environ), log=folder / 'log', cwd=folder);"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    assert parent.stdout is not None
    child = Mark.of(int(parent.stdout.readline()))
    assert child is not None
    parent.kill()
    parent.wait()
    parent.stdout.close()
    await_that(lambda: not child.alive())


def test_ctrl_c_in_the_terminal_does_not_reach_children(tmp_path):
    """They are in groups of their own, so that they are stopped in order."""
    child = spawn(SLEEP, env=ENVIRONMENT, log=tmp_path / "log", cwd=tmp_path)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    stop(child, signal.SIGTERM, patience=5)


def test_an_empty_group_is_nothing_to_worry_about():
    """It is asked for after every end of a child."""
    unused = max(psutil.pids()) + 10_000
    kill_group(unused)
