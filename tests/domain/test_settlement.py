"""What an expired option is worth."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.positions import Direction
from domain.settlement import is_expired, settle
from domain.symbols.occ import OptionContract, Right

CALL = OptionContract("GOOG", date(2015, 12, 31), Right.CALL, Decimal(750))
PUT = OptionContract("GOOG", date(2015, 12, 31), Right.PUT, Decimal(750))


@pytest.mark.parametrize(
    ("contract", "direction", "close", "price", "cash"),
    [
        (CALL, Direction.LONG, "758.88", "8.88", "1776"),
        (CALL, Direction.SHORT, "758.88", "8.88", "-1776"),
        (PUT, Direction.LONG, "758.88", "0", "0"),
        (PUT, Direction.LONG, "740", "10", "2000"),
        (CALL, Direction.LONG, "750", "0", "0"),
    ],
)
def test_an_expired_option_is_settled_at_intrinsic_value(contract, direction, close, price, cash):
    """Two contracts of 100 shares; a short pays what the long gets."""
    settled = settle(contract, direction, 2, Decimal(close))
    assert (settled.price, settled.cash) == (Decimal(price), Decimal(cash))
    assert f"2 contracts of {contract.symbol}" in settled.text
    assert ("worthless" in settled.text) == (settled.price == 0)


@pytest.mark.parametrize("close", ["0", "-1", "NaN", "Infinity"])
def test_without_a_close_nothing_is_settled(close):
    """A missing price must not become a worthless option."""
    with pytest.raises(ValueError, match="cannot be settled"):
        settle(CALL, Direction.LONG, 1, Decimal(close))


def test_a_contract_is_expired_from_the_end_of_its_last_session():
    """Not a moment before."""
    end = datetime(2015, 12, 31, 21, tzinfo=UTC)
    assert is_expired(end, end)
    assert not is_expired(end, end - timedelta(microseconds=1))
