"""Agents of these tests: each votes as its parameter says, or misbehaves in one particular way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from domain.agents import AGENTS, Action, Agent, Bias, JuryView, Vote, register
from signals_app.models import AgentSeat, FeatureFlag

HANG_S = 30


@dataclass(frozen=True, slots=True)
class Loyal(Agent):
    """Enters with the confidence it is given."""

    name: ClassVar[str] = "loyal"
    weight: ClassVar[int] = 30
    core: ClassVar[bool] = True
    confidence: int = 80

    def vote(self, view: JuryView) -> Vote:
        return Vote(self.name, Action.ENTER, Bias.BULLISH, self.confidence, ("it says so",), {"regime": "trending"})


@dataclass(frozen=True, slots=True)
class Sceptic(Agent):
    """Rejects, and blocks if it is told to."""

    name: ClassVar[str] = "sceptic"
    weight: ClassVar[int] = 10
    core: ClassVar[bool] = True
    blocking: int = 0

    def vote(self, view: JuryView) -> Vote:
        return Vote(self.name, Action.REJECT, Bias.BEARISH, 90, ("it never likes it",), blocks=bool(self.blocking))


@dataclass(frozen=True, slots=True)
class Crashing(Agent):
    name: ClassVar[str] = "crashing"
    weight: ClassVar[int] = 10

    def vote(self, view: JuryView) -> Vote:
        raise ZeroDivisionError("a bug")


@dataclass(frozen=True, slots=True)
class Leaving(Agent):
    """Ends its process, if it is let."""

    name: ClassVar[str] = "leaving"
    weight: ClassVar[int] = 10

    def vote(self, view: JuryView) -> Vote:
        raise SystemExit(1)


@dataclass(frozen=True, slots=True)
class Hanging(Agent):
    """Runs in circles, in Python."""

    name: ClassVar[str] = "hanging"
    weight: ClassVar[int] = 10

    def vote(self, view: JuryView) -> Vote:
        until = time.monotonic() + HANG_S
        while time.monotonic() < until:
            pass
        raise AssertionError("nobody interrupted it")


@dataclass(frozen=True, slots=True)
class Lying(Agent):
    """Claims more than an agent can. 1: another's name, 2: a confidence of 900, 3: no vote at all."""

    name: ClassVar[str] = "lying"
    weight: ClassVar[int] = 10
    lie: int = 1

    def vote(self, view: JuryView) -> Vote:
        if self.lie == 3:
            return "enter!"  # type: ignore[return-value]
        told = Vote("loyal" if self.lie == 1 else self.name, Action.ENTER, Bias.BULLISH, 100, ("trust me",))
        if self.lie == 2:
            object.__setattr__(told, "confidence", 900)
        return told


ALL = (Loyal, Sceptic, Crashing, Leaving, Hanging, Lying)


@contextmanager
def only(*seated: type[Agent], deadline_ms: int = 250, **parameters: dict[str, int]) -> Iterator[None]:
    """A jury of these alone, with engine B switched on; parameters by the agent's name."""
    known = dict(AGENTS)
    AGENTS.clear()
    try:
        for cls in seated:
            register(cls)
            AgentSeat.objects.create(
                name=cls.name, weight=cls.weight, parameters=parameters.get(cls.name, {}), deadline_ms=deadline_ms
            )
        FeatureFlag.objects.create(name="enable_variant_b", enabled=True)
        yield
    finally:
        AGENTS.clear()
        AGENTS.update(known)
