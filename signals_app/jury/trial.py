"""One alert before the jury: who has a seat, what they vote, and what the sum comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.agents import AGENTS, Agent, JuryView, Vote, build
from domain.agents.document import votes_digest
from domain.agents.jury import Finding, Seat, Terms, deliberate
from domain.errors import RuleBroken
from domain.parameters import parameters_of
from signals_app.jury.force import InForce, SeatRow
from signals_app.jury.hearing import Heard, hear
from signals_app.jury.keeping import kept_view
from signals_app.models import AgentVote, Decision, JuryRecord

SHORTEST_DEADLINE_S: Final = 0.25


class Absent(Agent):
    """Holds the seat of an agent that cannot take it: its vote is an abstention with an alarm."""

    weight = 0

    def __init__(self, name: str, required: bool, why: str) -> None:
        self.name, self.required, self.why = name, required, why  # type: ignore[misc]  # of a class, as a rule

    def vote(self, view: JuryView) -> Vote:
        raise RuleBroken("bad_agent", self.why)


@dataclass(frozen=True, slots=True)
class Trial:
    """What the jury saw, said and found."""

    view: JuryView
    seats: tuple[Seat, ...]
    heard: tuple[Heard, ...]
    finding: Finding

    @property
    def regime(self) -> str:
        """Of the market, in the words of the agent that tells it; empty where none does."""
        told = (heard.vote.figures.get("regime") for heard in self.heard)
        return next((word for word in told if isinstance(word, str)), "")

    @property
    def parameters(self) -> dict[str, dict[str, object]]:
        """Of each agent that has its seat, by name: with them the same view gives the same votes."""
        return {seat.name: parameters_of(seat.agent) for seat in self.seats if not isinstance(seat.agent, Absent)}


def try_alert(view: JuryView, force: InForce) -> Trial:
    """Hear every agent with a seat and weigh the votes. Never raises for what an agent does."""
    taken = seats(force)
    heard = hear([seat for seat, _ in taken], [deadline_s for _, deadline_s in taken], view)
    sitting = tuple(seat for seat, _ in taken)
    finding = deliberate(sitting, [said.vote for said in heard], terms_of(force))
    return Trial(view, sitting, tuple(heard), finding)


def terms_of(force: InForce) -> Terms:
    if force.threshold is None or force.coverage is None:
        return Terms()
    return Terms(force.threshold, force.coverage)


def seats(force: InForce) -> list[tuple[Seat, float]]:
    """Who is heard, with each one's deadline in seconds: enabled rows whose flag is on, the weightiest first.

    A row whose agent is gone or misconfigured keeps its seat empty, and so does a required agent without a row.
    """
    taken = [(Seat(agent, row.weight), row.deadline_s) for row in force.seats if (agent := _agent(row, force))]
    seated = {seat.name for seat, _ in taken}
    missing = [name for name, cls in sorted(AGENTS.items()) if cls.required and name not in seated]
    return taken + [
        (
            Seat(Absent(name, True, f"{name} has no seat, and nothing is entered without it"), Decimal(0)),
            SHORTEST_DEADLINE_S,
        )
        for name in missing
    ]


def _agent(row: SeatRow, force: InForce) -> Agent | None:
    """None for an agent whose flag is off."""
    try:
        agent = build(row.name, row.parameters)
    except RuleBroken as e:
        return Absent(row.name, row.name in AGENTS and AGENTS[row.name].required, e.message)
    return None if agent.flag and not force.on(agent.flag) else agent


def keep(trial: Trial, decision: Decision) -> None:
    """Write beside the decision what was seen, every vote, and the sum; in the caller's transaction."""
    finding, seen = trial.finding, kept_view(trial.view)
    JuryRecord.objects.create(
        decision=decision,
        view=seen.document,
        view_sha256=seen.digest,
        bars_id=seen.bars_id,
        daily_id=seen.daily_id,
        votes_sha256=votes_digest(heard.vote for heard in trial.heard),
        parameters=trial.parameters,
        sum=finding.as_json(),
        action=finding.action.value,
        confidence=finding.confidence,
        regime=trial.regime[:12],
        took_us=sum(heard.took_us for heard in trial.heard),
    )
    AgentVote.objects.bulk_create(_votes(trial.heard, finding, decision))


def _votes(heard: Sequence[Heard], finding: Finding, decision: Decision) -> list[AgentVote]:
    return [
        AgentVote(
            decision=decision,
            agent=line.vote.agent,
            action=line.vote.action.value,
            bias=line.vote.bias.value,
            confidence=line.vote.confidence,
            blocks=line.vote.blocks,
            weight=line.weight,
            share=line.share,
            support=line.support,
            points=line.points,
            reasons=list(line.vote.reasons),
            figures=dict(line.vote.figures),
            ages=dict(line.vote.ages),
            took_us=said.took_us,
            alarm=said.alarm,
            voted_at=decision.decided_at,
        )
        for said, line in zip(heard, finding.lines, strict=True)
    ]
