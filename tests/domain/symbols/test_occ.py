"""Option symbols, built and parsed in one place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.symbols.occ import BadOptionSymbol, OptionContract, Right

_CONTRACTS = st.builds(
    OptionContract,
    root=st.from_regex(r"[A-Z][A-Z0-9]{0,5}", fullmatch=True),
    expiration=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    right=st.sampled_from(Right),
    strike=st.integers(1, 99_999_999).map(lambda thousandths: Decimal(thousandths) / 1000),
)


@given(_CONTRACTS)
def test_both_forms_come_back_as_the_contract_they_were(contract: OptionContract) -> None:
    """Writing and reading are inverse, padded or not, roots with digits included."""
    assert OptionContract.parse(contract.symbol) == OptionContract.parse(contract.padded) == contract
    assert len(contract.padded) == 21


@pytest.mark.parametrize(
    "text",
    ["", "SPY", "SPY270115X00700000", "SPY271301C00700000", "SPY270230C00700000", "SPY270115C00000000",
     "spy270115C00700000", "TOOLONG270115C00700000", "1SPY270115C00700000", "SPY270115C0070000", "SPY270115C00700000 "],
)  # fmt: skip
def test_what_is_not_an_option_symbol_is_refused(text: str) -> None:
    """With one code, whatever is wrong about it."""
    with pytest.raises(BadOptionSymbol):
        OptionContract.parse(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"root": "BRK.B"},
        {"root": ""},
        {"expiration": date(1999, 12, 31)},
        {"strike": Decimal(0)},
        {"strike": Decimal("0.0005")},
        {"strike": Decimal(100_000)},
        {"multiplier": 0},
    ],
)
def test_a_contract_that_could_not_be_written_is_refused(wrong: dict[str, object]) -> None:
    """The 21 characters bound every part of it."""
    good = {"root": "SPY", "expiration": date(2027, 1, 15), "right": Right.CALL, "strike": Decimal(700)}

    with pytest.raises(BadOptionSymbol):
        OptionContract(**{**good, **wrong})  # type: ignore[arg-type]


@given(_CONTRACTS, st.lists(st.integers(1, 99_999_999), min_size=1, max_size=5))
def test_a_ladder_is_its_contracts(contract: OptionContract, strikes: list[int]) -> None:
    """Made together they equal those made one by one: value, hash, symbol and order."""
    of, prices = (contract.root, contract.expiration, contract.right), [Decimal(strike) / 1000 for strike in strikes]
    ladder = OptionContract.ladder(*of, prices, multiplier=150)
    each = [OptionContract(*of, price, 150) for price in prices]

    assert ladder == each
    assert set(ladder) == set(each)
    assert [one.symbol for one in ladder] == [one.symbol for one in each]


@pytest.mark.parametrize("strikes", [["0", "5"], ["5", "-1"], ["5", "100000"], ["5", "5.0001", "6"]])
def test_a_ladder_with_one_bad_strike_is_refused(strikes: list[str]) -> None:
    """As that contract by itself would be; so is one of an impossible root."""
    with pytest.raises(BadOptionSymbol):
        OptionContract.ladder("SPY", date(2027, 1, 15), Right.CALL, map(Decimal, strikes))
    with pytest.raises(BadOptionSymbol):
        OptionContract.ladder("BRK.B", date(2027, 1, 15), Right.CALL, [Decimal(5)])


def test_intrinsic_value_is_never_negative() -> None:
    """A call gains above its strike, a put below."""
    call = OptionContract.parse("SPY270115C00700000")
    put = OptionContract.parse("SPY270115P00700000")

    assert [call.intrinsic(Decimal(spot)) for spot in (690, 710)] == [0, 10]
    assert [put.intrinsic(Decimal(spot)) for spot in (690, 710)] == [10, 0]
