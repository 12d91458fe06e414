"""What ends is started again, what cannot start does not stop the others, and stopping ends all of it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from local import state, supervisor
from local.processes import MARKER, Mark, spawn, stop
from local.supervisor import Child, StartFailed, Stopped, Supervisor

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def boss(tmp_path, monkeypatch) -> Supervisor:
    """A supervisor of toys, with its files in a folder of its own."""
    monkeypatch.setattr(state, "STATE_FILE", tmp_path / "supervisor.json")
    monkeypatch.setattr(state, "DATA", tmp_path)
    monkeypatch.setattr(supervisor, "LOGS", tmp_path)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.1)
    choices = type("Choices", (), {"environment": dict(os.environ)})()
    boss = Supervisor(choices, ())
    boss.state.supervisor = Mark.of(os.getpid())
    yield boss
    boss.stop()


def toy(name: str, code: str, folder: Path) -> Child:
    environment = {"PATH": os.environ["PATH"], MARKER: str(folder)}

    def start():
        return spawn([sys.executable, "-c", code], env=environment, log=folder / f"{name}.log", cwd=folder)

    return Child(name, start, lambda process: stop(process, signal.SIGTERM, patience=5), pause=0.1)


def look_until(boss: Supervisor, condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        for child in boss.children:
            boss._look_after(child)
        time.sleep(0.02)


def test_a_killed_program_is_started_again_and_counted(boss, tmp_path, capsys):
    """`make status` then shows that it happened."""
    child = toy("web", SLEEP, tmp_path)
    boss._begin(child)
    first = child.process
    first.kill()
    first.wait()
    look_until(boss, lambda: child.process is not first)
    assert child.process.poll() is None
    assert state.State.read().restarts == {"web": 1}
    assert "web ended with status -9" in capsys.readouterr().out


def test_a_program_that_keeps_ending_is_given_longer_pauses(boss, tmp_path):
    """A wrong state must not become a busy loop."""
    child = toy("beat", "raise SystemExit(1)", tmp_path)
    boss._begin(child)
    look_until(boss, lambda: boss.state.restarts.get("beat", 0) == 3)
    assert child.pause == pytest.approx(0.8)


def test_stopping_ends_every_child(boss, tmp_path):
    """And forgets them, so that nothing is looked for later."""
    for name in ("web", "worker"):
        boss._begin(toy(name, SLEEP, tmp_path))
    marks = list(boss.state.processes.values())
    boss.stop()
    assert not any(mark.alive() for mark in marks)
    assert state.State.read().processes == {}
    assert not state.State.read().running


def test_what_a_killed_supervisor_left_is_found_and_ended(boss, tmp_path):
    """By the mark in its environment; other programs of the same account are left alone."""
    child = toy("worker", SLEEP, tmp_path)
    boss._begin(child)
    stranger = spawn([sys.executable, "-c", SLEEP], env={}, log=tmp_path / "other.log", cwd=tmp_path)
    known = state.State.read()
    known.processes.clear()  # it died before it could note the child
    assert [mark.pid for mark in state.leftovers(known)] == [child.process.pid]
    assert state.sweep(known) == 1
    assert child.process.wait(5) is not None
    assert stranger.poll() is None
    stop(stranger, signal.SIGTERM, patience=5)


def test_a_failed_command_tells_its_last_lines(boss, tmp_path, monkeypatch):
    """The step's name alone would send the reader to the log."""
    monkeypatch.setattr(supervisor, "PROJECT", tmp_path)
    (tmp_path / "manage.py").write_text("raise SystemExit('the table is missing')")
    with pytest.raises(StartFailed, match="the table is missing"):
        boss.run("migrate", ["migrate"])


def test_what_was_shown_is_not_kept(boss, tmp_path, monkeypatch, capsys):
    """The demonstration prints a token; a log would keep it."""
    monkeypatch.setattr(supervisor, "PROJECT", tmp_path)
    (tmp_path / "manage.py").write_text("print('token: abc')")
    boss.run("demonstration", ["demo"], show=True)
    assert "token: abc" in capsys.readouterr().out
    assert not (tmp_path / "demonstration.log").exists()


def test_being_asked_to_stop_while_starting_starts_nothing_more(boss, tmp_path):
    """Ctrl-C during the first minute is as good as later."""
    boss._ask_to_stop(signal.SIGINT, None)
    with pytest.raises(Stopped):
        boss._begin(toy("web", SLEEP, tmp_path))
    assert boss.children == []


def test_only_one_make_up_at_a_time(tmp_path, monkeypatch):
    """Two supervisors would fight over the same servers."""
    monkeypatch.setattr(state, "LOCK_FILE", tmp_path / "lock")
    first = state.take_lock()
    assert first is not None
    assert state.take_lock() is None
    first.close()
    again = state.take_lock()
    assert again is not None
    again.close()
