"""What is decided before anything starts: whose servers, which ports, and the environment that every program gets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from local.console import say
from local.ports import LOOPBACK, free_port
from local.probes import Addresses
from local.processes import MARKER
from local.servers import Places, write_private
from local.state import DATA, ENV_FILE, SERVERS_FILE
from tradingsite import config

WEB_PORT: Final = 8000
FLOWER_PORT: Final = 5555


@dataclass(frozen=True, slots=True)
class Choices:
    """places: of the servers that we start ourselves. overrides: settings that only this run knows."""

    places: Places
    own_postgres: bool
    own_valkey: bool
    overrides: Mapping[str, str]
    settings: config.Settings

    @property
    def environment(self) -> dict[str, str]:
        """Of every program: the user's, what this run knows, and the mark by which `make down` finds it again."""
        ours = {MARKER: str(DATA), "DJANGO_SETTINGS_MODULE": "tradingsite.settings", "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **self.overrides, **ours}

    @property
    def addresses(self) -> Addresses:
        return Addresses(
            database_url=self.settings.DATABASE_URL.get_secret_value(),
            redis_url=self.settings.REDIS_URL.get_secret_value(),
            web_url=f"http://{LOOPBACK}:{self.settings.WEB_PORT}",
            flower_url=f"http://{LOOPBACK}:{self.settings.FLOWER_PORT}",
        )


def choose() -> Choices:
    """Raises SettingsError when the settings do not allow a start. Tells of every port that had to be another one."""
    given = {**_values(ENV_FILE), **os.environ}
    places = Places.kept_in(DATA, tell=lambda text: say(f"  ! {text}"))
    overrides = _ports(given)
    if not given.get("DATABASE_URL"):
        overrides["DATABASE_URL"] = places.database_url
    if not given.get("REDIS_URL"):
        overrides["REDIS_URL"] = places.redis_url
    if not given.get("PUBLIC_URL"):
        overrides["PUBLIC_URL"] = f"http://{LOOPBACK}:{overrides['WEB_PORT']}"
    lines = "".join(f"{name}={value}\n" for name, value in overrides.items())
    write_private(SERVERS_FILE, f"# Written by `make up` for manage.py; .env and the environment win over it.\n{lines}")
    os.environ.update(overrides)
    return Choices(
        places,
        own_postgres="DATABASE_URL" in overrides,
        own_valkey="REDIS_URL" in overrides,
        overrides=overrides,
        settings=config.load(),
    )


def running_choices() -> Addresses:
    """Where a `make up` that runs already has put things. Raises SettingsError."""
    known = {**_values(SERVERS_FILE), **_values(ENV_FILE), **os.environ}
    ports = _values(SERVERS_FILE)
    return Addresses(
        database_url=known.get("DATABASE_URL", ""),
        redis_url=known.get("REDIS_URL", ""),
        web_url=f"http://{LOOPBACK}:{ports.get('WEB_PORT', WEB_PORT)}",
        flower_url=f"http://{LOOPBACK}:{ports.get('FLOWER_PORT', FLOWER_PORT)}",
    )


def _ports(given: Mapping[str, str]) -> dict[str, str]:
    """Two ports that are free now, as text; a value that is no port is left for the settings to refuse."""
    chosen: dict[str, str] = {}
    for name, default in (("WEB_PORT", WEB_PORT), ("FLOWER_PORT", FLOWER_PORT)):
        wanted = given.get(name) or str(default)
        taken = frozenset(int(port) for port in chosen.values() if port.isdecimal())
        chosen[name] = wanted
        if wanted.isdecimal() and 0 < int(wanted) < 65536:
            port = free_port(preferred=int(wanted), following=True, avoid=taken)
            if port != int(wanted):
                say(f"  ! port {wanted} is taken by another program; {name} is {port} this time")
            chosen[name] = str(port)
    return chosen


def _values(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    return {name: value for name, value in dotenv_values(path).items() if value}
