"""What this process remembers: answers for their time, and what was computed from an answer for as long as that answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from market_app.chain.fallback import Fallback
from market_app.memory import Derived, KeepsAnswers, Memory
from market_app.providers.simulated import Simulated

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_what_was_computed_lives_as_long_as_its_answer() -> None:
    """The same object is not computed from twice; an equal one that was asked for anew is."""
    derived, computed = Derived[list[int], int](entries=4), list[list[int]]()

    def total(told: list[int]) -> int:
        computed.append(told)
        return sum(told)

    answer = [1, 2]
    assert [derived.of("SPY", answer, total), derived.of("SPY", answer, total)] == [3, 3]
    assert derived.of("SPY", [1, 2], total) == 3
    assert derived.of("QQQ", answer, total) == 3
    assert len(computed) == 3


def test_few_computed_things_are_kept() -> None:
    """The one computed longest ago goes first."""
    derived, counter = Derived[list[int], int](entries=2), count()
    answers = {key: [number] for number, key in enumerate("abc")}
    assert [derived.of(key, answers[key], lambda _: next(counter)) for key in "abcba"] == [0, 1, 2, 1, 3]


def test_an_answer_is_remembered_for_its_time() -> None:
    """By the asker's clock: not before it was given, and not from its end on."""
    memory, counter, market = Memory[int](entries=4), count(), Simulated(1)
    moments = (NOW, NOW + MINUTE - timedelta(seconds=1), NOW - timedelta(seconds=1), NOW + MINUTE)
    found = [memory.get(market, "SPY", at=at, keep=MINUTE, build=lambda: next(counter)) for at in moments]
    assert found == [0, 0, 1, 2]


def test_who_keeps_its_answers_says_so() -> None:
    """The chain of providers does; what computes or reads them does not."""
    assert isinstance(Fallback(lambda capability, health: None, lambda capability: []), KeepsAnswers)
    assert not isinstance(Simulated(1), KeepsAnswers)
