"""What would differ, as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from tradingsite.redecision.again import Redecided
from tradingsite.redecision.changes import Changes
from tradingsite.redecision.tally import Tally
from tradingsite.tables import table

HEAD = ("signal", "symbol", "decided", "before", "after", "confidence", "votes that changed")


def diff_lines(tally: Tally, *, everything: bool) -> Iterator[str]:
    """Decisions with another outcome or another vote; everything: those with another confidence alone too."""
    shown = [found for found in tally.changed if everything or found.flipped or found.votes]
    if shown:
        yield table(HEAD, [_row(found) for found in shown])
    if len(shown) < len(tally.changed):
        yield f"{len(tally.changed) - len(shown)} more differ in their confidence alone; --all lists them"


def summary_lines(tally: Tally, changes: Changes) -> Iterator[str]:
    yield f"{tally.decisions} decisions of engine B: {tally.heard} with a jury, {tally.without_jury} without one"
    if tally.by_rule:
        yield f"{tally.by_rule} of them refused by a rule, whatever the jury finds"
    if changes:
        yield f"{tally.entered_before} entered then, {tally.entered_after} would be entered now"
        for (before, after), count in tally.outcomes.most_common():
            yield f"  {before} → {after}: {count}"
    yield f"{tally.same} of {tally.heard} with the very same votes{_hash_text(tally, changes)}"
    for what, names in (
        ("made to abstain then, and so now", tally.silenced),
        ("could not vote now", tally.stopped),
    ):
        if names:
            yield f"{what}: {_counts(names)}"
    yield from tally.faults
    if tally.unproven > len(tally.faults):
        yield f"and {tally.unproven - len(tally.faults)} more"


def _hash_text(tally: Tally, changes: Changes) -> str:
    if changes or not tally.heard:
        return ""
    return ", and the same SHA-256" if tally.deterministic else f"; {tally.unproven} are not what was stored"


def _row(found: Redecided) -> list[str]:
    return [
        str(found.signal_id),
        found.symbol,
        f"{found.decided_at:%Y-%m-%d %H:%M}",
        found.before,
        found.after if found.flipped else "the same",
        f"{_sure(found.confidence_before)} → {_sure(found.confidence_after)}",
        "; ".join(f"{vote.agent}: {vote.before or 'no seat'} → {vote.after or 'no seat'}" for vote in found.votes),
    ]


def _sure(confidence: Decimal | None) -> str:
    return "none" if confidence is None else str(confidence)


def _counts(names: Counter[str]) -> str:
    return ", ".join(f"{name} {count} times" if count > 1 else name for name, count in names.most_common())
