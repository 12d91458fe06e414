"""`python3 -m local COMMAND`: find a Python that is new enough, make the environment, and go on inside it.

Standard library only, and readable by an old Python up to the check of its version.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
COMMANDS = ("up", "down", "status", "logs", "test", "lint", "bench")
NEED_TOOLS = ("test", "lint")  # what only development needs is installed for these


def usable(python: str) -> bool:
    """New enough, and able to make an environment with pip in it."""
    question = "import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", question], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def find_python() -> str:
    """This Python if it will do, else a better one on the path; empty if there is none."""
    for candidate in (sys.executable, *map(shutil.which, NEWER), "/usr/bin/python3"):
        if candidate and usable(candidate):
            return candidate
    return ""


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        raise SystemExit(f"Usage: python3 -m local {'|'.join(COMMANDS)}")
    python = find_python()
    if not python:
        found = ".".join(map(str, sys.version_info[:3]))
        raise SystemExit(
            f"This needs Python 3.11 or newer with its venv module. Found: Python {found} at {sys.executable}.\n"
            "On Debian or Ubuntu: apt install python3 python3-venv. Elsewhere: https://www.python.org/downloads/"
        )
    if sys.version_info < OLDEST:
        os.execv(python, [python, "-m", "local", *sys.argv[1:]])  # noqa: S606  # it takes over this very process

    from local import environment

    try:
        inside = environment.ensure(python, tools=sys.argv[1] in NEED_TOOLS)
    except environment.EnvironmentFailed as error:
        raise SystemExit(f"\n{error}") from None
    except KeyboardInterrupt:
        raise SystemExit("\nInterrupted; the next run goes on from here.") from None
    os.execv(inside, [inside, "-m", "local.commands", *sys.argv[1:]])  # noqa: S606  # the same


if __name__ == "__main__":
    main()
