"""What a language model answered, as a vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from domain.agents.reading import Missing, ages, leaning, or_abstain
from domain.agents.registry import Agent, register
from domain.agents.view import Advice, JuryView
from domain.agents.vote import MOST_REASONS, Action, Bias, Vote

SURE: Final = 100


@register
@dataclass(frozen=True, slots=True)
class Advisor(Agent):
    """A language model's stored answer about this alert, as it was given.

    Nothing is asked here: the answer was had before and is only read, so that a replay reads the same one. It never blocks,
    and its seeded weight is 0: it advises. Abstains without an answer, and with one that is no vote: an unknown action or
    bias, a confidence out of 0 to 100, no reasons, or a bias that contradicts its action (entering against where it thinks
    the price goes, rejecting what it expects).
    """

    name: ClassVar[str] = "advisor"
    weight: ClassVar[int] = 0
    flag: ClassVar[str] = "enable_llm"

    @or_abstain
    def vote(self, view: JuryView) -> Vote:
        advice = view.advice
        if advice is None:
            raise Missing(view.why_missing("advice"))
        action, bias = _read(advice, view)
        if action is Action.ABSTAIN:
            raise Missing(f"{advice.model} abstained: {'; '.join(advice.reasons)}")
        return Vote(
            self.name,
            action,
            bias,
            advice.confidence,
            advice.reasons[:MOST_REASONS],
            {"model": advice.model},
            ages=ages(view, "advice"),
        )


def _read(advice: Advice, view: JuryView) -> tuple[Action, Bias]:
    """Raises Missing for an answer that is no vote."""
    try:
        action, bias = Action(advice.action), Bias(advice.bias)
    except ValueError as wrong:
        raise Missing(f"{advice.model} gave no vote: {wrong}") from wrong
    sure = advice.confidence
    if not isinstance(sure, int) or isinstance(sure, bool) or not 0 <= sure <= SURE:
        raise Missing(f"{advice.model} gave no vote: confidence {sure!r}")
    if not advice.reasons or not all(advice.reasons):
        raise Missing(f"{advice.model} gave no vote: an empty reason or none")
    opposite = {Action.ENTER: Action.REJECT, Action.REJECT: Action.ENTER}
    if opposite.get(action) is leaning(view, bias):
        raise Missing(f"{advice.model} contradicts itself: {action} on a {view.thesis} thesis, and {bias}")
    return action, bias
