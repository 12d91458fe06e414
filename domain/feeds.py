"""How well market data is served: four words for each kind of question, and when one word becomes another.

healthy: the first provider in order answers. degraded: it answers, but not at the first try. fallback: another one answers
in its place. down: nobody does. What gets worse is said at once; what gets better only after it has been better for a
while, so that a provider that comes and goes does not ring every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.quotes import FeedClass

STEADY_FOR: Final = timedelta(seconds=10)  # how long a better state must hold before it counts


class FeedState(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    FALLBACK = "fallback"
    DOWN = "down"


_BADNESS: Final = {state: number for number, state in enumerate(FeedState)}
# What may be traded on without asking: prices that are this moment's, or that a replay or a demonstration stands on.
TIMELY: Final = frozenset({FeedClass.REAL_TIME, FeedClass.RECORDED, FeedClass.SIMULATED})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One provider asked once. failed: it should have answered and did not; feed: of its answer, None without one.

    passed_over: it was not asked, because our own calls for it are spent, which is a plan's limit and no fault.
    """

    provider: str
    failed: bool
    feed: FeedClass | None = None
    why: str = ""
    passed_over: bool = False

    @property
    def silent(self) -> bool:
        """Nothing was heard, neither an answer nor that there is none."""
        return self.failed or self.passed_over


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """state with who serves now and in which class; text names who failed and why.

    missed: who was asked first and failed, empty while healthy. Kinds of data that miss the same one share an outage.
    """

    state: FeedState
    provider: str
    feed: FeedClass | None
    text: str
    missed: str = ""

    @property
    def timely(self) -> bool:
        """Whether entries may trust it; exits go on by their own rules either way."""
        return self.feed in TIMELY


def assess(outcomes: Sequence[Outcome]) -> FeedHealth | None:
    """What one question to the chain says about health; outcomes in the order in which providers were asked.

    None where nobody had what was asked for and somebody was well enough to say so: that may be the question's own fault.
    """
    if not outcomes:
        return FeedHealth(FeedState.DOWN, "", None, "no provider is in use")
    failed = [outcome for outcome in outcomes if outcome.failed]
    served = next((outcome for outcome in outcomes if outcome.feed is not None), None)
    silent = [outcome for outcome in outcomes if outcome.silent]
    why = "; ".join(dict.fromkeys(f"{outcome.provider}: {outcome.why}" for outcome in silent))
    first = outcomes[0].provider
    if served is None:
        return FeedHealth(FeedState.DOWN, "", None, why, first) if len(silent) == len(outcomes) else None
    if served.provider != first:
        state = FeedState.FALLBACK if any(outcome.provider == first for outcome in failed) else FeedState.HEALTHY
    else:
        state = FeedState.DEGRADED if any(outcome.provider == first for outcome in failed) else FeedState.HEALTHY
    return FeedHealth(state, served.provider, served.feed, why, "" if state is FeedState.HEALTHY else first)


def as_bad_as(state: FeedState) -> list[FeedState]:
    """That state and every worse one."""
    return [each for each in FeedState if _BADNESS[each] >= _BADNESS[state]]


def counts(current: FeedState, seen: FeedState, *, seen_for: timedelta) -> bool:
    """Whether what is seen replaces the current state: a worse one at once, a better one after STEADY_FOR."""
    if seen is current:
        return False
    return _BADNESS[seen] > _BADNESS[current] or seen_for >= STEADY_FOR
