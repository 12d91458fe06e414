"""How well market data is served: four words, and when one becomes another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.feeds import STEADY_FOR, FeedState, Outcome, assess, counts
from domain.quotes import FeedClass

REAL, LATE = FeedClass.REAL_TIME, FeedClass.DELAYED
H, D, F, N = FeedState


@pytest.mark.parametrize(
    ("outcomes", "state", "provider"),
    [
        ([Outcome("a", False, REAL)], H, "a"),
        ([Outcome("a", True, why="late"), Outcome("a", False, REAL)], D, "a"),
        ([Outcome("a", True, why="late"), Outcome("b", False, LATE)], F, "b"),
        ([Outcome("a", True), Outcome("b", True), Outcome("c", False, REAL)], F, "c"),
        ([Outcome("a", True), Outcome("b", True)], N, ""),
        ([Outcome("a", False), Outcome("b", False, REAL)], H, "b"),  # the first one does not know this symbol
        ([Outcome("a", False, why="spent", passed_over=True), Outcome("b", False, REAL)], H, "b"),  # a plan's limit
        ([Outcome("a", False, why="spent", passed_over=True), Outcome("b", True)], N, ""),
        ([], N, ""),
    ],
)
def test_what_a_question_says_about_health(outcomes: list[Outcome], state: FeedState, provider: str) -> None:
    """The first provider serves, serves at the second try, is stood in for, or nobody serves."""
    seen = assess(outcomes)
    assert seen is not None
    assert (seen.state, seen.provider) == (state, provider)


def test_a_question_about_nothing_says_nothing() -> None:
    """That nobody knows a symbol is no news of anybody's health, even if one of them failed to say so."""
    assert assess([Outcome("a", False), Outcome("b", False)]) is None
    assert assess([Outcome("a", False), Outcome("b", True)]) is None


def test_causes_are_told_once_each() -> None:
    """The same provider failing twice for the same reason is one cause."""
    seen = assess([Outcome("a", True, why="late"), Outcome("a", True, why="late"), Outcome("b", True, why="refused")])
    assert seen is not None
    assert seen.text == "a: late; b: refused"


@pytest.mark.parametrize(("feed", "timely"), [(REAL, True), (LATE, False), (FeedClass.SIMULATED, True), (None, False)])
def test_only_prices_of_this_moment_are_timely(feed: FeedClass | None, timely: bool) -> None:
    """Entries look at this; delayed prices and none at all are not timely."""
    seen = assess([Outcome("a", feed is None, feed)])
    assert seen is not None
    assert seen.timely is timely


@pytest.mark.parametrize("worse", [D, F, N])
def test_worse_counts_at_once_and_better_after_a_while(worse: FeedState) -> None:
    """A provider that comes and goes does not ring at each coming."""
    soon = STEADY_FOR - timedelta(seconds=1)
    assert counts(H, worse, seen_for=timedelta())
    assert not counts(worse, H, seen_for=soon)
    assert counts(worse, H, seen_for=STEADY_FOR)
    assert not counts(worse, worse, seen_for=STEADY_FOR)
