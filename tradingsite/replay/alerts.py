"""Recorded alerts: one JSON object a line with ``at``, ``body`` and, for people, ``note``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


class BadAlertFile(ValueError):
    """A line that is not an alert; the message names file, line and what is missing."""


@dataclass(frozen=True, slots=True)
class RecordedAlert:
    """at: the moment it reaches us, UTC."""

    number: int
    at: datetime
    body: bytes
    content_type: str
    note: str


def read_alerts(path: Path) -> list[RecordedAlert]:
    """In order of time; alerts of one moment in order of the file. Raises BadAlertFile, OSError."""
    alerts = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            alerts.append(_alert(path, number, line))
    return sorted(alerts, key=lambda alert: alert.at)


def _alert(path: Path, number: int, line: str) -> RecordedAlert:
    try:
        row = json.loads(line)
        at = datetime.fromisoformat(row["at"])
        body = row["body"]
    except (ValueError, KeyError, TypeError) as e:
        raise BadAlertFile(f"{path}, line {number}: every line needs 'at' (ISO time) and 'body': {e}") from e
    if at.tzinfo is None or not isinstance(body, str):
        raise BadAlertFile(f"{path}, line {number}: 'at' needs an offset such as Z, 'body' is a string")
    return RecordedAlert(
        number=number,
        at=at.astimezone(UTC),
        body=body.encode("utf-8", "surrogatepass"),
        content_type=str(row.get("content_type", "text/plain; charset=utf-8")),
        note=str(row.get("note", "")),
    )
