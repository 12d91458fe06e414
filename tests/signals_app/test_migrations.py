"""What strategies were told before a change of their columns holds after it, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import a_book

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("signals_app", "0003_fewer_indexes"), ("signals_app", "0006_no_contract_columns")
BY_POLICY, BY_BOOK = AFTER, ("signals_app", "0007_nearest_strike_to_the_book")


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
        to_the_newest()


def to_the_newest() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] == "signals_app"])


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


def test_a_book_allows_what_a_policy_of_its_strategies_allowed():
    """Books of other strategies do not; the way back allows it to the policies that such a book's strategies use."""
    ours, theirs = a_book().pk, a_book().pk
    then = migrate(BY_POLICY)
    try:
        policies = then.get_model("signals_app", "SelectionPolicy").objects
        strategies = then.get_model("signals_app", "Strategy").objects
        for name, book, allowed in (("a", ours, True), ("b", ours, False), ("c", theirs, False)):
            policy = policies.create(name=name, nearest_allowed=allowed)
            strategies.create(name=name, account_id=book, allowed_symbols=["*"], selection_policy=policy)

        books = migrate(BY_BOOK).get_model("books_app", "Account").objects
        assert dict(books.values_list("pk", "nearest_strike")) == {ours: True, theirs: False}

        migrate(BY_POLICY)
        assert dict(policies.values_list("name", "nearest_allowed")) == {"a": True, "b": True, "c": False}
    finally:
        strategies.all().delete()
        to_the_newest()
