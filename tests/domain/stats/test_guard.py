"""The guard that stops an engine which loses too much."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.stats.guard import arm_stopped

ALLOWED = Decimal(500)
AMOUNTS = st.lists(st.integers(-300, 300).map(Decimal), max_size=20)


@pytest.mark.parametrize(
    ("pnls", "stopped"),
    [([], False), (["-499.99"], False), (["-500"], True), (["200", "-699.99"], False), (["200", "-700"], True)],
)
def test_an_arm_stops_at_the_allowed_loss(pnls, stopped):
    """Counted from the start of the experiment, not from the best it had."""
    assert arm_stopped(map(Decimal, pnls), ALLOWED) is stopped


def test_a_stopped_arm_stays_stopped():
    """Profits of trades that were still open do not let it back in."""
    assert arm_stopped([Decimal(-600), Decimal(900)], ALLOWED)


@given(pnls=AMOUNTS, more=AMOUNTS)
def test_later_trades_never_undo_a_stop(pnls, more):
    """However well they went."""
    if arm_stopped(pnls, ALLOWED):
        assert arm_stopped(pnls + more, ALLOWED)


@pytest.mark.parametrize("allowed", ["0", "-1", "NaN", "Infinity"])
def test_an_allowed_loss_is_an_amount(allowed):
    """Written as a positive number; without a bound there is no guard."""
    with pytest.raises(ValueError, match="is not above 0"):
        arm_stopped([], Decimal(allowed))


def test_a_profit_that_is_no_number_is_not_passed_over():
    """It would compare as false and the guard would never stop anything again."""
    with pytest.raises(ValueError, match="cannot be guarded"):
        arm_stopped([Decimal("NaN")], ALLOWED)
