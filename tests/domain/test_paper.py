"""What the paper venue gives for a quote."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.errors import RuleBroken
from domain.orders import OrderType, Side
from domain.paper import Execution, FillPolicy, match, worst_price
from domain.quotes import FeedClass, Quote

BUY, SELL = Side.BUY, Side.SELL
MARKET, LIMIT = OrderType.MARKET, OrderType.LIMIT
NOW = datetime(2015, 12, 24, 15, tzinfo=UTC)
TOUCH, MID = FillPolicy(), FillPolicy("mid")
WORSE = FillPolicy("touch_plus", slippage=Decimal("0.05"))


def quote(bid: str | None = "1.00", ask: str | None = "1.10", sizes: tuple[int | None, int | None] = (5, 7)) -> Quote:
    sides = [None if side is None else Decimal(side) for side in (bid, ask)]
    return Quote("GOOG151231C00750000", *sides, *sizes, NOW, NOW, "test", FeedClass.RECORDED)


def filled(side: Side, limit: str | None = None, *, policy: FillPolicy = TOUCH, of: Quote | None = None, **more: int):
    asked = {"remaining": 3, "taken": 0, **more}
    limit_price = None if limit is None else Decimal(limit)
    kind = MARKET if limit is None else LIMIT
    return match(side, kind, limit_price, asked["remaining"], of or quote(), policy, taken=asked["taken"])


@pytest.mark.parametrize(
    ("side", "policy", "price"),
    [
        (BUY, TOUCH, "1.10"),
        (SELL, TOUCH, "1.00"),
        (BUY, MID, "1.05"),
        (SELL, MID, "1.05"),
        (BUY, WORSE, "1.16"),  # 1.155 rounded against the buyer
        (SELL, WORSE, "0.95"),
    ],
)
def test_a_market_order_gets_the_price_its_policy_says(side, policy, price):
    """The touch, the middle, or beyond the touch."""
    assert filled(side, policy=policy) == Execution(3, Decimal(price))


@pytest.mark.parametrize(("side", "available"), [(BUY, 7), (SELL, 5)])
def test_no_more_is_filled_than_is_quoted(side, available):
    """The rest stays with the order, and a quote already used up gives nothing again."""
    assert filled(side, remaining=50).quantity == available
    assert filled(side, remaining=50, taken=available - 1).quantity == 1
    assert filled(side, taken=available) is None


def test_a_size_of_zero_gives_nothing_and_an_unknown_size_limits_nothing():
    """Some providers tell no sizes at all."""
    assert filled(BUY, of=quote(sizes=(0, 0))) is None
    assert filled(BUY, of=quote(sizes=(None, None)), remaining=50).quantity == 50


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("price", [None, "0"])
def test_a_side_that_nobody_quotes_fills_nothing(side, price):
    """Nothing is invented where there is no bid or ask."""
    assert filled(side, of=quote(bid=price, ask=price)) is None


@pytest.mark.parametrize(
    ("side", "limit", "price"),
    [
        (BUY, "1.09", None),
        (BUY, "1.10", "1.10"),
        (BUY, "1.50", "1.10"),
        (SELL, "1.01", None),
        (SELL, "1.00", "1.00"),
        (SELL, "0.50", "1.00"),
    ],
)
def test_a_limit_order_rests_until_the_quote_touches_it(side, limit, price):
    """Then it gets the quote, which may be better than its limit."""
    expected = None if price is None else Execution(3, Decimal(price))
    assert filled(side, limit) == expected


@pytest.mark.parametrize(("side", "limit"), [(BUY, "1.12"), (SELL, "0.98")])
def test_slippage_ends_at_the_limit_price(side, limit):
    """A limit is a limit whatever the policy."""
    assert filled(side, limit, policy=WORSE).price == Decimal(limit)


def test_a_limit_within_the_spread_rests_even_where_fills_are_at_the_middle():
    """Price improvement is for orders that are marketable."""
    assert filled(BUY, "1.06", policy=MID) is None
    assert filled(BUY, "1.10", policy=MID).price == Decimal("1.05")


def test_a_middle_without_two_sides_is_the_touch():
    """An exit must not fail for want of an ask."""
    assert filled(SELL, policy=MID, of=quote(ask=None)).price == Decimal("1.00")


@pytest.mark.parametrize(
    ("side", "policy", "price"),
    [(BUY, MID, "0.055"), (SELL, MID, "0.051"), (SELL, WORSE, "0.04")],
)
def test_a_quote_between_ticks_is_rounded_against_us_and_never_past_the_touch(side, policy, price):
    """0.051 to 0.055 with ticks of one cent."""
    assert filled(side, policy=policy, of=quote("0.051", "0.055")).price == Decimal(price)


def test_a_cheap_option_is_not_sold_for_nothing():
    """Slippage from one cent would end at zero."""
    assert filled(SELL, policy=WORSE, of=quote("0.01", "0.02")).price == Decimal("0.01")
    assert filled(SELL, policy=WORSE, of=quote("0.005", "0.02")).price == Decimal("0.005")


def test_commission_is_for_every_contract_filled():
    """Not for those that rest."""
    assert filled(BUY, policy=FillPolicy(commission=Decimal("0.65")), remaining=9).commission == Decimal("4.55")


def test_an_entry_reckons_with_the_worst_price_of_its_policy():
    """What is reserved covers what may be filled."""
    assert worst_price(BUY, Decimal("1.10"), WORSE) == Decimal("1.16")
    assert worst_price(BUY, Decimal("1.10"), MID) == Decimal("1.10")


def test_a_limit_order_without_a_price_is_a_mistake():
    """It must not be taken for a market order."""
    with pytest.raises(ValueError, match="limit price"):
        match(BUY, LIMIT, None, 1, quote(), TOUCH)


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"price": "best"}, "fill price 'best' is none of touch, mid, touch_plus"),
        ({"slippage": Decimal(1)}, "slippage 1 is not a fraction from 0 to below 1"),
        ({"slippage": Decimal("NaN")}, "slippage NaN is not a fraction from 0 to below 1"),
        ({"commission": Decimal(-1)}, "commission -1 is not 0 or more"),
        ({"commission": Decimal("NaN")}, "commission NaN is not 0 or more"),
        ({"price_tick": Decimal(0)}, "price tick 0 is not above 0"),
        ({"price_tick": Decimal("Infinity")}, "price tick Infinity is not above 0"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(policy, text):
    """Its code is bad_policy and the message names the value."""
    with pytest.raises(RuleBroken) as broken:
        FillPolicy(**policy)
    assert (broken.value.code, broken.value.message) == ("bad_policy", text)


cents = st.decimals("0.001", "50", places=3)
sizes = st.none() | st.integers(0, 100)


@given(
    side=st.sampled_from(list(Side)),
    limit=st.none() | cents,
    bid=cents,
    ask=cents,
    both=st.tuples(sizes, sizes),
    remaining=st.integers(1, 200),
    taken=st.integers(0, 100),
    kind=st.sampled_from(["touch", "mid", "touch_plus"]),
    slippage=st.decimals("0", "0.99", places=2),
)
def test_no_fill_beats_the_quote_its_size_or_its_limit(side, limit, bid, ask, both, remaining, taken, kind, slippage):
    """Only the policy mid improves, and never beyond the middle; every price is above zero."""
    assume(bid <= ask)
    seen = quote(str(bid), str(ask), both)
    policy = FillPolicy(kind, slippage)
    order_type = MARKET if limit is None else LIMIT
    result = match(side, order_type, limit, remaining, seen, policy, taken=taken)
    if result is None:
        return
    touch, size = (ask, both[1]) if side is BUY else (bid, both[0])
    best = (bid + ask) / 2 if kind == "mid" else touch
    assert side.sign * (result.price - best) >= 0
    assert limit is None or side.sign * (limit - result.price) >= 0
    assert 0 < result.quantity <= remaining
    assert size is None or result.quantity <= size - taken
    assert result.price > 0
    if kind != "touch_plus":
        assert side.sign * (touch - result.price) >= 0  # and never worse than the touch
