"""The virtual environment in .venv, made once for each content of the requirements.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections import deque
from pathlib import Path

from local.console import Step

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
PINNED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==", re.MULTILINE)
FETCHED = re.compile(r"^\s*(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)")


class EnvironmentFailed(Exception):
    """The message says which step failed and how it can be mended."""


def ensure(python: str, *, tools: bool) -> str:
    """The environment's Python, after installing whatever is missing. tools: also what only tests and linters need."""
    requirements = PROJECT / ("requirements-dev.txt" if tools else "requirements.txt")
    stamp = VENV / f".installed-from-{requirements.name}"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if _is_current(stamp, wanted):
        return str(PYTHON)
    with _Lock():
        if not _is_current(stamp, wanted):  # another make may have done it while this one waited
            _create(python)
            _install(requirements)
            stamp.write_text(wanted)
    return str(PYTHON)


def _is_current(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text() == wanted and _works()


def _works() -> bool:
    """False for a link to a Python that has been removed or upgraded away."""
    try:
        return subprocess.run([PYTHON, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


class _Lock:
    """Two makes at once would install into each other's half-made environment."""

    def __enter__(self) -> None:
        folder = PROJECT / ".data"
        folder.mkdir(exist_ok=True)
        self._file = (folder / "environment.lock").open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_error: object) -> None:
        self._file.close()


def _create(python: str) -> None:
    if _works() and _has_pip():
        return
    with Step("Python environment") as step:
        if not _works():
            shutil.rmtree(VENV, ignore_errors=True)
            _run([python, "-m", "venv", str(VENV)], "The environment could not be made")
        if not _has_pip():
            _run([str(PYTHON), "-m", "ensurepip", "--default-pip"], "pip could not be added to the environment")
        step.result = str(VENV)


def _has_pip() -> bool:
    return subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0


def _install(requirements: Path) -> None:
    total = len(PINNED.findall(requirements.read_text()))
    with Step(f"Packages of {requirements.name}") as step:
        command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-input", "--progress-bar=off"]
        command += ["--disable-pip-version-check", "--no-compile", "-r", str(requirements)]
        process = subprocess.Popen(
            command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_pip_environment()
        )
        seen = 0
        last: deque[str] = deque(maxlen=12)
        assert process.stdout is not None
        for line in process.stdout:
            last.append(line.rstrip())
            if found := FETCHED.match(line):
                seen += 1
                step.progress(f"{min(seen, total)} of {total}, {found[1]}")
            elif line.startswith("Installing"):
                step.progress("unpacking")
        if process.wait() != 0:
            raise EnvironmentFailed(
                "Installing the packages failed; pip's last words:\n  "
                + "\n  ".join(last)
                + "\nIs the package index reachable? The next run goes on from here."
            )
        step.result = f"{total} pinned by hash"


def _pip_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PIP_ROOT_USER_ACTION": "ignore"}


def _run(command: list[str], failure: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise EnvironmentFailed(f"{failure}: {' '.join(command)}\n{result.stdout}{result.stderr}")
