"""How each agent of the jury has done: what it was sure of, what came of it, and what the jury would be without it.

The outcome of an alert is that of engine B's trade, or of engine A's where B did not trade: both would have bought the
same contract. What neither traded has no outcome, so a jury and rules that refuse the same alerts learn nothing of them.

Marginal contribution is a re-vote on the stored votes, with this agent's seat empty and everything else as it was: its
part are the decisions that come out otherwise. Votes are looked at one by one, so a contribution is that of an agent
among these others; two agents that always agree have none each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from math import fsum
from operator import itemgetter
from typing import Final, NamedTuple

from domain.agents import AGENTS, Action, Bias, Vote
from domain.agents.jury import Seat, Terms, deliberate, support
from domain.stats.calibration import Bin, Forecast, brier, reliability_curve, skill
from domain.stats.intervals import Interval, wilson
from domain.stats.trades import Trade
from signals_app.jury.trial import Absent
from signals_app.models import AgentVote, JuryRecord
from signals_app.services.plans import ENGINE_B
from tradingsite.comparison.outcomes import Alert, Scope

# Of decisions in which the jury had the word.
OWN_REASONS: Final = frozenset({"", "jury_veto", "jury_incomplete", "jury_not_convinced"})


@dataclass(frozen=True, slots=True)
class Flips:
    """Decisions that would have been the other one without the agent. mean_r: of those with a known outcome.

    What was let in has that of B's trade, 0 where the order was refused; what was kept out that of A's, if A traded it.
    """

    count: int
    known: int
    mean_r: float | None


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """One agent over the alerts of a scope. Confidence is measured against winning trades; amounts are per trade."""

    name: str
    votes: int
    entered: int  # votes to enter
    skipped: int
    rejected: int
    blocked: int  # of the rejected
    abstained: int
    alarms: int
    mean_us: float  # for one vote
    outcomes: int  # votes to enter whose alert has an outcome
    win_rate: float | None
    win_interval: Interval | None
    mean_r: float | None
    expectancy: Decimal | None
    brier: float | None
    skill: float | None
    curve: tuple[Bin, ...]
    let_in: Flips  # entered thanks to it
    kept_out: Flips  # not entered because of it
    contribution_r: float  # R of what it let in less R of what it kept out, over all with an outcome


class _Jury(NamedTuple):
    """What is needed of a decision, to vote on it again."""

    signal_id: int
    reason: str
    action: str
    terms: Terms


class _Ballot(NamedTuple):
    """One stored vote."""

    agent: str
    action: str
    bias: str
    confidence: int
    blocks: bool
    weight: Decimal
    took_us: int
    alarm: str


@dataclass(slots=True)
class _Tally:
    """What is gathered of one agent."""

    ballots: list[tuple[str, bool, bool]] = field(default_factory=list)  # action, blocks, alarm
    took_us: int = 0
    forecasts: list[Forecast] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)  # of alerts it would have entered
    let_in: list[float | None] = field(default_factory=list)
    kept_out: list[float | None] = field(default_factory=list)


def agent_figures(scope: Scope, alerts: Sequence[Alert], *, newest: int | None = None) -> tuple[AgentFigures, ...]:
    """Every agent that voted on these alerts, by name. newest: only that many alerts, the latest. Two statements."""
    looked_at = alerts if newest is None else alerts[max(len(alerts) - newest, 0) :]
    if not looked_at:
        return ()
    scope = replace(scope, since=looked_at[0].at)
    wanted = {alert.signal_id: alert for alert in looked_at}
    juries = _juries(scope)
    tallies: dict[str, _Tally] = {}
    for decision, group in groupby(_ballots(scope), key=itemgetter(0)):
        jury = juries.get(decision)
        if jury is not None and jury.signal_id in wanted:
            _count(jury, [ballot for _, ballot in group], wanted[jury.signal_id], tallies)
    return tuple(_figures(name, tally) for name, tally in sorted(tallies.items()))


def _juries(scope: Scope) -> dict[int, _Jury]:
    rows = JuryRecord.objects.filter(scope.condition("decision__signal__"), decision__engine=ENGINE_B).order_by()
    columns = ("decision_id", "decision__signal_id", "decision__reason", "action", "sum")
    return {
        pk: _Jury(signal_id, reason, action, Terms(Decimal(told["threshold"]), Decimal(told["coverage_asked"])))
        for pk, signal_id, reason, action, told in rows.values_list(*columns).iterator()
    }


def _ballots(scope: Scope) -> Iterator[tuple[int, _Ballot]]:
    """By decision, in the order of the seats."""
    rows = AgentVote.objects.filter(scope.condition("decision__signal__")).order_by("decision_id", "pk")
    for pk, *rest in rows.values_list("decision_id", *_Ballot._fields).iterator():
        yield pk, _Ballot(*rest)


def _count(jury: _Jury, ballots: Sequence[_Ballot], alert: Alert, tallies: dict[str, _Tally]) -> None:
    trade = alert.b.trade or alert.a.trade
    seats = [Seat(Absent(one.agent, _required(one.agent), ""), one.weight) for one in ballots]
    votes = [_vote(one) for one in ballots]
    flips = _flips_of(jury, seats, votes)
    for ballot, vote in zip(ballots, votes, strict=True):
        tally = tallies.setdefault(ballot.agent, _Tally())
        tally.ballots.append((ballot.action, ballot.blocks, bool(ballot.alarm)))
        tally.took_us += ballot.took_us
        if trade is not None and vote.action is Action.ENTER:
            tally.forecasts.append(Forecast(vote.confidence, trade.pnl > 0))
            tally.trades.append(trade)
        if ballot.agent in flips:
            if jury.action == Action.ENTER:
                tally.let_in.append(alert.b.outcome("r"))
            else:
                tally.kept_out.append(None if alert.a.trade is None else alert.a.trade.r)


def _flips_of(jury: _Jury, seats: Sequence[Seat], votes: Sequence[Vote]) -> frozenset[str]:
    """None of a decision that a rule has made: it is the same without any agent."""
    if jury.reason not in OWN_REASONS:
        return frozenset()
    return flipped(seats, votes, jury.terms, enters=jury.action == Action.ENTER)


def _required(name: str) -> bool:
    return name in AGENTS and AGENTS[name].required


def _vote(ballot: _Ballot) -> Vote:
    """Without reasons and figures, which no sum asks for."""
    return Vote(
        ballot.agent, Action(ballot.action), Bias(ballot.bias), ballot.confidence, ("as stored",), blocks=ballot.blocks
    )


def flipped(seats: Sequence[Seat], votes: Sequence[Vote], terms: Terms, *, enters: bool) -> frozenset[str]:
    """The agents without whose seat the jury would have decided otherwise. enters: how it decided with all of them."""
    sums = _Sums.of(seats, votes)
    return frozenset(
        seat.name
        for place, seat in enumerate(seats)
        # The sums spare nearly all re-votes, each of which takes a hundred times as long; a vote again has the last word.
        if sums.without(seat, votes[place]).reach(terms) is not enters
        and _enters_without(place, seats, votes, terms) is not enters
    )


class _Sums(NamedTuple):
    """Weights of all seats, of those that voted, and weight times support. Sums of a few decimals are exact.

    final: seats that alone keep the jury from entering, because they block or are required and silent.
    """

    final: int
    whole: Decimal
    voted: Decimal
    supported: Decimal

    @classmethod
    def of(cls, seats: Sequence[Seat], votes: Sequence[Vote]) -> _Sums:
        pairs = list(zip(seats, votes, strict=True))
        return cls(
            sum(_is_final(seat, vote) for seat, vote in pairs),
            sum((seat.weight for seat, _ in pairs), Decimal(0)),
            sum((seat.weight for seat, vote in pairs if not vote.abstained), Decimal(0)),
            sum((seat.weight * support(vote) for seat, vote in pairs), Decimal(0)),
        )

    def without(self, seat: Seat, vote: Vote) -> _Sums:
        voted = Decimal(0) if vote.abstained else seat.weight
        return _Sums(
            self.final - _is_final(seat, vote),
            self.whole - seat.weight,
            self.voted - voted,
            self.supported - seat.weight * support(vote),
        )

    def reach(self, terms: Terms) -> bool:
        """Mean times coverage is the supported weight over the whole weight."""
        heard = not self.final and self.voted > 0 and self.voted >= terms.coverage * self.whole
        return heard and self.supported >= terms.threshold * self.whole


def _is_final(seat: Seat, vote: Vote) -> bool:
    return vote.blocks or (seat.agent.required and vote.abstained)


def _enters_without(place: int, seats: Sequence[Seat], votes: Sequence[Vote], terms: Terms) -> bool:
    return deliberate([*seats[:place], *seats[place + 1 :]], [*votes[:place], *votes[place + 1 :]], terms).enters


def _figures(name: str, tally: _Tally) -> AgentFigures:
    actions = [action for action, _, _ in tally.ballots]
    trades, wins = tally.trades, sum(trade.pnl > 0 for trade in tally.trades)
    count = len(trades)
    return AgentFigures(
        name=name,
        votes=len(actions),
        entered=actions.count("enter"),
        skipped=actions.count("skip"),
        rejected=actions.count("reject"),
        blocked=sum(blocks for _, blocks, _ in tally.ballots),
        abstained=actions.count("abstain"),
        alarms=sum(alarm for _, _, alarm in tally.ballots),
        mean_us=tally.took_us / len(actions),
        outcomes=count,
        win_rate=wins / count if count else None,
        win_interval=wilson(wins, count) if count else None,
        mean_r=fsum(trade.r for trade in trades) / count if count else None,
        expectancy=sum((trade.pnl for trade in trades), Decimal(0)) / count if count else None,
        brier=brier(tally.forecasts),
        skill=skill(tally.forecasts),
        curve=reliability_curve(tally.forecasts) if count else (),
        let_in=_flips(tally.let_in),
        kept_out=_flips(tally.kept_out),
        contribution_r=fsum(r for r in tally.let_in if r is not None)
        - fsum(r for r in tally.kept_out if r is not None),
    )


def _flips(outcomes: Sequence[float | None]) -> Flips:
    known = [r for r in outcomes if r is not None]
    return Flips(len(outcomes), len(known), fsum(known) / len(known) if known else None)
