"""The advisor: an answer becomes a vote only if it is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.agents import Action, Advice, Bias
from tests.domain.agents.builders import NOW, SHORT, of, view


def advice(**changes: Any) -> Advice:
    fields = {"at": NOW - timedelta(seconds=2), "model": "small", "action": "enter", "bias": "bullish", "confidence": 72,
              "reasons": ("the trend is up",), **changes}  # fmt: skip
    return Advice(**fields)


def test_an_answer_is_voted_as_it_was_given() -> None:
    """With the model's name and the answer's age; it never blocks and weighs nothing by default."""
    vote = of("advisor", view(advice=advice()))
    assert (vote.action, vote.bias, vote.confidence, vote.blocks) == (Action.ENTER, Bias.BULLISH, 72, False)
    assert (vote.reasons, vote.figures["model"], vote.ages["advice"]) == (("the trend is up",), "small", 2.0)


@pytest.mark.parametrize(("action", "bias"), [("reject", "bearish"), ("skip", "bullish"), ("enter", "neutral")])
def test_every_action_may_be_advised(action: str, bias: str) -> None:
    """As long as the bias does not speak against it."""
    vote = of("advisor", view(advice=advice(action=action, bias=bias)))
    assert (vote.action.value, vote.bias.value) == (action, bias)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"action": "buy"}, "'buy' is not a valid Action"),
        ({"bias": "up"}, "'up' is not a valid Bias"),
        ({"confidence": 101}, "confidence 101"),
        ({"confidence": -1}, "confidence -1"),
        ({"confidence": 70.5}, "confidence 70.5"),
        ({"confidence": True}, "confidence True"),
        ({"reasons": ()}, "an empty reason or none"),
        ({"reasons": ("a", "")}, "an empty reason or none"),
        ({"bias": "bearish"}, "small contradicts itself: enter on a long thesis, and bearish"),
        ({"action": "reject"}, "small contradicts itself: reject on a long thesis, and bullish"),
        ({"action": "abstain"}, "small abstained: the trend is up"),
    ],
)
def test_an_answer_that_is_no_vote_is_an_abstention(changes: dict[str, Any], says: str) -> None:
    """A model that lies or dreams has no say, and what it said is told."""
    vote = of("advisor", view(advice=advice(**changes)))
    assert vote.abstained
    assert says in vote.reasons[0]


def test_the_thesis_decides_what_contradicts() -> None:
    """Entering a bearish alert on a bearish view is sound."""
    assert of("advisor", view(thesis=SHORT, advice=advice(bias="bearish"))).action is Action.ENTER
    assert of("advisor", view(thesis=SHORT, advice=advice())).abstained


def test_without_an_answer_it_abstains() -> None:
    """With the reason why there is none."""
    assert of("advisor", view(notes={"advice": "today's budget is spent"})).reasons == ("today's budget is spent",)


def test_a_long_answer_is_cut() -> None:
    """Eight reasons of 240 characters are read."""
    vote = of("advisor", view(advice=advice(reasons=("x" * 1000,) * 20)))
    assert [len(text) for text in vote.reasons] == [240] * 8
