"""One thing that was looked at: whether it is well, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """fix is empty when there is nothing to mend."""

    level: Level
    subject: str
    text: str
    fix: str = ""


def judged(bad: bool, subject: str, text: str, fix: str, *, level: Level = Level.FAIL) -> Finding:
    return Finding(level, subject, text, fix) if bad else Finding(Level.OK, subject, text)
