"""Profit and loss, exact to the last digit."""

from __future__ import annotations

from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import pnl
from domain.positions import Direction

prices = st.decimals("0", "999999999999.99999999", places=8)
quantities = st.integers(1, 1_000_000_000)
multipliers = st.sampled_from([1, 10, 100])
directions = st.sampled_from(list(Direction))


@given(directions, quantities, prices, prices, multipliers, st.decimals("0", "1000000", places=8))
def test_gains_are_those_of_exact_fractions(direction, quantity, entry, mark, multiplier, commission):
    """Up to the largest numbers the columns hold."""
    exact = direction.sign * (Fraction(mark) - Fraction(entry)) * quantity * multiplier
    assert Fraction(pnl.unrealized(direction, quantity, entry, mark, multiplier)) == exact
    gained = pnl.realized(direction, quantity, entry, mark, multiplier, commission)
    assert Fraction(gained) == exact - Fraction(commission)


@given(quantities, prices, multipliers)
def test_value_is_that_of_exact_fractions(quantity, price, multiplier):
    """quantity x price x multiplier."""
    assert Fraction(pnl.value(quantity, price, multiplier)) == Fraction(price) * quantity * multiplier


@given(quantities, prices, quantities, prices)
def test_an_average_price_is_within_half_a_step_and_between_its_prices(quantity, price, added, added_price):
    """It is rounded once, at the eighth decimal."""
    average = pnl.average_price(quantity, price, added, added_price)
    exact = (Fraction(price) * quantity + Fraction(added_price) * added) / (quantity + added)
    assert abs(Fraction(average) - exact) <= Fraction(pnl.STEP) / 2
    assert min(price, added_price) <= average <= max(price, added_price)


@given(st.decimals("0", "1000000", places=8), st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_parts_of_a_cost_add_up_to_it(cost, parts):
    """However a holding is left in pieces, no fraction of a cent appears or is lost."""
    held, left = sum(parts), cost
    for closed in parts:
        share = pnl.part_of_cost(left, held, closed)
        assert 0 <= share <= left
        left, held = left - share, held - closed
    assert left == 0


@given(prices, st.lists(st.tuples(st.integers(1, 100), prices), min_size=1, max_size=6), multipliers)
def test_realized_gains_of_parts_are_the_cash_that_moved(entry, exits, multiplier):
    """Bought once and sold in pieces: the gains add up to what came in less what went out."""
    bought = sum(quantity for quantity, _ in exits)
    gains = sum(Fraction(pnl.realized(Direction.LONG, q, entry, price, multiplier)) for q, price in exits)
    came_in = sum(Fraction(pnl.value(q, price, multiplier)) for q, price in exits)
    assert gains == came_in - Fraction(pnl.value(bought, entry, multiplier))


def test_figures_a_person_can_check():
    """Two calls bought at 1.10 and sold at 1.35, 0.65 commission each way and contract."""
    assert pnl.unrealized(Direction.LONG, 2, Decimal("1.10"), Decimal("1.35"), 100) == 50
    assert pnl.unrealized(Direction.SHORT, 2, Decimal("1.10"), Decimal("1.35"), 100) == -50
    assert pnl.realized(Direction.LONG, 2, Decimal("1.10"), Decimal("1.35"), 100, Decimal("2.60")) == Decimal("47.40")
    assert pnl.average_price(2, Decimal("1.00"), 1, Decimal("1.10")) == Decimal("1.03333333")
    assert pnl.return_on_cost(Decimal(50), Decimal(220)) == Decimal("0.2273")
    assert pnl.return_on_cost(Decimal(50), Decimal(0)) is None


def test_a_digit_is_never_lost_in_silence():
    """Numbers beyond what the columns hold raise instead of being rounded."""
    with pytest.raises(Inexact):
        pnl.unrealized(Direction.LONG, 1, Decimal("1e-90"), Decimal("1e10"), 1)
