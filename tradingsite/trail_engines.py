"""The two engines' part of a trail: which one trades the alert and why, and what the jury saw, voted and summed up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import F

from domain.stats.assignment import assign
from signals_app.models import AgentVote, Decision, Experiment, JuryRecord, ModelAdvice, Signal

ENGINES: Final = {"A": "the rules", "B": "the jury"}
TRADES, SHADOWS, KEPT = "trades the alert", "traded on the shadow book", "kept, and traded nowhere"


@dataclass(frozen=True, slots=True)
class Jury:
    """What the jury of one decision found; votes in the order of the seats, the weightiest first."""

    record: JuryRecord
    votes: tuple[AgentVote, ...]
    notes: tuple[tuple[str, str], ...]  # what could not be had, and why

    @property
    def arithmetic(self) -> str:
        """The whole sum with its figures: ``(30×80 + 10×0) / 40 = 60.00, × 1.0000 of the weight = 60.00``."""
        told = self.record.sum
        if told["mean"] is None:
            return f"nobody with weight voted: {plain_weight(self.whole)} abstained"
        return (
            f"({told['sum']}) / {plain_weight(self.voted)} = {told['mean']}, "
            f"× {told['coverage']} of the weight = {told['confidence']}"
        )

    @property
    def whole(self) -> Decimal:
        return sum((vote.weight for vote in self.votes), Decimal(0))

    @property
    def voted(self) -> Decimal:
        return sum((vote.weight for vote in self.votes if vote.action != "abstain"), Decimal(0))

    @property
    def alarms(self) -> tuple[AgentVote, ...]:
        return tuple(vote for vote in self.votes if vote.alarm)

    @property
    def ages(self) -> list[tuple[str, float]]:
        """Seconds of each input, the oldest that any agent told of it."""
        oldest: dict[str, float] = {}
        for vote in self.votes:
            for name, age in vote.ages.items():
                oldest[name] = max(age, oldest.get(name, age))
        return sorted(oldest.items())


@dataclass(frozen=True, slots=True)
class Routing:
    """Which engine trades the alert. percent_a is the experiment's split as it was then, None without an experiment."""

    engine: str
    why: str
    experiment: Experiment | None = None
    percent_a: int | None = None

    @property
    def words(self) -> str:
        return f"engine {self.engine} ({ENGINES[self.engine]})"


def jury_of(decision: Decision) -> Jury | None:
    """None where no jury was heard. Of what the agents saw, some forty kilobytes, only the notes are read."""
    record = JuryRecord.objects.filter(decision=decision).defer("view").annotate(notes=F("view__notes")).first()
    if record is None:
        return None
    return Jury(record, tuple(decision.votes.order_by("pk")), tuple(sorted(record.notes.items())))


def advice_of(signal: Signal) -> ModelAdvice | None:
    """What a language model was asked and said; it is asked for the alert, so a shadow's is its signal's."""
    return ModelAdvice.objects.filter(signal=signal).first()


def routing_of(signal: Signal, decisions: Sequence[Decision]) -> Routing | None:
    """signal: the one on the strategy's book, with its decisions. None before they are made."""
    if not signal.engine or not decisions:
        return None
    experiment, engine = signal.experiment, signal.engine
    if len(decisions) == 1:
        return Routing(engine, "it decided alone: enable_variant_b was off, so no other engine was asked", experiment)
    if experiment is None:
        return Routing(engine, f"no experiment ran, so the engine of strategy {signal.strategy.name} counted")
    percent_a = split_at(experiment, decisions[0].decided_at)
    drawn = assign(experiment.salt, signal.pk, percent_a)
    why = f"experiment {experiment.name} drew engine {drawn} for signal {signal.pk}, with {percent_a} % to engine A"
    if drawn != engine:
        why += f"; its guard had stopped engine {drawn}"
    return Routing(engine, why, experiment, percent_a)


def split_at(experiment: Experiment, at: datetime) -> int:
    """Percent to engine A at a moment: before the first later change what that change began with, else what is now."""
    later = experiment.changes.filter(confirmed_at__gt=at).order_by("confirmed_at").first()
    return int(experiment.percent_a if later is None else later.percent_from)


def course_of(decision: Decision, engine: str, *, shadowed: bool) -> str:
    """What became of one engine's decision."""
    if decision.engine == engine:
        return TRADES
    return SHADOWS if shadowed else KEPT


def plain_weight(weight: Decimal) -> str:
    return f"{weight.normalize():f}"


def vote_json(vote: AgentVote) -> dict[str, Any]:
    return {
        "agent": vote.agent, "action": vote.action, "bias": vote.bias, "confidence": vote.confidence,
        "blocks": vote.blocks, "weight": plain_weight(vote.weight), "share": str(vote.share), "support": vote.support,
        "points": str(vote.points), "reasons": vote.reasons, "figures": vote.figures, "ages": vote.ages,
        "took_us": vote.took_us, "alarm": vote.alarm,
    }  # fmt: skip


def jury_json(jury: Jury) -> dict[str, Any]:
    """The sum, the votes and the hashes; what the agents saw is kept beside the decision under view_sha256."""
    record = jury.record
    return {
        **record.sum, "arithmetic": jury.arithmetic, "regime": record.regime, "took_us": record.took_us,
        "view_sha256": record.view_sha256, "votes_sha256": record.votes_sha256, "notes": dict(jury.notes),
        "votes": [vote_json(vote) for vote in jury.votes],
    }  # fmt: skip


def routing_json(routing: Routing) -> dict[str, Any]:
    return {
        "engine": routing.engine, "why": routing.why, "percent_a": routing.percent_a,
        "experiment": None if routing.experiment is None else routing.experiment.name,
    }  # fmt: skip


def advice_json(advice: ModelAdvice) -> dict[str, Any]:
    return {
        "id": advice.pk, "model": advice.model, "asked_at": advice.asked_at.isoformat(), "outcome": advice.outcome,
        "action": advice.action, "bias": advice.bias, "confidence": advice.confidence, "reasons": advice.reasons,
        "reason": advice.reason, "text": advice.text, "cost_usd": plain_weight(advice.cost),
    }  # fmt: skip


def figure_text(value: object) -> str:
    """One figure of a vote, as people read it."""
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def vote_figures(vote: AgentVote) -> Iterator[tuple[str, str]]:
    for name, value in vote.figures.items():
        yield name, figure_text(value)
