"""The way of one alert for tests: from a body to whatever became of it, in this process."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from orders_app.models import Order
from orders_app.services import EntryRequest, create_entry, find_candidate
from positions_app.models import Position
from signals_app import services as signals
from signals_app.models import Signal
from tests.factories import Desk, Floor
from workers.pipeline import entry_request
from workers.sweeps import sweep_orders, sweep_signals


def told(answer: HttpResponse) -> dict[str, Any]:
    """The body of an answer."""
    return dict(json.loads(answer.content))


def trade(desk: Desk, floor: Floor, symbol: str = "AAPL", action: str = "buy", **fields: Any) -> Signal:
    """Deliver an alert, let the workers follow every nudge, and give the signal back as it is then."""
    answer = desk.post(desk.alert(symbol, action, **fields))
    assert answer.status_code == 202, answer.content
    floor.follow_nudges()
    return Signal.objects.get(pk=told(answer)["signals"][0])


def open_a_position(desk: Desk, floor: Floor, symbol: str = "AAPL", **fields: Any) -> Position:
    """A position that an alert has opened."""
    signal = trade(desk, floor, symbol, **fields)
    assert signal.status == "ordered", (signal.reason, signal.reason_text, signal.last_error)
    return Position.objects.get(signal=signal)


def an_approved_request(desk: Desk, floor: Floor) -> EntryRequest:
    """What a worker would carry to the orders; nobody has done so yet."""
    signal_id = told(desk.post(desk.alert()))["signals"][0]
    floor.lose_nudges()
    signals.decide(signal_id=signal_id)
    plan = signals.approved_plan(signal_id)
    assert plan is not None
    return entry_request(plan)


def a_pending_order(desk: Desk, floor: Floor) -> Order:
    """An entry that has been made and not been sent."""
    request = an_approved_request(desk, floor)
    return create_entry(request=request, candidate=find_candidate(request))


def entry_of(position: Position) -> Order:
    return Order.objects.get(position=position, reduce_only=False)


def sweep(floor: Floor) -> None:
    """What beat does every five seconds."""
    sweep_signals()
    floor.follow_nudges()
    sweep_orders()
