"""docs/extending.md promises an agent for one file and one row: here is the file, here is the row, and there is its vote."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.agents import AGENTS, Action, build, members, registry
from domain.errors import RuleBroken
from signals_app.jury.defaults import seed_seats
from signals_app.models import AgentSeat, AgentVote, FeatureFlag, Strategy
from tests.domain.agents.builders import LONG, SHORT, days, mirrored, quote, view
from tests.factories import Floor, a_desk
from tests.fixtures import floor
from tests.test_extending_example import python_block
from tests.trading import trade
from tradingsite.trail import read_trail
from tradingsite.trail_text import as_text

__all__ = ["floor"]

NAME = "not_chasing"


@pytest.fixture
def one_file(tmp_path: Path) -> Iterator[None]:
    """The page's agent as a file of the folder of agents, found as every other one is, and forgotten afterwards."""
    (tmp_path / f"{NAME}.py").write_text(python_block("A new agent: one file and one row"), encoding="utf-8")
    members.__path__.append(str(tmp_path))
    try:
        registry.find()
        yield
    finally:
        members.__path__.remove(str(tmp_path))
        sys.modules.pop(f"{members.__name__}.{NAME}", None)
        AGENTS.pop(NAME, None)


@pytest.mark.parametrize(
    ("thesis", "price", "action"),
    [
        (LONG, 101.9, Action.ENTER),
        (LONG, 102.1, Action.REJECT),
        (SHORT, 102.1, Action.ENTER),
        (SHORT, 97.9, Action.REJECT),
    ],
)
def test_the_agent_votes_as_it_says(one_file: None, thesis: object, price: float, action: Action) -> None:
    """Two percent from a close of 100, whichever way the alert goes."""
    vote = build(NAME, {}).vote(view(thesis=thesis, quote=quote(price), daily=days([99.0, 100.0])))
    assert vote.action is action


def test_up_and_down_are_alike_to_it(one_file: None) -> None:
    """Mirrored at the spot, the opposite alert finds the same figure."""
    agent, closes = build(NAME, {}), days([99.0, 100.0])
    rising = agent.vote(view(thesis=LONG, quote=quote(102.0), daily=closes))
    falling = agent.vote(view(thesis=SHORT, quote=quote(102.0), daily=mirrored(closes, 102.0)))
    assert (rising.action, rising.figures) == (falling.action, falling.figures)


def test_the_agent_abstains_and_refuses_as_it_says(one_file: None) -> None:
    """Without daily bars it cannot look; a parameter out of its range is never taken."""
    assert build(NAME, {}).vote(view(quote=quote(100.0), daily=None)).abstained
    with pytest.raises(RuleBroken, match="most is 60"):
        build(NAME, {"most": "60"})


@pytest.mark.django_db(transaction=True)
def test_one_file_and_one_row_are_a_vote_in_the_trail(one_file: None, floor: Floor) -> None:
    """Seed makes its seat; the next alert hears it beside all others, with its weight and its reason."""
    seed_seats()
    assert AgentSeat.objects.get(name=NAME).parameters == {"most": "2.0"}
    FeatureFlag.objects.create(name="enable_variant_b", enabled=True)

    signal = trade(a_desk(engine=Strategy.Engine.JURY), floor)

    vote = AgentVote.objects.get(agent=NAME, decision__signal=signal)
    assert (vote.action, str(vote.weight.normalize()), vote.alarm) == ("enter", "5", "")
    assert "since yesterday's close" in vote.reasons[0]
    jury = read_trail(signal.pk).judgements[0].jury
    assert jury is not None and NAME in {each.agent for each in jury.votes}
    assert NAME in as_text(read_trail(signal.pk))
