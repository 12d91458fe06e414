"""What an agent is, and the list of all of them. A new agent is one file in ``members`` with a dataclass under @register."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, Final, NamedTuple, Protocol, TypeVar

from domain.agents import members
from domain.agents.view import JuryView
from domain.agents.vote import Vote
from domain.parameters import built, parameters_of


class Agent(Protocol):
    """Frozen dataclasses that name this class as their base; their fields are their parameters, kept in a row.

    name: at most 24 characters, [a-z_]. weight: of the seeded row. core: heard whenever there is a jury; the others only
    while their ``flag`` is on. required: without its vote nothing is entered. vote() is pure: the same view gives the same
    vote, nothing is asked for and nothing is changed. It may raise: then it abstains, with an alarm.
    """

    __slots__ = ()
    name: ClassVar[str]
    weight: ClassVar[int]
    core: ClassVar[bool] = False
    required: ClassVar[bool] = False
    flag: ClassVar[str] = ""  # "" with core False: always on as well, but not in the core

    def vote(self, view: JuryView) -> Vote: ...


class Default(NamedTuple):
    """One row of the seed."""

    name: str
    weight: int
    parameters: dict[str, object]


AGENTS: Final[dict[str, type[Agent]]] = {}
AnyAgent = TypeVar("AnyAgent", bound=Agent)


def register(cls: type[AnyAgent]) -> type[AnyAgent]:
    """Class decorator. Raises ValueError for a name that is taken or cannot be one."""
    if not 0 < len(cls.name) <= 24 or not cls.name.replace("_", "a").isalpha() or cls.name != cls.name.lower():
        raise ValueError(f"no name for an agent: {cls.name!r}")
    if cls.name in AGENTS:
        raise ValueError(f"agent defined twice: {cls.name}")
    AGENTS[cls.name] = cls
    return cls


def find() -> None:
    """Import every file in ``members``, which registers what is in it. Again is harmless."""
    for module in iter_modules(members.__path__):
        import_module(f"{members.__name__}.{module.name}")


def build(name: str, parameters: Mapping[str, object]) -> Agent:
    """An agent of its row; parameters left out take their defaults. Raises RuleBroken ``bad_agent``."""
    return built(AGENTS, name, parameters, code="bad_agent", what="agent")


def defaults() -> list[Default]:
    """The rows a fresh system is seeded with, the weightiest first."""
    known = sorted(AGENTS.values(), key=lambda cls: (-cls.weight, cls.name))
    return [Default(cls.name, cls.weight, parameters_of(build(cls.name, {}))) for cls in known]
