"""`make test`, `make lint` and `make bench`: each in a process of its own, on nothing that `make up` runs."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

from local.console import Step, say
from local.state import PROJECT

TYPED: Final = ("domain", "*/services.py", "*/services", "*/queries.py", "*/queries")
COMPOSE: Final = "docker/compose.yaml"
SPREAD: Final = 2  # test processes: as many as the smallest machine has cores


def test(arguments: Sequence[str]) -> int:
    """All tests with coverage of branches, or what the arguments name, without."""
    command = [sys.executable, "-m", "pytest"]
    if arguments:
        return _go([*command, *arguments])
    started = time.monotonic()
    status = _go([*command, f"--numprocesses={SPREAD}", "--cov", "--cov-report=term", "--durations=10"])
    say(f"Tests took {time.monotonic() - started:.0f} s.")
    return status


def lint() -> int:
    """0 when every check passes; all of them run, so that one run shows everything."""
    ruff = [sys.executable, "-m", "ruff"]
    manage = [sys.executable, "manage.py"]
    checks: list[tuple[str, list[str], dict[str, str]]] = [
        ("style", [*ruff, "check", "."], {}),
        ("format", [*ruff, "format", "--check", "."], {}),
        ("types", [sys.executable, "-m", "mypy", *typed_paths()], {}),
        ("migrations", [*manage, "makemigrations", "--check", "--dry-run"], offline_settings()),
        ("production settings", [*manage, "check", "--deploy", "--fail-level=WARNING"], production_settings()),
        ("compose file", [*_schema_checker(), "--builtin-schema=vendor.compose-spec", COMPOSE], {}),
    ]
    failed = [name for name, command, settings in checks if not _passes(name, command, settings)]
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def bench(arguments: Sequence[str]) -> int:
    return _go([sys.executable, "-m", "bench", *arguments])


def typed_paths() -> list[str]:
    """domain/ and every service and query: what mypy holds to its strictest."""
    found = {path for pattern in TYPED for path in PROJECT.glob(pattern) if not path.is_relative_to(PROJECT / ".venv")}
    return sorted(str(path.relative_to(PROJECT)) for path in found)


def offline_settings() -> dict[str, str]:
    """Settings that start nothing and name no server: for checks that read code only."""
    return {
        "TRADINGSITE_ENV_FILE": "",
        "DJANGO_SETTINGS_MODULE": "tradingsite.settings",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "WEBHOOK_SIGNING_SECRET": secrets.token_urlsafe(48),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history",  # there is no database here
    }


def production_settings() -> dict[str, str]:
    return {**offline_settings(), "DEBUG": "false", "PUBLIC_URL": "https://trading.example.com"}


def _schema_checker() -> list[str]:
    return [sys.executable, "-m", "check_jsonschema"]


def _passes(name: str, command: list[str], settings: dict[str, str]) -> bool:
    try:
        with Step(name):
            result = subprocess.run(
                command, cwd=PROJECT, env={**os.environ, **settings}, capture_output=True, text=True, check=False
            )
            if result.returncode != 0:
                raise subprocess.CalledProcessError(result.returncode, command)
    except subprocess.CalledProcessError:
        say(f"{result.stdout}{result.stderr}")
        return False
    return True


def _go(command: list[str]) -> int:
    """In the foreground, with Ctrl-C going to it: it has things to put away."""
    process = subprocess.Popen(command, cwd=PROJECT)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
