"""What a strategy chose by its own columns survives as a policy, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import a_book

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("signals_app", "0003_fewer_indexes"), ("signals_app", "0006_no_contract_columns")


def migrate(target: tuple[str, str]):
    """The models as they are at that migration."""
    MigrationExecutor(connection).migrate([target])
    return MigrationExecutor(connection).loader.project_state([target]).apps


@pytest.fixture
def back_then() -> Iterator[object]:
    apps = migrate(BEFORE)
    try:
        yield apps
    finally:
        apps.get_model("signals_app", "Strategy").objects.all().delete()
        migrate(AFTER)


def test_choices_become_policies_that_strategies_share_and_come_back(back_then):
    """One row for each different choice, none stricter than before; the way back restores every column."""
    book = a_book().pk
    strategies = back_then.get_model("signals_app", "Strategy").objects
    choices = {
        "a": ("atm", 2, 1, Decimal("0.400")),
        "b": ("atm", 2, 1, Decimal("0.400")),
        "c": ("otm", 7, 3, Decimal("0.400")),
        "d": ("delta", 0, 1, Decimal("0.150")),
    }
    for name, (strike, days, steps, delta) in choices.items():
        strategies.create(
            name=name, account_id=book, allowed_symbols=["*"], strike_policy=strike, min_days_to_expiry=days,
            strike_steps=steps, strike_delta=delta,
        )  # fmt: skip

    now = migrate(AFTER)

    rows = {row.name: row.selection_policy for row in now.get_model("signals_app", "Strategy").objects.all()}
    assert rows["a"] == rows["b"]
    assert {row.name for row in rows.values()} == {"atm-from-2-days", "otm-3-from-7-days", "delta-0150-from-0-days"}
    assert (rows["c"].strike, rows["c"].min_days, rows["c"].otm_steps) == ("otm", 7, 3)
    assert (rows["d"].delta_target, rows["d"].delta_min, rows["d"].min_open_interest) == (
        Decimal("0.150"),
        Decimal("0.010"),
        0,
    )
    migrate(BEFORE)
    columns = ("name", "strike_policy", "min_days_to_expiry", "strike_steps", "strike_delta")
    assert {row[0]: row[1:] for row in strategies.values_list(*columns)} == choices
