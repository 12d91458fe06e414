"""What the terminal shows while things start: one line for each step, with progress where it takes a while.

Standard library only: it speaks before the environment exists.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType

QUIET_S = 5.0  # where lines cannot be overwritten, progress is told this often


def say(text: str = "") -> None:
    print(text, flush=True)


class Step:
    """``with Step("PostgreSQL") as step: step.progress("recovering"); step.result = "127.0.0.1:5432"``"""

    def __init__(self, name: str) -> None:
        self.name = name
        self.result = ""
        self._started = time.monotonic()
        self._told = self._started
        self._width = 0
        self._overwrites = sys.stdout.isatty()

    def __enter__(self) -> Step:
        if self._overwrites:
            self._draw(f"  … {self.name}")
        return self

    def progress(self, text: str) -> None:
        seconds = time.monotonic() - self._started
        line = f"  … {self.name}: {text} ({seconds:.0f} s)"
        if self._overwrites:
            self._draw(line)
        elif time.monotonic() - self._told >= QUIET_S:
            self._told = time.monotonic()
            say(line)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.monotonic() - self._started
        mark, detail = ("✓", self.result) if error is None else ("✗", "failed")
        line = (
            f"  {mark} {self.name}" + (f": {detail}" if detail else "") + (f" ({seconds:.1f} s)" if seconds > 1 else "")
        )
        if self._overwrites:
            self._draw(line)
            say()
        else:
            say(line)

    def _draw(self, line: str) -> None:
        line = line[:110]
        print("\r" + line.ljust(self._width), end="", flush=True)
        self._width = len(line)


def table(rows: list[tuple[str, ...]], header: tuple[str, ...]) -> str:
    """Columns as wide as their widest cell, two spaces between."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
