"""One decision made again: the same seats, view and terms, but for what is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from domain.agents import Action, Bias, JuryView, Vote, defaults
from domain.agents.document import votes_digest
from domain.agents.jury import Seat, Terms, deliberate
from domain.digest import digest
from domain.flags import FLAGS, standings
from signals_app.jury.force import InForce, SeatRow
from signals_app.jury.hearing import Heard, hear
from signals_app.jury.keeping import document_of, view_of
from signals_app.jury.trial import seats
from signals_app.models import AgentSeat, AgentVote, Decision, JuryRecord
from tradingsite.redecision.changes import Changes

ENTERS: Final = "enter"
JURY_CODES: Final = frozenset({"jury_veto", "jury_incomplete", "jury_not_convinced"})
PATIENCE_S: Final = 5.0  # for one vote; nobody waits for this decision
ALL_ON: Final = standings(dict.fromkeys(FLAGS, True), {})  # who has a stored vote had a seat


class Unreadable(ValueError):
    """A stored view, or its sum, that cannot be read again; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class VoteChange:
    """One agent's vote, "enter 62" for example; empty where it has no seat."""

    agent: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Redecided:
    """One decision, before and after. Outcomes are ``enter`` or the reason code why not.
    by_jury: it had the last word; where it had not, a rule has refused the entry, and does so again.

    votes: those that changed. unlike: agents whose vote is another one although nothing of theirs was changed by the
    ``Changes``. intact: view and votes are what their digests say; of the votes this is known only where nothing was
    changed. silenced: made to abstain then, and therefore now. stopped: made to abstain now.
    """

    decision_id: int
    signal_id: int
    symbol: str
    decided_at: datetime
    by_jury: bool
    before: str
    after: str
    confidence_before: Decimal | None
    confidence_after: Decimal | None
    votes: tuple[VoteChange, ...]
    votes_sha256: str
    unlike: tuple[str, ...]
    intact: bool
    silenced: tuple[str, ...]
    stopped: tuple[str, ...]

    @property
    def flipped(self) -> bool:
        return self.before != self.after

    @property
    def changed(self) -> bool:
        return self.flipped or self.confidence_before != self.confidence_after or bool(self.votes)

    @property
    def proven(self) -> bool:
        """Nothing contradicts that the same view gives the same votes."""
        return self.intact and not self.unlike

    def as_json(self) -> dict[str, Any]:
        return {
            "decision": self.decision_id,
            "signal": self.signal_id,
            "symbol": self.symbol,
            "decided_at": self.decided_at.isoformat(),
            "before": self.before,
            "after": self.after,
            "confidence_before": _text(self.confidence_before),
            "confidence_after": _text(self.confidence_after),
            "votes": [{"agent": v.agent, "before": v.before, "after": v.after} for v in self.votes],
            "votes_sha256": self.votes_sha256,
            "unlike": list(self.unlike),
        }


