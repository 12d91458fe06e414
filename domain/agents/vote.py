"""What one agent says of one alert."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

MOST_REASONS: Final = 8
LONGEST_TEXT: Final = 240

Figure = str | int | float | bool | None


class Action(StrEnum):
    """What the agent would do with the alert."""

    ENTER = "enter"
    SKIP = "skip"  # looked, and sees no case for it
    REJECT = "reject"  # sees a case against it
    ABSTAIN = "abstain"  # could not look: what it needs is missing


class Bias(StrEnum):
    """Where the agent thinks the underlying goes, whatever the alert wants."""

    BULLISH = "bullish"
    BEARISH = "bearish"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Vote:
    """One agent's vote.

    confidence: 0 to 100, in the action; 0 for an abstention. reasons: sentences with their figures, the weightiest first.
    figures: what they were made of, by name. blocks: nothing is entered, whatever the others say. ages: seconds between
    each input's own time and the decision. Raises ValueError for a vote that cannot be, so that a lying agent is found
    out where it speaks.
    """

    agent: str
    action: Action
    bias: Bias
    confidence: int
    reasons: tuple[str, ...]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    blocks: bool = False
    ages: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(isinstance(self.agent, str) and self.agent != "", "an agent has a name")
        object.__setattr__(self, "action", Action(self.action))
        object.__setattr__(self, "bias", Bias(self.bias))
        sure = self.confidence
        _check(isinstance(sure, int) and not isinstance(sure, bool) and 0 <= sure <= 100, f"confidence {sure!r}")
        _check(self.action is not Action.ABSTAIN or sure == 0, "an abstention has no confidence")
        _check(isinstance(self.blocks, bool), f"blocks {self.blocks!r}")
        _check(not (self.blocks and self.action in (Action.ENTER, Action.ABSTAIN)), f"{self.action} cannot block")
        _check(0 < len(self.reasons) <= MOST_REASONS, f"{len(self.reasons)} reasons, 1 to {MOST_REASONS} are asked for")
        _check(all(isinstance(text, str) and text for text in self.reasons), "a reason is a sentence")
        object.__setattr__(self, "reasons", tuple(text[:LONGEST_TEXT] for text in self.reasons))
        object.__setattr__(
            self, "figures", MappingProxyType({name: _figure(name, v) for name, v in self.figures.items()})
        )
        _check(all(math.isfinite(age) for age in self.ages.values()), f"ages {dict(self.ages)}")
        object.__setattr__(self, "ages", MappingProxyType(dict(self.ages)))

    @property
    def abstained(self) -> bool:
        return self.action is Action.ABSTAIN

    def as_json(self) -> dict[str, Any]:
        return {
            "agent": self.agent,
            "action": self.action.value,
            "bias": self.bias.value,
            "confidence": self.confidence,
            "reasons": list(self.reasons),
            "figures": dict(self.figures),
            "blocks": self.blocks,
            "ages": dict(self.ages),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Vote:
        """What as_json wrote. Raises ValueError, KeyError for anything else."""
        return cls(
            told["agent"],
            Action(told["action"]),
            Bias(told["bias"]),
            told["confidence"],
            tuple(told["reasons"]),
            told["figures"],
            told["blocks"],
            told["ages"],
        )


def abstention(agent: str, why: str, **figures: Figure) -> Vote:
    """Something that the agent needs is missing: it says so and has no weight."""
    return Vote(agent, Action.ABSTAIN, Bias.NEUTRAL, 0, (why,), figures)


def _figure(name: str, value: object) -> Figure:
    """A plain value. Raises ValueError for one that JSON cannot carry: NaN and infinity too, which are no figures."""
    if isinstance(value, bool | str | int) or value is None:
        return value
    if hasattr(value, "item"):  # a scalar of numpy
        return _figure(name, value.item())
    if isinstance(value, float) and math.isfinite(value):
        return round(value, 6)
    raise ValueError(f"figure {name} is {value!r}")


def _check(holds: bool, text: str) -> None:
    if not holds:
        raise ValueError(f"no vote: {text}")
