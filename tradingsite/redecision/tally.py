"""What came of deciding again, added up; only what changed is kept, never a view."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from signals_app.models import Decision
from tradingsite.redecision.again import ENTERS, Jury, Redecided, Unreadable

NAMED_AT_MOST: Final = 20  # of what should not be; the count tells the rest


@dataclass(slots=True)
class Tally:
    """Decisions of engine B. without_jury: exits, and alerts on a closed market. by_rule: a guarding rule had refused the
    entry, whatever the jury found. same: the votes are those that were stored, one for one."""

    decisions: int = 0
    without_jury: int = 0
    by_rule: int = 0
    heard: int = 0
    same: int = 0
    entered_before: int = 0
    entered_after: int = 0
    silenced: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    unproven: int = 0
    faults: list[str] = field(default_factory=list)  # the first ones of ``unproven``
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)  # of those that changed
    changed: list[Redecided] = field(default_factory=list)

    @property
    def deterministic(self) -> bool:
        return self.unproven == 0

    def take(self, decision: Decision, jury: Jury) -> None:
        """Decide it again and count what came of it."""
        self.decisions += 1
        if not hasattr(decision, "jury"):
            self.without_jury += 1
            return
        self.heard += 1
        try:
            self._count(decision, jury.again(decision))
        except Unreadable as e:
            self._fault(f"decision {decision.pk} of signal {decision.signal_id}: its view cannot be read: {e}")

    def _count(self, decision: Decision, found: Redecided) -> None:
        self.same += not found.votes and not found.unlike and found.intact
        self.entered_before += found.before == ENTERS
        self.entered_after += found.after == ENTERS
        self.by_rule += not found.by_jury
        for counter, names in (
            (self.silenced, found.silenced),
            (self.stopped, found.stopped),
        ):
            counter.update(names)
        if not found.proven:
            self._fault(_fault_of(decision, found))
        if found.changed:
            self.changed.append(found)
        if found.flipped:
            self.outcomes[found.before, found.after] += 1

    def _fault(self, text: str) -> None:
        self.unproven += 1
        if len(self.faults) < NAMED_AT_MOST:
            self.faults.append(text)

    def as_json(self) -> dict[str, Any]:
        return {
            "decisions": self.decisions,
            "without_jury": self.without_jury,
            "heard": self.heard,
            "refused_by_a_rule": self.by_rule,
            "same_votes": self.same,
            "entered_before": self.entered_before,
            "entered_after": self.entered_after,
            "silenced": dict(self.silenced),
            "stopped": dict(self.stopped),
            "deterministic": self.deterministic,
            "unproven": self.unproven,
            "faults": self.faults,
            "flipped": [[before, after, count] for (before, after), count in self.outcomes.most_common()],
            "changed": [found.as_json() for found in self.changed],
        }


def _fault_of(decision: Decision, found: Redecided) -> str:
    named = f"decision {found.decision_id} of signal {found.signal_id}"
    if found.unlike:
        return f"{named}: another vote of {', '.join(found.unlike)} on the same view"
    return f"{named}: what is stored does not have the digests stored with it ({decision.jury.view_sha256[:12]}…)"
