"""SIGKILL before every line of sending an order, at a venue that keeps a book of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

from orders_app.models import Order
from orders_app.services import execute_order
from tests.crash.harness import Tell, Tripwire, fatal_steps, places_of, run_in_child
from tests.crash.naive import send_first
from tests.crash.venue import RememberingVenue
from tests.crash.way import broken_invariants
from tests.factories import Floor, a_roomy_desk
from workers import pipeline

Send = Callable[[int, Path], object]


def test_an_order_reaches_the_venue_once_wherever_its_sender_dies(floor: Floor, tmp_path: Path) -> None:
    """``submitting`` is committed first, so whoever comes next asks by client_order_id instead of sending again."""
    sent = _kill_senders(floor, tmp_path, _send)
    print(f"{len(sent)} kills, orders at the venue each: {sorted(set(sent))}")

    assert set(sent) == {1}
    assert broken_invariants() == []


def test_the_venue_sees_an_order_twice_that_is_sent_before_it_is_written_down(floor: Floor, tmp_path: Path) -> None:
    """The same harness on the way it is often built: one wish becomes several orders."""
    sent = _kill_senders(floor, tmp_path, send_first, every=4)
    print(f"{len(sent)} kills, orders at the venue each: {sorted(set(sent))}")

    assert max(sent) > 1


def _send(order_id: int, file: Path) -> object:
    return execute_order(order_id=order_id, broker_of=lambda account: RememberingVenue(account, file))


def _kill_senders(floor: Floor, folder: Path, send: Send, *, every: int = 1) -> list[int]:
    """How often the venue was sent each order whose first sender was killed, at every step or every so many."""
    desk = a_roomy_desk()

    def pending_order() -> int:
        desk.post(desk.alert(order_id=f"order-{Order.objects.count()}"))
        _leave_it_unsent(floor)
        return Order.objects.latest("pk").pk

    def first_sender(order_id: int, file: Path, wire: Tripwire, tell: Tell) -> None:
        with wire.armed():
            send(order_id, file)

    places = places_of(partial(first_sender, pending_order(), folder / "undisturbed"))
    counts = []
    for step in fatal_steps(places)[::every]:
        order_id, file = pending_order(), folder / f"step-{step}"
        assert run_in_child(partial(first_sender, order_id, file), fatal=step).killed
        for _ in range(3):
            floor.clock.forward(6)
            send(order_id, file)
        order = Order.objects.get(pk=order_id)
        assert order.status == "filled" or send is send_first
        counts.append(len(RememberingVenue(order.account, file).received()))
    return counts


def _leave_it_unsent(floor: Floor) -> None:
    """Decide and order, and send nothing."""
    with mock.patch.object(pipeline.orders, "execute_order"):
        floor.follow_nudges()
