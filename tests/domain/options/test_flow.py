"""What was traded today, by side, and which of it is out of the ordinary."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.options.flow import Flow, SideFlow, Traded, summarise
from domain.symbols.occ import OptionContract, Right

FRIDAY = date(2026, 12, 18)


def traded(
    strike: int, right: Right, volume: int, held: int | None, middle: float | None = 1.0, multiplier: int = 100
) -> Traded:
    contract = OptionContract("SPY", FRIDAY, right, Decimal(strike), multiplier)
    return Traded(contract, volume, held, middle)


def test_volume_and_premium_add_up_by_side():
    """Premium is volume times middle times what a contract delivers; what has no middle is told apart."""
    flow = summarise(
        [
            traded(100, Right.CALL, 10, 500, 2.5),
            traded(105, Right.CALL, 4, 500, None),
            traded(95, Right.PUT, 3, 500, 1.2, multiplier=10),
            traded(90, Right.PUT, 0, 500, 9.9),
        ]
    )
    assert flow.contracts_traded == 3
    assert flow.calls == SideFlow(volume=14, premium=pytest.approx(2_500.0), unpriced=4)
    assert flow.puts == SideFlow(volume=3, premium=pytest.approx(36.0), unpriced=0)
    assert flow.put_call_ratio == pytest.approx(3 / 14)


def test_without_calls_there_is_no_ratio():
    """Nor with nothing at all."""
    assert summarise([traded(95, Right.PUT, 3, 5)]).put_call_ratio is None
    nothing = SideFlow(0, 0.0, 0)
    assert summarise([]) == Flow(0, nothing, nothing, ())


def test_unusual_is_more_than_was_open():
    """Fifty contracts at least, the highest ratio first, and before it what nobody held; an unknown is not a zero."""
    rows = [
        traded(100, Right.CALL, 150, 100),
        traded(101, Right.CALL, 400, 100),
        traded(102, Right.CALL, 100, 100),
        traded(103, Right.CALL, 49, 1),
        traded(104, Right.PUT, 60, 0),
        traded(105, Right.PUT, 80, 0),
        traded(106, Right.PUT, 900, None),
    ]
    found = summarise(rows).unusual
    assert [(int(row.contract.strike), row.ratio) for row in found] == [
        (105, None),
        (104, None),
        (101, 4.0),
        (100, 1.5),
    ]


def test_the_list_ends_where_it_is_told_to():
    """At its ten first, or as many as asked for; equal ones in the contracts' order."""
    rows = [traded(strike, Right.CALL, 100, 10) for strike in range(120, 100, -1)]
    assert [int(row.contract.strike) for row in summarise(rows).unusual] == list(range(101, 111))
    assert len(summarise(rows, top=3).unusual) == 3
    assert summarise(rows, least=101).unusual == ()
    assert summarise(rows, ratio=10.0).unusual == ()
