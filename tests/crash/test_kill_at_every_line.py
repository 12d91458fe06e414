"""SIGKILL before every executed line, every statement, and around every COMMIT of one alert's whole way."""

from __future__ import annotations

import random

import pytest

from tests.crash.harness import Tell, Tripwire, fatal_steps
from tests.crash.naive import answer_first, torn_transactions
from tests.crash.way import go, kill_and_recover, part_of, places_along
from tests.factories import Desk, Floor

PARTS = 6
AT_ONCE = 50  # desks that die before one recovery
STEPS_OF_A_RECOVERY = 250  # about, for each desk


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_lost_or_doubled_wherever_a_process_dies(floor: Floor, part: int) -> None:
    """Restarted and swept, each alert that got a 2xx is one order and one position, and the books are clean.

    The recovery is killed too, once in each round, before the one that is let through.
    """
    places = places_along(floor, go)
    steps = part_of(fatal_steps(places), part, PARTS)
    chance = random.Random(part)
    wrong: list[str] = []
    for start in range(0, len(steps), AT_ONCE):
        batch = steps[start : start + AT_ONCE]
        death = chance.randint(1, STEPS_OF_A_RECOVERY * len(batch))
        wrong += kill_and_recover(floor, places, batch, go, deaths_of_recovery=[death])
    print(f"killed at {len(steps)} of {len(places)} steps: {len(wrong)} found wrong")

    assert wrong == []


def test_the_harness_finds_torn_transactions(floor: Floor) -> None:
    """The same code with fill, cash, position and order saved one by one leaves broken books behind."""

    def torn(floor: Floor, desk: Desk, body: bytes, wire: Tripwire, tell: Tell) -> None:
        with torn_transactions():
            go(floor, desk, body, wire, tell)

    places = places_along(floor, torn)
    steps = [step for step, place in enumerate(places, 1) if place.startswith(("before INSERT", "before UPDATE"))]
    wrong = kill_and_recover(floor, places, steps, torn)
    print(f"killed at {len(steps)} statements: {len(wrong)} found wrong, the first {wrong[0] if wrong else None}")

    assert len(wrong) > 0


def test_the_harness_finds_an_answer_that_came_too_early(floor: Floor) -> None:
    """A webhook that answers before it has stored loses alerts that their sender takes for delivered."""

    def hasty(floor: Floor, desk: Desk, body: bytes, wire: Tripwire, tell: Tell) -> None:
        with wire.armed():
            answer_first(desk, body, tell)

    places = places_along(floor, hasty)
    steps = [step for step, place in enumerate(places, 1) if place.startswith("before")]
    wrong = kill_and_recover(floor, places, steps, hasty)
    print(f"killed at {len(steps)} statements: {len(wrong)} found wrong, the first {wrong[0] if wrong else None}")

    assert any("signals []" in text for text in wrong)
