"""What one alert costs in statements and commits. Numbers, not times: they can only be changed on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection

from orders_app.models import Order
from positions_app.models import Position
from signals_app.models import Signal
from tests.factories import Floor, a_desk, a_floor
from workers import pipeline


@dataclass
class Cost:
    """Statements sent to PostgreSQL, COMMITs among them not counted, and COMMITs of transactions."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0

    def is_within(self, statements: int, commits: int) -> bool:
        return len(self.statements) <= statements and self.commits <= commits

    def told(self) -> str:
        lines = (f"{number:>3} {sql[:110]}" for number, sql in enumerate(self.statements, 1))
        return "\n".join([*lines, f"{self.commits} commits"])


@contextmanager
def counted() -> Iterator[Cost]:
    cost = Cost()
    commit = connection._commit

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        cost.statements.append(sql)
        return execute(sql, params, many, context)

    def commit_counted() -> None:
        cost.commits += 1
        commit()

    connection._commit = commit_counted
    try:
        with connection.execute_wrapper(note):
            yield cost
    finally:
        connection._commit = commit
        print(cost.told())


@pytest.fixture
def floor(transactional_db: None) -> Iterator[Floor]:
    """A floor on which the market's memory is warm, as it is in any worker that has seen one alert."""
    with a_floor() as made:
        desk = a_desk()
        desk.post(desk.alert())
        made.follow_nudges()
        yield made


def test_the_webhook_costs_four_statements_and_one_commit(floor: Floor) -> None:
    """Who sent it, which is asked once a second per sender; then event, signal and trail in one transaction."""
    desk = a_desk()
    body = desk.alert()
    with counted() as cost:
        assert desk.post(body).status_code == 202

    assert cost.is_within(statements=4, commits=1)


def test_a_second_alert_of_the_same_second_costs_less(floor: Floor) -> None:
    """The sender is known already."""
    desk = a_desk()
    desk.post(desk.alert())
    body = desk.alert(order_id="Second")
    with counted() as cost:
        assert desk.post(body).status_code == 202

    assert cost.is_within(statements=3, commits=1)


def test_from_signal_to_position_costs_four_commits(floor: Floor) -> None:
    """Decide, order, submitting, fill: each its own transaction, and nothing beside them."""
    desk = a_desk()
    desk.post(desk.alert())
    signal = Signal.objects.get(strategy=desk.strategy)
    with counted() as cost:
        pipeline.process_signal(signal.pk)

    assert Position.objects.filter(strategy=desk.strategy).exists()
    assert cost.is_within(statements=37, commits=4)


def test_an_exit_costs_three_commits(floor: Floor) -> None:
    """Exit order, submitting, fill."""
    position = Position.objects.get()
    with counted() as cost:
        pipeline.leave_position(position.pk, reason="operator", text="", actor="test")

    assert Order.objects.filter(reduce_only=True, status="filled").exists()
    assert cost.is_within(statements=27, commits=3)
