"""Figures of ours beside figures of the floor, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure, taken several times in turn: ours[i] and floor[i] are of the same repetition.

    reach: the ratio that is allowed, at most or, for rates, at_least. note: what a reader has to know beside it.
    """

    row: str
    what: str
    unit: str
    ours: Sequence[float]
    floor: Sequence[float]
    reach: float
    at_least: bool = False
    floor_is: str = ""
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        return [a / b if b else math.inf for a, b in zip(self.ours, self.floor, strict=True)]

    @property
    def ratio(self) -> float:
        """Of the medians, so that one disturbed repetition does not decide."""
        return median(self.ours) / median(self.floor) if median(self.floor) else math.inf

    @property
    def passed(self) -> bool:
        return self.ratio >= self.reach if self.at_least else self.ratio <= self.reach

    @property
    def mark(self) -> str:
        return "pass" if self.passed else "miss"

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "what": self.what,
            "unit": self.unit,
            "ours": [round(value, 4) for value in self.ours],
            "floor": [round(value, 4) for value in self.floor],
            "floor_is": self.floor_is,
            "ratio": round(self.ratio, 3),
            "ratio_spread": [round(min(self.ratios), 3), round(max(self.ratios), 3)],
            "reach": f"{'>=' if self.at_least else '<='} {self.reach:g}",
            "passed": self.passed,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure that is told and has no reach: where the time of another row goes."""

    row: str
    what: str
    unit: str
    values: Sequence[float]

    def as_json(self) -> dict[str, Any]:
        taken = sorted(self.values)
        middle = {"median": median(taken), "p95": percentile(taken, 0.95)} if taken else {}
        return {"row": self.row, "what": self.what, "unit": self.unit, **middle}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that could not be measured here, and why."""

    row: str
    why: str

    def as_json(self) -> dict[str, Any]:
        return {"row": self.row, "skipped": self.why}


Result = Comparison | Measured | Skipped


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def table(results: Sequence[Result]) -> str:
    """What the terminal and the README show."""
    head = ("row", "what", "ours", "floor", "ratio", "spread", "reach", "")
    lines = [head, *(_line(result) for result in results if isinstance(result, Comparison))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    shown.insert(1, "  ".join("-" * width for width in widths))
    shown += [_told(result) for result in results if isinstance(result, Measured) and result.values]
    shown += [f"{result.row}: skipped, {result.why}" for result in results if isinstance(result, Skipped)]
    return "\n".join(shown)


def _line(result: Comparison) -> tuple[str, ...]:
    low, high = min(result.ratios), max(result.ratios)
    sign = ">=" if result.at_least else "<="
    return (
        result.row,
        result.what,
        f"{_short(median(result.ours))} {result.unit}",
        f"{_short(median(result.floor))} {result.unit}",
        f"{result.ratio:.2f}",
        f"{low:.2f}-{high:.2f}",
        f"{sign} {result.reach:g}",
        result.mark,
    )


def _told(result: Measured) -> str:
    middle, late = _short(median(result.values)), _short(percentile(result.values, 0.95))
    return f"{result.row}: {result.what}, {middle} {result.unit}, p95 {late} {result.unit}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
