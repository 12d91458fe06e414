"""`make logs`: the last lines of each log, and what follows."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from local.console import say
from local.state import LOGS

LAST_LINES: Final = 20
LAST_BYTES: Final = 64_000
LOOK_S: Final = 0.3


def logs(name: str | None, *, follow: bool) -> int:
    paths = sorted(LOGS.glob(f"{name or '*'}.log"))
    if not paths:
        known = ", ".join(path.stem for path in sorted(LOGS.glob("*.log"))) or "none yet; `make up` makes them"
        print(f"No log {name or ''} in {LOGS}. There are: {known}", file=sys.stderr)
        return 1
    offsets = {path: _show_end(path) for path in paths}
    try:
        while follow:
            for path, offset in offsets.items():
                offsets[path] = _show_new(path, offset)
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        say()
    return 0


def _show_end(path: Path) -> int:
    """Print the last lines and return where they end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - LAST_BYTES))
        lines = file.read(LAST_BYTES).decode(errors="replace").splitlines()
    for line in lines[-LAST_LINES:]:
        say(f"{path.stem} | {line}")
    return size


def _show_new(path: Path, offset: int) -> int:
    """Whole lines only: the rest of a line comes with the next look."""
    size = path.stat().st_size
    if size <= offset:
        return size
    with path.open("rb") as file:
        file.seek(offset)
        block = file.read(size - offset)
    whole = block.rpartition(b"\n")[0]
    for line in whole.decode(errors="replace").splitlines():
        say(f"{path.stem} | {line}")
    return offset + len(whole) + 1 if whole else offset
