"""`make status`: each server, asked now."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from local import choices, probes
from local.console import say, table
from local.state import State

ORDER: Final = tuple(probes.PROBES)


@dataclass(frozen=True, slots=True)
class Line:
    server: str
    well: bool
    state: str
    pid: int | None
    address: str
    detail: str


def report(*, as_json: bool) -> int:
    """Print the table; 0 only when every server is well."""
    lines = look()
    if as_json:
        say(
            json.dumps(
                {"well": all(line.well for line in lines), "servers": [_as_json(line) for line in lines]}, indent=1
            )
        )
    else:
        rows: list[tuple[str, ...]] = [
            (line.server, line.state, str(line.pid or "-"), line.address, line.detail) for line in lines
        ]
        say(table(rows, ("server", "state", "pid", "address", "says")))
    return 0 if all(line.well for line in lines) else 1


def look() -> list[Line]:
    known = State.read()
    if not known.running:
        return [Line(name, False, "stopped", None, "", "`make up` starts it") for name in ORDER]
    at = choices.running_choices()
    names = [name for name in ORDER if name in known.addresses]
    with ThreadPoolExecutor(len(ORDER)) as pool:
        findings = dict(zip(names, pool.map(lambda name: probes.ask(name, at), names), strict=True))
    lines = [_line(name, known, findings[name]) for name in names]
    lines += [Line(name, False, "starting", None, "", "") for name in ORDER if name not in names and not known.ready]
    return lines


def _line(name: str, known: State, finding: probes.Finding) -> Line:
    mark = known.processes.get(name)
    alive = mark is None or mark.alive()
    well = finding.well and alive
    detail = finding.detail
    if again := known.restarts.get(name):
        detail += f"; restarts: {again}"
    word = "well" if well else ("ended" if not alive else "unwell")
    return Line(name, well, word, mark.pid if mark and alive else None, known.addresses[name], detail)


def _as_json(line: Line) -> dict[str, object]:
    return {
        "server": line.server,
        "well": line.well,
        "state": line.state,
        "pid": line.pid,
        "address": line.address,
        "says": line.detail,
    }
