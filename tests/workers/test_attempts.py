"""A row that fails is tried again, counted in the row, and ends dead with an alarm while others flow."""

from __future__ import annotations

from unittest import mock

import pytest

from books_app.models import AuditEvent
from signals_app.models import Signal
from tests.factories import Desk, Floor, a_desk
from tests.trading import sweep, told, trade
from workers import pipeline
from workers.attempts import MAX_ATTEMPTS

pytestmark = pytest.mark.django_db(transaction=True)


def _poisoned(signal_id: int) -> None:
    raise ZeroDivisionError("a bug in a stage")


def test_a_poison_row_ends_dead_and_others_flow(desk: Desk, floor: Floor) -> None:
    """Five tries, counted; then dead with its last error, out of the way of every sweep."""
    poison = told(desk.post(desk.alert()))["signals"][0]
    with mock.patch.object(pipeline, "process_signal", side_effect=_poisoned):
        floor.follow_nudges()
        for _ in range(MAX_ATTEMPTS + 1):
            floor.clock.forward(61)
            sweep(floor)
    signal = Signal.objects.get(pk=poison)
    assert (signal.status, signal.reason, signal.attempts) == ("dead", "retries_exhausted", MAX_ATTEMPTS)
    assert "ZeroDivisionError: a bug in a stage" in signal.reason_text
    assert AuditEvent.objects.filter(entity="signal", entity_id=poison, to_state="dead").count() == 1

    assert trade(a_desk(), floor).status == "ordered"


def test_a_row_that_kills_its_worker_is_counted_before_the_work(desk: Desk, floor: Floor) -> None:
    """A process that dies says nothing: a swept try is in the row before it starts."""

    class Killed(BaseException):
        """Stands for the end of the process."""

    signal_id = told(desk.post(desk.alert()))["signals"][0]
    floor.lose_nudges()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        floor.clock.forward(61)
        with mock.patch.object(pipeline, "process_signal", side_effect=Killed), pytest.raises(Killed):
            sweep(floor)
        assert Signal.objects.get(pk=signal_id).attempts == attempt
    floor.clock.forward(61)
    sweep(floor)
    assert Signal.objects.get(pk=signal_id).status == "dead"


def test_a_lost_nudge_costs_seconds(desk: Desk, floor: Floor) -> None:
    """The row is the work: the sweep finds it five seconds later."""
    signal_id = told(desk.post(desk.alert()))["signals"][0]
    floor.lose_nudges()
    floor.clock.forward(4)
    sweep(floor)
    assert Signal.objects.get(pk=signal_id).status == "pending"
    floor.clock.forward(2)
    sweep(floor)
    assert Signal.objects.get(pk=signal_id).status == "ordered"


def test_a_backlog_is_not_nudged_again_and_again(desk: Desk, floor: Floor) -> None:
    """A row that waits in a long queue is told of once in half a minute, and its tries are not counted by waiting."""
    signal_id = told(desk.post(desk.alert()))["signals"][0]
    floor.lose_nudges()
    from workers.sweeps import sweep_signals

    floor.clock.forward(6)
    assert sweep_signals() == 1
    floor.clock.forward(6)
    assert sweep_signals() == 0
    assert Signal.objects.get(pk=signal_id).attempts == 0
