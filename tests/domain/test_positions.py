"""The table of a position's life."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import IllegalTransition
from domain.positions import NEXT, Direction, PositionStatus, check_step

P = PositionStatus


def test_every_status_has_its_row_and_only_closed_is_final():
    """A closed position never opens again: a new entry is a new row."""
    assert set(NEXT) == set(P)
    assert [status for status, following in NEXT.items() if not following] == [P.CLOSED]


@pytest.mark.parametrize(("current", "following"), list(product(P, P)))
def test_a_step_is_legal_exactly_when_the_table_holds_it(current, following):
    """Every pair is walked; a refusal names both statuses."""
    if following in NEXT[current]:
        check_step(current, following)
        return
    with pytest.raises(IllegalTransition) as refused:
        check_step(current, following)
    assert refused.value.code == "illegal_transition"
    assert refused.value.message == f"a position cannot go from {current} to {following}"


@given(st.lists(st.sampled_from(list(P)), max_size=40))
def test_a_life_follows_the_table_and_closes_once(steps):
    """An exit that ends without taking everything gives the position back to its rules."""
    life = [P.OPEN]
    for step in steps:
        if step in NEXT[life[-1]]:
            life.append(step)
    assert life.count(P.CLOSED) <= 1
    assert P.CLOSED not in life[:-1]


def test_directions_have_signs():
    """A long gains when the mark rises."""
    assert (Direction.LONG.sign, Direction.SHORT.sign) == (1, -1)
