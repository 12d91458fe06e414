"""The fill model of the paper venue: what an order gets against one good quote.

Buys pay the ask and sells get the bid, up to the size quoted there. Nothing is better than the quote unless the policy
says ``mid``, and a limit price is kept whatever the policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal, get_args

from domain.orders import OrderType, Side
from domain.quotes import Quote
from domain.sizing import BadPolicy

FillPrice = Literal["touch", "mid", "touch_plus"]


@dataclass(frozen=True, slots=True)
class FillPolicy:
    """How a book's paper fills are priced.

    touch: at the quote. mid: in the middle, rounded to the tick against us. touch_plus: beyond the quote by slippage, a
    fraction from 0 to below 1 that only this one uses. commission is money per contract, price_tick quote currency.
    Raises BadPolicy.
    """

    price: FillPrice = "touch"
    slippage: Decimal = Decimal(0)
    commission: Decimal = Decimal(0)
    price_tick: Decimal = Decimal("0.01")

    def __post_init__(self) -> None:
        if self.price not in get_args(FillPrice):
            raise BadPolicy(f"fill price {self.price!r} is none of {', '.join(get_args(FillPrice))}")
        if not self.slippage.is_finite() or not 0 <= self.slippage < 1:
            raise BadPolicy(f"slippage {self.slippage} is not a fraction from 0 to below 1")
        if not self.commission.is_finite() or self.commission < 0:
            raise BadPolicy(f"commission {self.commission} is not 0 or more")
        if not self.price_tick.is_finite() or self.price_tick <= 0:
            raise BadPolicy(f"price tick {self.price_tick} is not above 0")


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill. quantity in contracts, price per share, commission for all of the quantity."""

    quantity: int
    price: Decimal
    commission: Decimal = Decimal(0)


def match(
    side: Side,
    order_type: OrderType,
    limit_price: Decimal | None,
    remaining: int,
    quote: Quote,
    policy: FillPolicy,
    *,
    taken: int = 0,
) -> Execution | None:
    """What ``remaining`` contracts of an order get on this quote; None when it rests.

    A limit order rests until the quote touches its price: a buy until the ask is at or below it. taken is what earlier
    fills have had of this very quote, so that its size is not given out twice. A size of None is a provider that tells
    none and limits nothing. quote has passed the quote gate. Raises ValueError for a limit order without a price.
    """
    touch, size = (quote.ask, quote.ask_size) if side is Side.BUY else (quote.bid, quote.bid_size)
    if touch is None or touch <= 0:
        return None
    if order_type is OrderType.LIMIT and limit_price is None:
        raise ValueError("a limit order needs a limit price")
    limit = limit_price if order_type is OrderType.LIMIT else None
    if limit is not None and side.sign * (touch - limit) > 0:
        return None
    quantity = remaining if size is None else min(remaining, size - taken)
    if quantity <= 0:
        return None
    price = _price(side, touch, quote, policy)
    if limit is not None:
        price = min(price, limit) if side is Side.BUY else max(price, limit)
    return Execution(quantity, price, policy.commission * quantity)


def worst_price(side: Side, touch: Decimal, policy: FillPolicy) -> Decimal:
    """The price a marketable order has to reckon with at that quote: what an entry is sized and reserved by."""
    return _slipped(side, touch, policy) if policy.price == "touch_plus" else touch


def _price(side: Side, touch: Decimal, quote: Quote, policy: FillPolicy) -> Decimal:
    middle = quote.mid
    if policy.price != "mid" or middle is None:
        return worst_price(side, touch, policy)
    rounded = _to_tick(side, middle, policy.price_tick)
    # A quote between ticks: rounding the middle must not end beyond the touch.
    return min(rounded, touch) if side is Side.BUY else max(rounded, touch)


def _slipped(side: Side, touch: Decimal, policy: FillPolicy) -> Decimal:
    price = _to_tick(side, touch * (1 + side.sign * policy.slippage), policy.price_tick)
    # The cheapest options: a sell does not slip to a price of zero.
    return price if price > 0 else min(policy.price_tick, touch)


def _to_tick(side: Side, price: Decimal, tick: Decimal) -> Decimal:
    """Rounded against us: up for a buy, down for a sell."""
    ticks = (price / tick).to_integral_value(ROUND_CEILING if side is Side.BUY else ROUND_FLOOR)
    return ticks * tick
