"""Hearing agents, without a database: who is late loses its seat until it has ended, and nobody else notices."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from threading import Event
from threading import enumerate as threads
from types import SimpleNamespace
from typing import Any

import pytest

from domain.agents import Action, Bias, Vote
from domain.agents.jury import Seat
from signals_app.jury.hearing import Heard, hear
from tests.domain.agents.builders import view

PATIENCE_S = 10


@dataclass(frozen=True)
class Says:
    """An agent made of a function."""

    name: str
    act: Callable[[], None] = lambda: None
    required: bool = False

    def vote(self, seen: Any) -> Vote:
        self.act()
        return Vote(self.name, Action.ENTER, Bias.NEUTRAL, 50, ("fine",))


def heard(*agents: Says, deadline_s: float = 0.1) -> dict[str, Heard]:
    seats = [Seat(agent, Decimal(1)) for agent in agents]  # type: ignore[arg-type]
    return {said.vote.agent: said for said in hear(seats, [deadline_s] * len(seats), view())}


def until(holds: Callable[[], bool]) -> bool:
    """Asks again until it holds, for ten seconds at most."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.005)
    return False


def test_an_agent_that_waits_for_ever_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    """It is given up at its deadline, abstains at once while its thread lives, and has its seat back afterwards."""
    gate = Event()
    stuck, fine = Says("stuck", lambda: gate.wait(PATIENCE_S) and None), Says("fine")

    first = heard(stuck, fine)
    assert first["stuck"].vote.abstained and "no vote within 100 ms" in first["stuck"].alarm
    assert first["fine"].vote.action is Action.ENTER and not first["fine"].alarm

    again = heard(stuck, fine)
    assert "still busy" in again["stuck"].alarm and again["fine"].vote.action is Action.ENTER

    gate.set()
    assert until(lambda: not heard(stuck)["stuck"].alarm)


def test_one_that_runs_in_circles_is_interrupted() -> None:
    """A loop of Python code ends soon after its deadline, and its thread with it."""
    ran = SimpleNamespace(turns=0)

    def circle() -> None:
        while True:
            ran.turns += 1

    assert "no vote within" in heard(Says("circling", circle))["circling"].alarm

    def stands_still() -> bool:
        before = ran.turns
        time.sleep(0.02)
        return ran.turns == before

    assert until(stands_still)


def test_one_that_waits_first_and_runs_in_circles_then_is_interrupted_too() -> None:
    """What waits is left alone; the next alert finds it running, and interrupts it."""
    gate, ran = Event(), SimpleNamespace(turns=0)

    def act() -> None:
        gate.wait(PATIENCE_S)
        while True:
            ran.turns += 1

    agent = Says("waiting_then_circling", act)
    assert "no vote within" in heard(agent)["waiting_then_circling"].alarm
    gate.set()
    assert until(lambda: ran.turns > 0)
    assert until(lambda: "no vote within" in heard(agent)["waiting_then_circling"].alarm)  # it has its seat back


def test_all_of_them_may_be_late() -> None:
    """Each is waited for as long as its own deadline, and none of them is waited for twice."""
    gates = [Event() for _ in range(3)]
    agents = [
        Says(f"late_{chr(97 + n)}", lambda gate=gate: gate.wait(PATIENCE_S) and None) for n, gate in enumerate(gates)
    ]
    found = heard(*agents, deadline_s=0.05)
    assert all(said.vote.abstained for said in found.values()) and len(found) == 3
    for gate in gates:
        gate.set()
    assert until(lambda: all(not said.alarm for said in heard(*agents).values()))


def test_a_quick_jury_needs_one_thread() -> None:
    """The same thread speaks for every agent of every alert that this thread works on."""
    heard(Says("one"))
    before = {thread.ident for thread in threads() if thread.name == "jury"}
    for _ in range(20):
        heard(Says("one"), Says("two"))
    assert {thread.ident for thread in threads() if thread.name == "jury"} <= before
