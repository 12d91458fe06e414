"""Feature flags: what can be switched on, what each needs, and which of a row and the environment counts.

A flag is in force only when every flag that it needs is in force too. A name that nobody knows is refused, never ignored:
an old switch that is given a new meaning has cost a firm its capital (SEC, Knight Capital, 2013).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.errors import RuleBroken

ENVIRONMENT_PREFIX: Final = "FLAG_"


@dataclass(frozen=True, slots=True)
class Flag:
    """needs: names of the flags without which this one does nothing."""

    name: str
    meaning: str
    default: bool = False
    needs: tuple[str, ...] = ()


class Said(StrEnum):
    """Who had the last word."""

    DEFAULT = "default"
    ROW = "row"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Standing:
    """One flag as it stands. asked is what was said, on what is in force; waits_for names the missing flags."""

    flag: Flag
    asked: bool
    by: Said
    waits_for: tuple[str, ...] = ()

    @property
    def on(self) -> bool:
        return self.asked and not self.waits_for


VARIANT_B: Final = "enable_variant_b"
SHADOW: Final = "enable_shadow"
LLM: Final = "enable_llm"
_B: Final = (VARIANT_B,)

FLAGS: Final[Mapping[str, Flag]] = {
    flag.name: flag
    for flag in (
        Flag(VARIANT_B, "engine B decides on every alert beside engine A"),
        Flag(SHADOW, "the engine that does not trade an alert trades it on the shadow book", default=True, needs=_B),
        Flag("enable_orb", "the agent of the opening range has a seat in the jury", default=True, needs=_B),
        Flag("enable_squeeze", "the agent of the TTM squeeze has a seat", default=True, needs=_B),
        Flag("enable_strat", "the agent of the Strat has a seat", default=True, needs=_B),
        Flag("enable_satyland", "the agent of Saty's levels, ribbon and phase has a seat", needs=_B),
        Flag(LLM, "a language model is asked, and its answer has a seat", needs=_B),
    )
}


def known(name: str) -> str:
    """The name itself. Raises RuleBroken ``flag_unknown``."""
    if name not in FLAGS:
        raise RuleBroken("flag_unknown", f"no flag is called {name}; there are {', '.join(FLAGS)}")
    return name


def standings(rows: Mapping[str, bool], environment: Mapping[str, bool]) -> dict[str, Standing]:
    """Every flag as it stands, by name; what the environment says counts more than a row.

    Raises RuleBroken ``flag_unknown`` for a name on either side that is no flag.
    """
    for name in [*rows, *environment]:
        known(name)
    said = {name: _said(flag, rows, environment) for name, flag in FLAGS.items()}
    return {name: Standing(FLAGS[name], *said[name], _missing(FLAGS[name], said)) for name in FLAGS}


def _said(flag: Flag, rows: Mapping[str, bool], environment: Mapping[str, bool]) -> tuple[bool, Said]:
    if flag.name in environment:
        return environment[flag.name], Said.ENVIRONMENT
    if flag.name in rows:
        return rows[flag.name], Said.ROW
    return flag.default, Said.DEFAULT


def variable_of(name: str) -> str:
    """The environment variable that overrides a flag's row."""
    return f"{ENVIRONMENT_PREFIX}{name.upper()}"


def _missing(flag: Flag, said: Mapping[str, tuple[bool, Said]]) -> tuple[str, ...]:
    """Needed flags that are off or wait themselves, all the way down."""
    return tuple(need for need in flag.needs if not said[need][0] or _missing(FLAGS[need], said))
