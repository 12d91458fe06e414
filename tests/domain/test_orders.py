"""The table of an order's life."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import IllegalTransition
from domain.orders import AT_VENUE, FINAL, LIVE, NEXT, OrderStatus, Side, check_step

S = OrderStatus


def test_every_status_has_its_row():
    """A status without a row could neither be left nor be called final."""
    assert set(NEXT) == set(OrderStatus)
    assert set(OrderStatus) == LIVE | FINAL
    assert not LIVE & FINAL
    assert AT_VENUE < LIVE


def test_final_statuses_are_those_an_order_ends_in():
    """Nothing leads out of them."""
    assert {S.FILLED, S.CANCELLED, S.REJECTED, S.DENIED, S.EXPIRED, S.FAILED, S.DRY_RUN} == FINAL


@pytest.mark.parametrize(("current", "following"), list(product(S, S)))
def test_a_step_is_legal_exactly_when_the_table_holds_it(current, following):
    """Every pair is walked; a refusal names both statuses."""
    if following in NEXT[current]:
        check_step(current, following)
        return
    with pytest.raises(IllegalTransition) as refused:
        check_step(current, following)
    assert refused.value.code == "illegal_transition"
    assert refused.value.message == f"an order cannot go from {current} to {following}"


def test_from_every_live_status_an_end_can_be_reached():
    """No order can be stuck for ever."""
    for status in LIVE:
        seen, reach = set(), {status}
        while reach - seen:
            seen |= reach
            reach = seen.union(*(NEXT[s] for s in seen))
        assert reach & FINAL


def test_nothing_is_denied_by_us_once_it_may_be_at_the_venue():
    """Denied means that nothing was sent."""
    assert all(S.DENIED not in NEXT[status] and S.DRY_RUN not in NEXT[status] for status in AT_VENUE)


@given(st.lists(st.sampled_from(list(S)), max_size=40))
def test_a_life_follows_the_table_and_ends_once(steps):
    """Whatever is tried in whatever order, what is final stays, and only steps of the table are taken."""
    life = [S.PENDING_EXECUTION]
    for step in steps:
        try:
            check_step(life[-1], step)
        except IllegalTransition:
            continue
        life.append(step)
    assert all(b in NEXT[a] for a, b in pairwise(life))
    assert sum(status in FINAL for status in life) <= 1


def test_sides_have_signs():
    """A buy adds to a holding, a sell takes away."""
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
