"""How many contracts, and the arithmetic when it is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import OrderDenied, RuleBroken
from domain.quantities import contracts, share_of_contracts
from domain.rules import BookView, Limits, WorkingOrder
from domain.sizing import SizingPolicy, size
from tests.domain.rules.builders import LONG

RICH = BookView("paper", "active", Decimal(1_000_000))
WIDE = Limits(max_exposure=Decimal(1_000_000), max_exposure_per_position=Decimal(1_000_000))


def sized(kind: str, value: str, *, price: str = "2.50", limits: Limits = WIDE, book: BookView = RICH, **more: Decimal):
    policy = SizingPolicy(kind, Decimal(value), **more)
    return size(policy, price=Decimal(price), multiplier=100, commission=Decimal("0.65"), limits=limits, book=book)


@pytest.mark.parametrize(
    ("kind", "value", "quantity"),
    [
        ("fixed", "3", 3),
        ("notional", "1000", 3),  # 250.65 each
        ("risk", "500", 3),  # half of 250 and two commissions: 126.30 each
        ("risk", "126.30", 1),
    ],
)
def test_the_policy_says_how_many(kind, value, quantity):
    """With room enough the wish is what is bought, and its cost includes commission."""
    result = sized(kind, value)
    assert (result.quantity, result.cost) == (quantity, quantity * Decimal("250.65"))
    assert result.arithmetic.startswith(f"{contracts(quantity)}: one contract costs 2.50 x 100 + 0.65 = 250.65; {kind}")


@pytest.mark.parametrize(
    ("limits", "book", "quantity"),
    [
        (Limits(), RICH, 3),
        (Limits(max_exposure_per_position=Decimal(600)), RICH, 2),
        (Limits(max_exposure=Decimal(300)), RICH, 1),
        (WIDE, BookView("paper", "active", Decimal(520)), 2),
        (
            WIDE,
            BookView("p", "active", Decimal(800), entry_orders=(WorkingOrder(1, "TWX", LONG, Decimal(300), False),)),
            1,
        ),
    ],
)
def test_limits_exposure_and_cash_clamp_the_wish(limits, book, quantity):
    """Cash that resting entries count on is not free."""
    assert sized("fixed", "50", limits=limits, book=book).quantity == quantity


def test_nothing_that_fits_is_a_refusal_with_the_arithmetic():
    """The reader sees which figure was too small."""
    with pytest.raises(OrderDenied) as denied:
        sized("risk", "100", limits=Limits())
    assert denied.value.code == "size_zero"
    assert denied.value.message == (
        "0 contracts: one contract costs 2.50 x 100 + 0.65 = 250.65; risk 100.00 at 126.30 lost per contract at the"
        " stop is 0; limits allow 3 (per position 1,000.00), 39 (exposure left 10,000.00), 3989 (free cash"
        " 1,000,000.00)"
    )


def test_an_overdrawn_book_buys_nothing():
    """Negative room is no room."""
    with pytest.raises(OrderDenied, match="size_zero"):
        sized("fixed", "1", book=BookView("paper", "active", Decimal(-100)))


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_a_price_that_is_none_is_refused(price):
    """Nothing can be divided by it."""
    with pytest.raises(OrderDenied, match="size_zero"):
        sized("fixed", "1", price=price)


@pytest.mark.parametrize(
    ("kind", "value", "more", "text"),
    [
        ("half", "1", {}, "sizing 'half' is none of fixed, risk, notional"),
        ("fixed", "0", {}, "sizing value 0 is not above 0"),
        ("fixed", "NaN", {}, "sizing value NaN is not above 0"),
        ("fixed", "1.5", {}, "1.5 is not a whole number of contracts"),
        ("risk", "100", {"stop_fraction": Decimal(0)}, "stop fraction 0 is not above 0 and up to 1"),
        ("risk", "100", {"stop_fraction": Decimal("Infinity")}, "stop fraction Infinity is not above 0 and up to 1"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(kind, value, more, text):
    """Its code is bad_policy and the message names the value."""
    with pytest.raises(RuleBroken) as broken:
        SizingPolicy(kind, Decimal(value), **more)
    assert (broken.value.code, broken.value.message) == ("bad_policy", text)


money = st.decimals("0", "20000", places=2)


@given(
    kind=st.sampled_from(["fixed", "risk", "notional"]),
    value=st.integers(1, 5000),
    price=st.decimals("0.01", "500", places=2),
    cash=st.decimals("-1000", "20000", places=2),
    per_position=money,
    exposure=money,
    reserved=money,
)
def test_no_size_costs_more_than_any_limit(kind, value, price, cash, per_position, exposure, reserved):
    """Whatever the policy wants, the cost stays within position limit, exposure left and free cash."""
    book = BookView("p", "active", cash, entry_orders=(WorkingOrder(1, "TWX", LONG, reserved, False),))
    limits = Limits(max_exposure=exposure, max_exposure_per_position=per_position)
    try:
        result = sized(kind, str(value), price=str(price), limits=limits, book=book)
    except OrderDenied as denied:
        assert denied.code == "size_zero"
        return
    assert result.quantity >= 1
    assert result.cost == result.quantity * (price * 100 + Decimal("0.65"))
    assert result.cost <= min(per_position, exposure - reserved, cash - reserved)


@given(held=st.integers(-3, 1000), fraction=st.decimals("0", "5", places=6))
def test_a_share_is_at_least_one_contract_and_never_more_than_held(held, fraction):
    """Nothing held: nothing."""
    share = share_of_contracts(held, fraction)
    assert 0 <= share <= max(held, 0)
    assert (share >= 1) == (held > 0)


@pytest.mark.parametrize(("held", "fraction", "share"), [(3, "0.5", 2), (4, "0.5", 2), (5, "0.1", 1), (3, "1", 3)])
def test_a_share_is_rounded_half_up(held, fraction, share):
    """Half of three contracts is two: when in doubt, the smaller rest."""
    assert share_of_contracts(held, Decimal(fraction)) == share
