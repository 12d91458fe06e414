"""From votes to a verdict: the arithmetic of the sum, with every term kept.

Each vote has a support for entering: its confidence where the agent would enter, zero where it would not. The mean support
is weighted over the agents that voted, and counts for as much of the whole weight as they have:

    confidence = sum(weight_i * support_i, over votes) / sum(weight_i, over votes) * coverage
    coverage   = sum(weight_i, over votes) / sum(weight_i, over seats)

Without the second factor an agent that loses its data would raise the confidence of the rest. Sums are exact fractions:
the order of the seats changes nothing, nor does the scale of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, Final

from domain.agents.registry import Agent
from domain.agents.vote import Action, Vote
from domain.errors import RuleBroken

HUNDREDTH: Final = Decimal("0.01")
HIGHEST_WEIGHT: Final = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent and its weight, 0 for one that only advises. required: without its vote nothing is entered."""

    agent: Agent
    weight: Decimal

    def __post_init__(self) -> None:
        if not self.weight.is_finite() or not 0 <= self.weight <= HIGHEST_WEIGHT:
            raise RuleBroken("bad_agent", f"{self.name} weighs {self.weight}, it must be 0 to {HIGHEST_WEIGHT}")

    @property
    def name(self) -> str:
        return self.agent.name


@dataclass(frozen=True, slots=True)
class Terms:
    """threshold: the confidence from which on the jury enters, 0 to 100. coverage: the least share of the weight, 0 to 1."""

    threshold: Decimal = Decimal(50)
    coverage: Decimal = Decimal("0.5")

    def __post_init__(self) -> None:
        for name, value, most in (("threshold", self.threshold, 100), ("coverage", self.coverage, 1)):
            if not value.is_finite() or not 0 <= value <= most:
                raise RuleBroken("bad_jury", f"{name} is {value}, it must be 0 to {most}")


@dataclass(frozen=True, slots=True)
class Line:
    """One seat's part of the sum. share: of the weight of those that voted, 0 to 1; points: what it adds to the mean."""

    vote: Vote
    weight: Decimal
    share: Decimal
    support: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """What the jury found. reason is None where it enters; mean and confidence are None where nobody with weight voted."""

    action: Action
    reason: str | None
    text: str
    mean: Decimal | None
    coverage: Decimal
    confidence: Decimal | None
    terms: Terms
    lines: tuple[Line, ...]

    @property
    def enters(self) -> bool:
        return self.action is Action.ENTER

    def as_json(self) -> dict[str, Any]:
        """The arithmetic without the votes, which are kept as rows of their own."""
        return {
            "action": self.action.value,
            "mean": _text(self.mean),
            "coverage": str(self.coverage),
            "confidence": _text(self.confidence),
            "threshold": str(self.terms.threshold),
            "coverage_asked": str(self.terms.coverage),
            "sum": " + ".join(
                f"{line.weight.normalize():f}×{line.support}" for line in self.lines if not line.vote.abstained
            ),
        }


def deliberate(seats: Sequence[Seat], votes: Sequence[Vote], terms: Terms) -> Finding:
    """The verdict of these votes, one for each seat in the same order.

    A vote that blocks is final, whatever the sum says; then every required agent must have voted, then enough of the
    weight, then the confidence must reach the threshold. Raises ValueError where votes and seats do not match.
    """
    if [seat.name for seat in seats] != [vote.agent for vote in votes]:
        raise ValueError(f"votes of {[vote.agent for vote in votes]} for seats of {[seat.name for seat in seats]}")
    whole = sum((Fraction(seat.weight) for seat in seats), Fraction(0))
    voted = sum((Fraction(s.weight) for s, v in zip(seats, votes, strict=True) if not v.abstained), Fraction(0))
    lines = tuple(_line(seat, vote, voted) for seat, vote in zip(seats, votes, strict=True))
    coverage = voted / whole if whole else Fraction(0)
    mean = _mean(seats, votes, voted)
    confidence = None if mean is None else mean * coverage
    action, reason, text = _verdict(seats, votes, terms, coverage, confidence)
    return Finding(
        action=action,
        reason=reason,
        text=text,
        mean=_rounded(mean),
        coverage=_decimal(coverage, Decimal("0.0001")),
        confidence=_rounded(confidence),
        terms=terms,
        lines=lines,
    )


def support(vote: Vote) -> int:
    """0 to 100: how sure the agent is that the alert should be entered."""
    return vote.confidence if vote.action is Action.ENTER else 0


def _mean(seats: Sequence[Seat], votes: Sequence[Vote], voted: Fraction) -> Fraction | None:
    if not voted:
        return None
    pairs = zip(seats, votes, strict=True)
    return sum((Fraction(seat.weight) * support(vote) for seat, vote in pairs), Fraction(0)) / voted


def _line(seat: Seat, vote: Vote, voted: Fraction) -> Line:
    share = Fraction(0) if vote.abstained or not voted else Fraction(seat.weight) / voted
    return Line(
        vote=vote,
        weight=seat.weight,
        share=_decimal(share, Decimal("0.0001")),
        support=support(vote),
        points=_decimal(share * support(vote), HUNDREDTH),
    )


def _verdict(
    seats: Sequence[Seat], votes: Sequence[Vote], terms: Terms, coverage: Fraction, confidence: Fraction | None
) -> tuple[Action, str | None, str]:
    blocking = next((vote for vote in votes if vote.blocks), None)
    if blocking is not None:
        return Action.REJECT, "jury_veto", f"{blocking.agent} blocks: {blocking.reasons[0]}"
    silent = [s.name for s, v in zip(seats, votes, strict=True) if s.agent.required and v.abstained]
    if silent:
        why = next(vote.reasons[0] for vote in votes if vote.agent == silent[0])
        return Action.REJECT, "jury_incomplete", f"nothing is entered without the vote of {silent[0]}: {why}"
    if confidence is None or coverage < Fraction(terms.coverage):
        text = f"agents with {float(coverage):.0%} of the weight voted, {terms.coverage:.0%} are asked for"
        return Action.REJECT, "jury_incomplete", text
    sure, asked = _rounded(confidence), terms.threshold.normalize()
    if confidence < Fraction(terms.threshold):
        return Action.SKIP, "jury_not_convinced", f"confidence {sure} is below {asked:f}{_against(votes)}"
    return Action.ENTER, None, f"confidence {sure}, {asked:f} is asked for"


def _against(votes: Sequence[Vote]) -> str:
    names = [vote.agent for vote in votes if vote.action is Action.REJECT]
    return f"; against it: {', '.join(names)}" if names else ""


def _rounded(value: Fraction | None) -> Decimal | None:
    return None if value is None else _decimal(value, HUNDREDTH)


def _decimal(value: Fraction, step: Decimal) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(step, ROUND_HALF_EVEN)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
