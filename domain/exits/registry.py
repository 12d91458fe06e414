"""What an exit rule is, the list of all kinds, and how a row of parameters becomes a rule.

A new rule is a dataclass under ``@register``; its fields are its parameters, their defaults the seeded row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple, Protocol, TypeVar

from domain.parameters import built, parameters_of

from .view import Exit, PositionView

HARD_FAIL, PROTECTION, PROFIT, DEGRADATION = 1, 2, 3, 4


class ExitRule(Protocol):
    """One reason to leave a position. Rules are frozen dataclasses that name this class as their base.

    tier orders the rules that fire at once, 1 first. needs_mark: waits while the quote is not good; needs_greeks: waits
    while the Greeks of now or of the entry are unknown, so decide() finds them set. about_faults: fires on impossible
    figures only, so it is not asked about those that have just been found sound. decide() is called for ten thousand
    positions in a row: multiply rather than divide, and write text only when leaving.
    """

    __slots__ = ()
    kind: ClassVar[str]
    tier: ClassVar[int]
    needs_mark: ClassVar[bool] = True
    needs_greeks: ClassVar[bool] = False
    about_faults: ClassVar[bool] = False
    enabled_by_default: ClassVar[bool] = True

    def decide(self, view: PositionView) -> Exit | None: ...


class Default(NamedTuple):
    """One row of the seed. params is JSON: numbers as strings or integers."""

    kind: str
    params: dict[str, object]
    enabled: bool


KINDS: Final[dict[str, type[ExitRule]]] = {}
AnyRule = TypeVar("AnyRule", bound=ExitRule)


def register(cls: type[AnyRule]) -> type[AnyRule]:
    """Class decorator: makes a rule known by its kind. Raises ValueError for a kind or tier that cannot be."""
    if cls.kind in KINDS:
        raise ValueError(f"exit rule kind defined twice: {cls.kind}")
    if cls.tier not in (HARD_FAIL, PROTECTION, PROFIT, DEGRADATION):
        raise ValueError(f"exit rule {cls.kind} has tier {cls.tier}, not one of 1 to 4")
    KINDS[cls.kind] = cls
    return cls


def build(kind: str, params: Mapping[str, object]) -> ExitRule:
    """A rule of its row; parameters left out take their defaults. Raises RuleBroken ``bad_exit_rule``."""
    return built(KINDS, kind, params, code="bad_exit_rule", what="exit rule")


def defaults() -> list[Default]:
    """The rows a fresh system is seeded with: every kind once, by tier, with its own defaults."""
    rows = []
    for kind, cls in sorted(KINDS.items(), key=lambda item: item[1].tier):
        rows.append(Default(kind, parameters_of(build(kind, {})), cls.enabled_by_default))
    return rows
