"""What is changed before an alert is decided again: ``weights.technical=30``, ``threshold=55`` and their like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from domain.agents import AGENTS, build
from domain.agents.jury import Seat, Terms
from domain.errors import RuleBroken

FORMS: Final = (
    "weights.<agent>=30",
    "agents.<agent>.<parameter>=15",
    "enabled.<agent>=false",
    "threshold=55",
    "coverage=0.4",
)
YES_OR_NO: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Changes:
    """By agent, in the words of seats and jury policies; what is not named stays as it was. parameters: as in a seat's row."""

    weights: Mapping[str, Decimal] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    enabled: Mapping[str, bool] = field(default_factory=dict)
    threshold: Decimal | None = None
    coverage: Decimal | None = None

    def __bool__(self) -> bool:
        terms = self.threshold is not None or self.coverage is not None
        return terms or bool(self.weights or self.parameters or self.enabled)

    def terms(self, stored: Terms) -> Terms:
        return Terms(
            threshold=stored.threshold if self.threshold is None else self.threshold,
            coverage=stored.coverage if self.coverage is None else self.coverage,
        )


def read_changes(said: Iterable[str]) -> Changes:
    """Of the texts after ``--set``; of two about one setting the later counts.

    Raises RuleBroken: ``bad_setting`` for what is none, ``bad_agent`` and ``bad_jury`` for values that a seat or a jury
    policy would not take.
    """
    weights: dict[str, Decimal] = {}
    parameters: dict[str, dict[str, Any]] = {}
    enabled: dict[str, bool] = {}
    terms: dict[str, Decimal] = {}
    for text in said:
        path, value = _halves(text)
        match path:
            case ["weights", agent]:
                weights[_known(agent)] = _number(text, value)
            case ["agents", agent, parameter]:
                parameters.setdefault(_known(agent), {})[parameter] = value
            case ["enabled", agent]:
                enabled[_known(agent)] = _yes_or_no(text, value)
            case ["threshold" | "coverage" as name]:
                terms[name] = _number(text, value)
            case _:
                raise _refused(text, f"it must be one of {', '.join(FORMS)}")
    changes = Changes(weights, parameters, enabled, terms.get("threshold"), terms.get("coverage"))
    _check(changes)
    return changes


def _halves(text: str) -> tuple[list[str], str]:
    name, equals, value = text.partition("=")
    if not equals or not value.strip():
        raise _refused(text, f"it must be one of {', '.join(FORMS)}")
    return name.strip().split("."), value.strip()


def _known(agent: str) -> str:
    if agent not in AGENTS:
        raise RuleBroken("bad_agent", f"no agent is called {agent!r}; there are {', '.join(sorted(AGENTS))}")
    return agent


def _number(text: str, value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise _refused(text, f"{value!r} is not a number") from None


def _yes_or_no(text: str, value: str) -> bool:
    if value.lower() not in YES_OR_NO:
        raise _refused(text, "it must be true or false")
    return YES_OR_NO[value.lower()]


def _refused(text: str, why: str) -> RuleBroken:
    return RuleBroken("bad_setting", f"{text!r}: {why}")


def _check(changes: Changes) -> None:
    """The values are tried as the rows' own would be, before the first decision is read."""
    changes.terms(Terms())
    for agent, weight in changes.weights.items():
        Seat(build(agent, {}), weight)
    for agent, given in changes.parameters.items():
        build(agent, given)
