"""A recorded day replayed, beside reading and parsing all its files."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from bench.figures import Comparison, Result, Skipped
from bench.run import Run
from local.state import PROJECT

DAY: Final = date(2015, 12, 24)
SYMBOL: Final = "GOOG"
SHARED: Final = PROJECT.parent / "shared"
LONGEST_S: Final = 30.0


def replay(run: Run) -> list[Result]:
    data = Path(os.environ.get("LEAN_DATA_DIR") or SHARED / "data" / "lean")
    alerts = SHARED / "payloads" / f"replay_goog_{DAY:%Y%m%d}.jsonl"
    for needed in (data, alerts):
        if not needed.exists():
            return [Skipped("replay", f"{needed} does not exist; LEAN_DATA_DIR may name the data")]
    if not run.counts.replays:
        return [Skipped("replay", "left out of this run")]
    replayed, parsed = [], []
    _replay(data, alerts)  # the first one makes the template database
    for repetition in range(run.counts.replays):
        run.tell(f"{repetition + 1} of {run.counts.replays}")
        replayed.append(_seconds(lambda: _replay(data, alerts)))
        parsed.append(_seconds(lambda: _parse(data)))
    what = f"replay of {SYMBOL} {DAY}"
    return [
        Comparison("replay", what, "s", replayed, parsed, 4.0, floor_is="reading and parsing all its files"),
        Comparison("replay", what, "s", replayed, [LONGEST_S] * len(replayed), 1.0, floor_is="what it may take"),
    ]


def _replay(data: Path, alerts: Path) -> None:
    """The command as a user calls it, with its throw-away database, report and audit."""
    from django.core.management import call_command

    call_command("replay", data=data, date=DAY, symbol=SYMBOL, alerts=alerts, stdout=io.StringIO())


def _parse(data: Path) -> None:
    from market_app.providers.lean import Lean

    Lean(data).load_all(SYMBOL, DAY)


def _seconds(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
