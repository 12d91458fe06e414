"""Two workers on one signal or one order: a doubled nudge, or a nudge beside a sweep."""

from __future__ import annotations

from orders_app.models import Fill, Order
from positions_app.models import Position
from signals_app.models import Signal
from tests.factories import Floor, a_desk
from tests.races.starting_gun import at_once
from tradingsite.auditor import violations
from workers import pipeline, sweeps

ROUNDS = 5
WORKERS = 8


def test_a_signal_processed_by_eight_workers_at_once_is_one_position(floor: Floor) -> None:
    """Each step looks again under its lock, so the second run of it finds the work done."""
    for _ in range(ROUNDS):
        desk = a_desk()
        desk.post(desk.alert())
        floor.lose_nudges()
        signal = Signal.objects.get(strategy=desk.strategy)
        answers = at_once([lambda pk=signal.pk: pipeline.process_signal(pk)] * WORKERS)  # type: ignore[misc]

        assert [answer for answer in answers if isinstance(answer, Exception)] == []
        assert Order.objects.get(strategy=desk.strategy).status == "filled"
        assert Position.objects.get(strategy=desk.strategy).quantity == 1
    assert violations() == []


def test_an_order_executed_by_eight_workers_at_once_is_filled_once(floor: Floor) -> None:
    """One of them sends it; until its due time the others do not ask the venue about what is being sent."""
    for _ in range(ROUNDS):
        desk = a_desk()
        desk.post(desk.alert())
        floor.follow_nudges()
        position = Position.objects.get(strategy=desk.strategy)
        exit_order = pipeline.orders.create_exit(position_id=position.pk, reason="operator", text="", actor="test")
        answers = at_once([lambda pk=exit_order.pk: pipeline.execute_exit(pk)] * WORKERS)  # type: ignore[misc]

        assert [answer for answer in answers if isinstance(answer, Exception)] == []
        assert Fill.objects.filter(order=exit_order).count() == 1
    assert violations() == []


def test_sweeps_at_once_share_the_rows_out(floor: Floor) -> None:
    """Eight sweeps nudge each due signal once."""
    desk = a_desk(alerts_per_minute=1000)
    for number in range(40):
        desk.post(desk.alert(order_id=f"order-{number}"))
    floor.lose_nudges()
    floor.clock.forward(6)
    found = at_once([sweeps.sweep_signals] * WORKERS)

    assert sum(count for count in found if isinstance(count, int)) == 40
    assert sorted(args[0] for _, args in floor.nudges) == sorted(Signal.objects.values_list("pk", flat=True))
