"""Plain tables for the terminal: columns as wide as they need, the last ones cut to the width of the screen."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

GAP = "  "
WIDEST = 60
NARROWEST_SCREEN = 100


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], *, width: int | None = None) -> str:
    """Head, a rule and the rows, ending in a newline. Cells are cut with an ellipsis; nothing is wrapped."""
    cells = [["" if cell is None else " ".join(str(cell).split()) for cell in row] for row in rows]
    widths = [min(max([len(title), *(len(row[i]) for row in cells)]), WIDEST) for i, title in enumerate(head)]
    screen = width or max(shutil.get_terminal_size((160, 24)).columns, NARROWEST_SCREEN)
    lines = [_line(head, widths, screen), GAP.join("─" * w for w in widths)[:screen]]
    lines += [_line(row, widths, screen) for row in cells]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int], screen: int) -> str:
    text = GAP.join(_fit(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()
    return text if len(text) <= screen else text[: screen - 1] + "…"


def _fit(cell: str, width: int) -> str:
    return cell.ljust(width) if len(cell) <= width else cell[: width - 1] + "…"
