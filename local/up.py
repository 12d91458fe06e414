"""`make up`: from nothing to everything running, and what to do with it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from local import detach, dotenv, programs, state
from local.choices import Choices, choose
from local.console import say
from local.postgres import ServerError
from local.state import DATA, DEMO_STAMP, ENV_FILE, LOGS, PROJECT, STATIC_STAMP, State
from local.status import report
from local.supervisor import StartFailed, Stopped, Supervisor
from tradingsite.config import SettingsError

INTERRUPTED: Final = 130
COLLECTED: Final = PROJECT / "staticfiles" / "staticfiles.json"
NO_LIMIT: Final = {"WORKER_STATEMENT_TIMEOUT_MS": "600000", "WORKER_LOCK_TIMEOUT_MS": "60000"}


def up(*, background: bool) -> int:
    """0 when everything runs (or ran, and was stopped on request)."""
    state.prepare_folders()
    lock = state.take_lock()
    if lock is None:
        return _already_running()
    with lock:
        if background:
            return detach.in_background(_work, log=LOGS / "supervisor.log")
        return _work(lambda: None)


def _already_running() -> int:
    known = State.read()
    if not known.ready:
        say("Another `make up` is starting everything just now; `make status` shows how far it is.")
        return 0
    say("It is running already.\n")
    report(as_json=False)
    say("\n`make down` stops it.")
    return 0


def _work(ready: Callable[[], None]) -> int:
    if left := state.sweep(State.read()):
        say(f"  ! ended {left} processes that an earlier run had left")
    if dotenv.write_if_missing(ENV_FILE):
        say(f"  ✓ {ENV_FILE.name} written with random secrets")
    try:
        choices = choose()
    except SettingsError as error:
        print(f"The settings do not allow a start.\n{error}\nChange them in {ENV_FILE}.", file=sys.stderr)
        return 2
    supervisor = _supervisor(choices)
    supervisor.take_charge()
    try:
        _start(supervisor)
        supervisor.state.ready = True
        supervisor.state.write()
        say(_summary(choices))
        ready()
        supervisor.keep_running()
    except Stopped:
        say("\nStopped while starting.")
        return INTERRUPTED
    except (StartFailed, ServerError) as error:
        print(f"\n{error}\nLogs: {LOGS}", file=sys.stderr)
        return 1
    finally:
        supervisor.stop()
    return 0


def _supervisor(choices: Choices) -> Supervisor:
    settings = choices.settings
    password = settings.FLOWER_PASSWORD.get_secret_value() if settings.FLOWER_PASSWORD else ""
    started = programs.programs(
        flower_user=settings.FLOWER_USER,
        flower_password=password,
        flower_port=settings.FLOWER_PORT,
        stream=settings.PRICE_STREAM,
    )
    if not password:
        say("  ! Flower is not started: FLOWER_PASSWORD is empty")
        started = tuple(program for program in started if program.name != "flower")
    return Supervisor(choices, started)


def _start(supervisor: Supervisor) -> None:
    supervisor.start_servers()
    supervisor.run("migrate", ["migrate", "--no-input"], extra=NO_LIMIT)
    supervisor.run("seed", ["seed"])
    wanted = _static_fingerprint()
    if not (COLLECTED.exists() and STATIC_STAMP.exists() and STATIC_STAMP.read_text() == wanted):
        supervisor.run("static-files", ["collectstatic", "--no-input", "--verbosity=1"])
        STATIC_STAMP.write_text(wanted)
    supervisor.start_programs()
    if not DEMO_STAMP.exists():
        say("\nA short demonstration on a simulated market:")
        supervisor.run("demonstration", ["demo"], show=True)
        DEMO_STAMP.write_text(datetime.now(UTC).isoformat())


def _static_fingerprint() -> str:
    """Changes with the packages and with our own static files."""
    digest = hashlib.sha256((PROJECT / "requirements.txt").read_bytes())
    for path in sorted(PROJECT.glob("*/static/**/*")):
        if path.is_file():
            digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()


def _summary(choices: Choices) -> str:
    settings, at = choices.settings, choices.addresses
    password = settings.ADMIN_PASSWORD.get_secret_value() if settings.ADMIN_PASSWORD else "as you set it"
    lines = [
        "",
        "Everything runs. Paper trading only; "
        + (
            "the market is simulated."
            if settings.MARKET_PROVIDER == "simulated"
            else f"market: {settings.MARKET_PROVIDER}."
        ),
        f"  Admin      {at.web_url}/admin/   user {settings.ADMIN_USER}, password {password}",
        f"  Webhook    {settings.PUBLIC_URL.rstrip('/')}/webhook/tradingview/<endpoint id>/   (admin → Strategies)",
        f"  API        {at.web_url}/api/v1/   pages: {at.web_url}/api/docs/",
        f"  Health     {at.web_url}/health/ready",
        f"  Flower     {at.flower_url}/   user {settings.FLOWER_USER}, password: FLOWER_PASSWORD in {ENV_FILE.name}",
        f"  Logs       make logs     Data {DATA.relative_to(PROJECT)}/     Settings {ENV_FILE.name}",
        "  Stop       Ctrl-C here, or `make down`; `make up` goes on with the same data.",
    ]
    return "\n".join(lines)
