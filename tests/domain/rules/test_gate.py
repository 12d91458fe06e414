"""The gate: the engine's limits again, with the order's cost, on the book as it is under its lock."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import OrderDenied
from domain.reasons import REASONS
from domain.rules import Limits, gate
from tests.domain.rules.builders import LONG, SHORT, book, held, order


def ask(in_book, limits=None, *, cost="600", underlying="GOOG", allow_adding=False, thesis=LONG):
    return gate(
        in_book,
        limits or Limits(),
        cost=Decimal(cost),
        underlying=underlying,
        allow_adding=allow_adding,
        thesis=thesis,
    )


def test_an_ordinary_order_passes_and_leaves_its_figures():
    """Every result is there to be stored with the order."""
    results = {r.code: r.text for r in ask(book())}
    assert results["max_exposure"] == "exposure 0.00 of 10,000.00, this order 600.00 more"
    assert results["reversal_not_flat"] == "0 put positions and 0 entry orders against it on GOOG"
    assert len(results) == 10
    assert set(results) <= set(REASONS)


@pytest.mark.parametrize(
    ("in_book", "changes", "code", "text"),
    [
        (book(status="halted"), {}, "book_halted", "book paper is halted"),
        (
            book(held(1, SHORT)),
            {},
            "reversal_not_flat",
            "1 put positions and 0 entry orders against it on GOOG",
        ),
        (
            book(orders=(order(7, LONG),)),
            {"thesis": SHORT},
            "reversal_not_flat",
            "0 call positions and 1 entry orders against it on GOOG",
        ),
        (book(held(1)), {}, "position_open", "1 open position and 0 entry orders on GOOG in book paper"),
        (book(), {"limits": Limits(max_open_positions=0)}, "max_open_positions", "0 of 0 positions open"),
        (
            book(held(1)),
            {"allow_adding": True, "limits": Limits(max_positions_per_symbol=1)},
            "max_positions_per_symbol",
            "1 of 1 positions on GOOG",
        ),
        (
            book(),
            {"cost": "1000.01"},
            "max_exposure_per_position",
            "this order costs 1,000.01 of 1,000.00 per position",
        ),
        (
            book(held(1, cost=Decimal(9400), underlying="TWX")),
            {"cost": "600.01"},
            "max_exposure",
            "exposure 9,400.00 of 10,000.00, this order 600.01 more",
        ),
        (
            book(cash=Decimal(800), orders=(order(underlying="TWX"),)),
            {},
            "insufficient_cash",
            "this order costs 600.00, free cash is 500.00 of 800.00",
        ),
        (
            book(realized_today=Decimal(-1000)),
            {},
            "max_daily_loss",
            "lost 1,000.00 of 1,000.00 today (realized -1,000.00, unrealized 0.00)",
        ),
        (book(orders_last_minute=30), {}, "max_orders_per_minute", "30 of 30 orders in the last minute"),
        (book(), {"cost": "0"}, "size_zero", "an order that costs 0 cannot be reserved for"),
        (book(), {"cost": "NaN"}, "size_zero", "an order that costs NaN cannot be reserved for"),
    ],
)
def test_the_gate_denies_with_code_and_figures(in_book, changes, code, text):
    """The first condition that fails is raised."""
    with pytest.raises(OrderDenied) as denied:
        ask(in_book, **changes)
    assert (denied.value.code, denied.value.message) == (code, text)
    assert code in REASONS


def test_a_limit_may_be_filled_to_the_last_cent():
    """What fits exactly fits."""
    assert ask(book(held(1, cost=Decimal(9000), underlying="TWX"), cash=Decimal(1000)), cost="1000")


def test_without_a_thesis_the_other_side_is_not_asked_about():
    """A caller that trades one side only need not name it."""
    results = ask(book(held(1, SHORT)), allow_adding=True, thesis=None)
    assert "reversal_not_flat" not in {r.code for r in results}
