"""The guard of experiments: what an engine may lose on the real book, and what follows when it has."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
import structlog
from django.db import connection

from books_app import clock
from books_app.models import AuditEvent
from positions_app.models import Position
from signals_app.models import Experiment, Signal
from signals_app.services.experiments import start
from tests.factories import Desk, Floor, a_desk
from tests.signals_app.jury.stand_ins import Loyal, only
from tests.trading import trade
from workers.experiments import guard, hold, profits_of

pytestmark = pytest.mark.django_db(transaction=True)


def an_experiment(desk: Desk | None, **fields: object) -> Experiment:
    strategy = None if desk is None else desk.strategy
    made = Experiment.objects.create(
        name=f"trial-{Experiment.objects.count()}", strategy=strategy, **{"allowed_loss": 100, **fields}
    )
    return start(experiment_id=made.pk, actor="user:anna")


def lose(signal: Signal, amount: int) -> Position:
    """The alert's position, closed with that loss before its commission."""
    position = Position.objects.get(signal=signal)
    Position.objects.filter(pk=position.pk).update(status="closing")
    Position.objects.filter(pk=position.pk).update(
        status="closed", quantity=0, cost=0, realized=-amount, closed_at=clock.now()
    )
    position.refresh_from_db()
    return position


def events(logs: list[structlog.typing.EventDict]) -> list[str]:
    return [entry["event"] for entry in logs]


def test_an_engine_that_loses_too_much_trades_no_more_of_it(floor: Floor) -> None:
    """The next alert goes to the other engine, with one alarm, one audit row and the experiment still running."""
    desk = a_desk()
    experiment = an_experiment(desk)
    with only(Loyal):
        lose(trade(desk, floor), 100)
        floor.clock.forward(60)
        with structlog.testing.capture_logs() as logs:
            assert "trial-0 A" in guard()
            floor.clock.forward(60)
            assert "stopped: none" in guard()
        following = trade(desk, floor, "MSFT")

    experiment.refresh_from_db()
    assert (experiment.status, experiment.stopped_engines, following.engine) == ("running", "A", "B")
    assert events(logs).count("engine_stopped") == 1
    assert AuditEvent.objects.filter(entity="experiment", to_state="without A").count() == 1


def test_commissions_and_what_is_open_count(floor: Floor) -> None:
    """A loss of 60 of what is left and one of 39 of what is held are more than 99 with their commissions."""
    desk = a_desk(allow_adding=True)
    experiment = an_experiment(desk)
    with only(Loyal):
        lose(trade(desk, floor), 60)
        held = Position.objects.get(signal=trade(desk, floor, "MSFT"))
    Position.objects.filter(pk=held.pk).update(mark=held.entry_price - Decimal("0.39") / held.entry_quantity)
    closed, open_now = profits_of(experiment, "A")
    commission = Position.objects.filter(signal__engine="A").values_list("commission", flat=True)
    assert (closed, open_now) == (-60 - commission[1], -39 - commission[0])
    Experiment.objects.filter(pk=experiment.pk).update(allowed_loss=99)
    experiment.refresh_from_db()
    assert hold(experiment, "A")


def test_what_a_shadow_loses_stops_nobody(floor: Floor) -> None:
    """Engine B has traded nothing on the real book, whatever its decisions came to."""
    desk = a_desk()
    experiment = an_experiment(desk)
    with only(Loyal):
        lose(trade(desk, floor).shadow, 5000)
    assert not hold(experiment, "B") and not hold(experiment, "A")


def test_trades_outside_of_the_experiment_do_not_count(floor: Floor) -> None:
    """Nor does what the strategy lost before the start."""
    desk = a_desk()
    with only(Loyal):
        lose(trade(desk, floor), 5000)
        an_experiment(desk)
        assert "stopped: none" in guard()


@pytest.mark.parametrize("of_strategy", [True, False])
def test_when_both_are_stopped_it_ends(floor: Floor, of_strategy: bool) -> None:
    """And its strategy is paused, where it has one of its own."""
    desk = a_desk()
    experiment = an_experiment(desk if of_strategy else None)
    with only(Loyal):
        lose(trade(desk, floor), 100)
        guard()
        lose(trade(desk, floor, "MSFT"), 100)
        floor.clock.forward(60)
        with structlog.testing.capture_logs() as logs:
            guard()

    experiment.refresh_from_db()
    desk.strategy.refresh_from_db()
    assert (experiment.status, experiment.stopped_engines) == ("stopped", "AB")
    assert desk.strategy.paused is of_strategy
    assert [entry["none_left"] for entry in logs if entry["event"] == "engine_stopped"] == [True]


def test_two_guards_at_once_stop_once(floor: Floor) -> None:
    """Whoever comes second to the lock finds it done and tells nobody."""
    desk = a_desk()
    experiment = an_experiment(desk)
    with only(Loyal):
        lose(trade(desk, floor), 100)
    barrier, told = threading.Barrier(2), []

    def hold_too() -> None:
        try:
            barrier.wait(10)
            told.append(hold(experiment, "A"))
        finally:
            connection.close()

    threads = [threading.Thread(target=hold_too) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(told) == [False, True]
    assert AuditEvent.objects.filter(entity="experiment", to_state="without A").count() == 1


def test_an_experiment_ends_when_its_time_has_come(floor: Floor) -> None:
    """At the moment that was set, not before."""
    experiment = an_experiment(None, stops_at=floor.clock.at + timedelta(seconds=60))
    assert "ended: none" in guard()
    floor.clock.forward(60)
    assert "ended: trial-0" in guard()
    experiment.refresh_from_db()
    assert experiment.status == "stopped" and "its end was" in experiment.stop_reason
