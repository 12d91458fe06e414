"""The jury, the routing and a language model's advice as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from signals_app.models import AgentVote, ModelAdvice
from tradingsite.tables import table
from tradingsite.trail_engines import Jury, Routing, plain_weight, vote_figures

WIDTH = 180
HEAD = ["agent", "action", "bias", "confidence", "weight", "share", "support", "points", "ms", "because"]


def routing_lines(routing: Routing) -> Iterator[str]:
    yield f"  trades      {routing.words}: {routing.why}"


def jury_lines(jury: Jury) -> Iterator[str]:
    """Sum, votes as a table, their figures, and what it all was made of."""
    told = jury.record.sum
    yield f"  jury        {told['action']} at {told['confidence'] or 'no'} confidence, {told['threshold']} is asked for"
    yield f"  sum         {jury.arithmetic}"
    yield f"  coverage    {told['coverage']} of the weight voted, {told['coverage_asked']} is asked for"
    yield table(HEAD, [_row(vote) for vote in jury.votes], width=WIDTH).rstrip()
    for vote in jury.alarms:
        yield f"  ALARM       {vote.agent}: {vote.alarm}"
    for vote in jury.votes:
        for reason in vote.reasons[1:]:
            yield f"  {vote.agent.ljust(11)} {reason}"
        if vote.figures:
            yield f"  {vote.agent.ljust(11)} {', '.join(f'{name} {value}' for name, value in vote_figures(vote))}"
    for name, why in jury.notes:
        yield f"  without     {name}: {why}"
    if jury.ages:
        yield f"  ages        {', '.join(f'{name} {age:.1f} s' for name, age in jury.ages)}"
    yield f"  regime      {jury.record.regime or 'not told'}"
    yield f"  hashes      view {jury.record.view_sha256}, votes {jury.record.votes_sha256}"


def _row(vote: AgentVote) -> list[str | int]:
    action = f"{vote.action} BLOCKS" if vote.blocks else f"{vote.action} ALARM" if vote.alarm else vote.action
    return [
        vote.agent,
        action,
        vote.bias,
        vote.confidence,
        plain_weight(vote.weight),
        f"{vote.share:.2%}",
        vote.support,
        str(vote.points),
        f"{vote.took_us / 1000:.1f}",
        vote.reasons[0],
    ]


def advice_lines(advice: ModelAdvice) -> Iterator[str]:
    yield f"advice of {advice.model or 'no model'}, asked {advice.asked_at:%Y-%m-%d %H:%M:%S} UTC: {advice.outcome}"
    if advice.outcome == ModelAdvice.Outcome.FAILED:
        yield f"  because     {advice.reason}: {advice.text}"
        return
    yield f"  said        {advice.action} {advice.confidence}, {advice.bias}; {plain_weight(advice.cost)} USD"
    for reason in advice.reasons:
        yield f"  reason      {reason}"
