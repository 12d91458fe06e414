"""A small world that holds every kind of row, made by the real services."""

from __future__ import annotations

from datetime import timedelta

from orders_app import services as orders
from positions_app import services as positions
from positions_app.models import Position
from risk_app import services as risk
from tests.factories import Floor, a_desk, seed_exit_rules
from tests.signals_app.jury.stand_ins import Loyal, only
from workers import pipeline
from workers.operations import sweep


def live_through_some_days(floor: Floor) -> None:
    """Held, closed, settled, reversed and half-filled positions, refusals, a halt, a schedule run, an alert with its shadow."""
    seed_exit_rules()
    desk = a_desk(limits={"max_open_positions": 6, "max_exposure": 10_000, "max_exposure_per_position": 2_000})
    twice = desk.alert("AAPL")
    for body in (
        twice,
        twice,
        desk.alert("MSFT"),
        desk.alert("MSFT", order_id="Again"),
        desk.alert("TSLA", price="NaN"),
    ):
        desk.post(body)
    floor.follow_nudges()

    floor.market.option_factor = floor.market.option_factor / 3  # the stop loss leaves both
    floor.clock.forward(60)
    positions.refresh_marks()
    pipeline.monitor_exits()
    floor.market.option_factor *= 3

    desk.post(desk.alert("GOOG"))
    floor.follow_nudges()
    expiring = Position.objects.get(underlying="GOOG")
    floor.clock.at = floor.market.at = expiring.expires_at + timedelta(hours=2)
    pipeline.expire_and_settle()

    desk.post(desk.alert("NVDA"))
    floor.follow_nudges()
    desk.post(desk.alert("NVDA", action="sell", sentiment="short"))  # a reversal
    floor.follow_nudges()
    risk.halt_book(account_id=desk.account.pk, reason="lunch", actor="test")
    desk.post(desk.alert("SPY"))
    floor.follow_nudges()
    risk.resume_book(account_id=desk.account.pk, actor="test")

    thin = a_desk(account=desk.account, sizing_value=3)
    floor.market.size = 1
    thin.post(thin.alert("JPM"))
    thin.post(thin.alert("NFLX"))
    floor.follow_nudges()
    floor.clock.forward(6)
    partly = Position.objects.get(underlying="NFLX")
    orders.create_exit(position_id=partly.pk, reason="operator", text="", actor="test")
    positions.refresh_marks()
    sweep()

    with only(Loyal):  # an alert that both engines trade
        both = a_desk()
        both.post(both.alert("AMZN"))
        floor.follow_nudges()