class Jury:
    """Decides stored decisions again under ``changes``: else weights, parameters and terms are those of the decision."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._rows = {row.name: row for row in AgentSeat.objects.all()}
        self._defaults = {default.name: default for default in defaults()}

    def again(self, decision: Decision) -> Redecided:
        """decision: with its jury's record and votes. Raises Unreadable."""
        record: JuryRecord = decision.jury
        view, then = _read(record)
        stored, terms = {row.agent: row for row in decision.votes.all()}, self._changes.terms(then)
        taken = [seat for seat, _ in seats(self._force(record, list(stored.values()), terms))]
        heard = self._heard(taken, stored, view)
        votes = [said.vote for said in heard]
        finding = deliberate(taken, votes, terms)
        before, by_jury = decision.reason or ENTERS, _by_jury(decision)
        unlike = self._unlike(stored, votes)
        return Redecided(
            decision_id=decision.pk,
            signal_id=decision.signal_id,
            symbol=view.underlying,
            decided_at=decision.decided_at,
            by_jury=by_jury,
            before=before,
            after=(finding.reason or ENTERS) if by_jury else before,
            confidence_before=record.confidence,
            confidence_after=finding.confidence,
            votes=_vote_changes(stored, votes),
            votes_sha256=votes_digest(votes),
            unlike=unlike,
            intact=self._intact(record, view, votes, unlike),
            silenced=tuple(row.agent for row in stored.values() if row.alarm),
            stopped=tuple(said.vote.agent for said in heard if said.alarm),
        )

    def _force(self, record: JuryRecord, stored: Sequence[AgentVote], terms: Terms) -> InForce:
        """Whoever voted then, in the same order, and whoever is to have a seat now."""
        changes = self._changes
        weights = {row.agent: row.weight for row in stored if changes.enabled.get(row.agent, True)}
        weights |= {name: self._weight(name) for name, on in changes.enabled.items() if on and name not in weights}
        return InForce(
            flags=ALL_ON,
            seats=tuple(
                SeatRow(name, changes.weights.get(name, weight), self._parameters(name, record), PATIENCE_S)
                for name, weight in weights.items()
            ),
            threshold=terms.threshold,
            coverage=terms.coverage,
            split=None,
        )

    def _weight(self, name: str) -> Decimal:
        row = self._rows.get(name)
        return Decimal(self._defaults[name].weight) if row is None else row.weight

    def _parameters(self, name: str, record: JuryRecord) -> Mapping[str, Any]:
        """Of an agent that had no seat then, those that its seat has now."""
        row = self._rows.get(name)
        now = {} if row is None else row.parameters
        return {**record.parameters.get(name, now), **self._changes.parameters.get(name, {})}

    def _heard(self, taken: Sequence[Seat], stored: Mapping[str, AgentVote], view: JuryView) -> list[Heard]:
        """An agent that was made to abstain abstains again: what it would have said nobody knows."""
        silent = {row.agent: Heard(_vote_of(row), row.took_us) for row in stored.values() if row.alarm}
        asked = [seat for seat in taken if seat.name not in silent]
        said = {heard.vote.agent: heard for heard in hear(asked, [PATIENCE_S] * len(asked), view)} if asked else {}
        return [(silent | said)[seat.name] for seat in taken]

    def _unlike(self, stored: Mapping[str, AgentVote], votes: Sequence[Vote]) -> tuple[str, ...]:
        touched = {*self._changes.parameters, *self._changes.enabled}
        comparable = [vote for vote in votes if vote.agent in stored and vote.agent not in touched]
        return tuple(vote.agent for vote in comparable if vote.as_json() != _vote_of(stored[vote.agent]).as_json())

    def _intact(self, record: JuryRecord, view: JuryView, votes: Sequence[Vote], unlike: Sequence[str]) -> bool:
        if digest(document_of(view)) != record.view_sha256:
            return False
        return bool(self._changes or unlike) or votes_digest(votes) == record.votes_sha256


def _read(record: JuryRecord) -> tuple[JuryView, Terms]:
    """What the jury saw, and its terms then."""
    try:
        return view_of(record), Terms(Decimal(record.sum["threshold"]), Decimal(record.sum["coverage_asked"]))
    except (KeyError, ValueError, TypeError, ArithmeticError) as e:
        raise Unreadable(f"{type(e).__name__}: {e}") from e


def _by_jury(decision: Decision) -> bool:
    """Whether the jury had the last word: only then is its finding among the rules."""
    return bool(decision.rules) and decision.rules[-1][0] in JURY_CODES


def _vote_of(row: AgentVote) -> Vote:
    return Vote(
        row.agent,
        Action(row.action),
        Bias(row.bias),
        row.confidence,
        tuple(row.reasons),
        row.figures,
        row.blocks,
        row.ages,
    )


def _vote_changes(stored: Mapping[str, AgentVote], votes: Sequence[Vote]) -> tuple[VoteChange, ...]:
    before = {name: _words(row.action, row.confidence, row.blocks) for name, row in stored.items()}
    after = {vote.agent: _words(vote.action.value, vote.confidence, vote.blocks) for vote in votes}
    return tuple(
        VoteChange(name, before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )


def _words(action: str, confidence: int, blocks: bool) -> str:
    if action == Action.ABSTAIN:
        return action
    return f"{action} {confidence}{' and blocks' if blocks else ''}"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
