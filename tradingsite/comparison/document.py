"""A comparison as one JSON document: amounts of money as decimal strings, everything else as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.stats.simulation import Row
from tradingsite.comparison.agents import AgentFigures
from tradingsite.comparison.report import Comparison

DIGITS = 6


def as_json(found: Comparison, agents: Sequence[AgentFigures] | None = None) -> dict[str, Any]:
    """Fields as the dataclasses name them; the verdict comes first. agents is None where nobody asked for them."""
    subject, judgement = found.subject, found.judgement
    told = {
        "title": subject.title,
        "verdict": judgement.verdict.value,
        "text": judgement.text,
        "exploratory": subject.exploratory,
        "experiment": None if subject.experiment is None else subject.experiment.name,
        "metric": str(subject.metric),
        "today": found.today.isoformat(),
    }
    rest = ("alerts", "first_day", "last_day", "excluded", "waiting", "a", "b", "difference", "course", "by", "parts")
    told |= {name: _plain(getattr(found, name)) for name in rest}
    told["judgement"] = _plain(judgement) | {"e_different": round(judgement.e_different, DIGITS)}
    return told if agents is None else told | {"agents": _plain(agents)}


def simulation_as_json(alarms: Sequence[Row], detections: Sequence[Row]) -> dict[str, Any]:
    return {
        "false_alarms": [_plain(row._asdict()) for row in alarms],
        "detections": [_plain(row._asdict()) for row in detections],
    }


def _plain(value: Any) -> Any:
    """What JSON can carry. Named tuples become objects, as dataclasses do."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return round(value, DIGITS) if isinstance(value, float) else value
