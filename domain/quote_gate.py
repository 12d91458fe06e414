"""The one gate every quote goes through before a decision, an order or a mark uses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from domain.feeds import TIMELY
from domain.quotes import FeedClass, Quote


@dataclass(frozen=True, slots=True)
class QuoteLimits:
    """How much doubt is too much. Ages are judged on the provider's clock.

    max_age fits a quote of the last minute; max_age_delayed replaces it for a feed that is delayed by contract. A
    spread is too wide above max_spread (fraction of the middle) unless it is below spread_floor (price): a quote of
    0.05 to 0.15 is ordinary for a cheap option. max_jump is the largest believable distance of the middle from a
    reference price, as a fraction of the reference; None looks at no reference. Where the average true range of the
    reference's bars is known, a distance of more than max_jump_ranges of them is too far as well, unless it is within
    jump_floor, a fraction again. A second provider whose middle is within witness_agrees of ours makes a jump believable.
    """

    max_age: timedelta = timedelta(seconds=90)
    max_age_delayed: timedelta = timedelta(minutes=20)
    clock_tolerance: timedelta = timedelta(seconds=5)
    max_spread: Decimal = Decimal("0.25")
    spread_floor: Decimal = Decimal("0.25")
    max_jump: Decimal | None = Decimal("0.20")
    max_jump_ranges: Decimal = Decimal(12)
    jump_floor: Decimal = Decimal("0.005")
    witness_agrees: Decimal = Decimal("0.01")


SMALLEST_PRICE: Final = Decimal("0.0001")
LARGEST_PRICE: Final = Decimal(10_000_000)  # also keeps the arithmetic below within Decimal's range
OPTION_LIMITS: Final = QuoteLimits(max_jump=None)  # an option may double in a minute
UNDERLYING_LIMITS: Final = QuoteLimits(max_spread=Decimal("0.02"), spread_floor=Decimal("0.10"))


@dataclass(frozen=True, slots=True)
class QuoteVerdict:
    """Whether a quote may be used; code is None when it may. text carries the figures that were judged."""

    good: bool
    code: str | None
    text: str


NO_QUOTE: Final = QuoteVerdict(False, "quote_missing", "no quote")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a middle is compared with: an earlier price, the average true range of its bars, another provider's quote."""

    price: Decimal | None = None
    average_range: Decimal | None = None
    witness: Quote | None = None


NO_REFERENCE: Final = Reference()


def judge(
    quote: Quote | None, *, now: datetime, limits: QuoteLimits, reference: Reference = NO_REFERENCE
) -> QuoteVerdict:
    """The first thing wrong with a quote, or that it is good. Total: never raises on odd prices."""
    if quote is None:
        return NO_QUOTE
    text = f"{quote.symbol} {quote.bid} / {quote.ask}, {_age(quote, now):.0f} s old"
    return first_fault(quote, now=now, limits=limits, reference=reference) or QuoteVerdict(True, None, text)


def first_fault(
    quote: Quote, *, now: datetime, limits: QuoteLimits, reference: Reference = NO_REFERENCE
) -> QuoteVerdict | None:
    """What judge finds wrong, and None for a good quote: for batches, where nobody reads thousands of good words."""
    found = _prices(quote) or _times(quote, now, limits)
    if found is not None:
        return found
    bid, ask = quote.bid, quote.ask
    assert bid is not None and ask is not None  # _prices refused anything else
    return _spread(bid, ask, limits) or _jump(bid, ask, reference, limits)


def _prices(quote: Quote) -> QuoteVerdict | None:
    bid, ask = quote.bid, quote.ask
    if bid is not None and ask is not None and bid.is_finite() and ask.is_finite() and 0 < bid <= ask < LARGEST_PRICE:
        return None  # as nearly all are, thousands in a batch
    for name, side in (("bid", bid), ("ask", ask)):
        if side is not None and (not side.is_finite() or abs(side) >= LARGEST_PRICE):
            return _bad("quote_not_a_number", f"{name} of {quote.symbol} is {side}, which is no price")
    if bid is None or ask is None:
        shown = f"bid {_shown(bid)}, ask {_shown(ask)}"
        code = "quote_missing" if bid is None and ask is None else "quote_one_sided"
        return _bad(code, f"{quote.symbol} has {shown}")
    if bid <= 0 or ask <= 0:
        return _bad("quote_not_positive", f"{quote.symbol} has bid {bid}, ask {ask}; both must be above 0")
    return _bad("quote_crossed", f"{quote.symbol} bid {bid} is above ask {ask}")


def _times(quote: Quote, now: datetime, limits: QuoteLimits) -> QuoteVerdict | None:
    latest = max(quote.provider_time, quote.received_at)
    if latest > now and latest > now + limits.clock_tolerance:
        ahead = (latest - now).total_seconds()
        return _bad("quote_from_future", f"{quote.symbol} is stamped {ahead:.0f} s after now, {now.isoformat()}")
    allowed = limits.max_age_delayed if quote.feed is FeedClass.DELAYED else limits.max_age
    if now - quote.provider_time <= allowed:
        return None
    age = _age(quote, now)
    return _bad("quote_stale", f"{quote.symbol} is {age:.0f} s old, allowed {allowed.total_seconds():.0f} s")


def _spread(bid: Decimal, ask: Decimal, limits: QuoteLimits) -> QuoteVerdict | None:
    spread = ask - bid
    if spread <= limits.spread_floor:
        return None
    middle = (bid + ask) / 2
    allowed = max(limits.max_spread * middle, limits.spread_floor)
    if spread <= allowed:
        return None
    share = spread / middle
    text = f"spread {spread} of {bid} / {ask} is {share:.1%} of the middle, allowed {allowed.normalize():f}"
    return _bad("quote_wide", text)


def _jump(bid: Decimal, ask: Decimal, reference: Reference, limits: QuoteLimits) -> QuoteVerdict | None:
    price = reference.price
    if limits.max_jump is None or price is None or not price.is_finite():
        return None
    if not SMALLEST_PRICE <= price < LARGEST_PRICE:
        return None
    middle = (bid + ask) / 2
    distance, allowed = abs(middle - price), _allowed_distance(price, reference.average_range, limits)
    if distance <= allowed or _is_witnessed(middle, reference.witness, limits):
        return None
    share, most = distance / price, allowed / price
    return _bad("quote_jump", f"middle {middle} is {share:.1%} away from {price}, allowed {most:.1%}")


def _allowed_distance(price: Decimal, average_range: Decimal | None, limits: QuoteLimits) -> Decimal:
    assert limits.max_jump is not None  # the caller has looked
    widest = limits.max_jump * price
    if average_range is None or not average_range.is_finite() or not 0 <= average_range < LARGEST_PRICE:
        return widest
    return min(widest, max(limits.max_jump_ranges * average_range, limits.jump_floor * price))


def _is_witnessed(middle: Decimal, witness: Quote | None, limits: QuoteLimits) -> bool:
    """The witness has passed the gate by itself."""
    seen = None if witness is None else witness.mid
    return seen is not None and seen.is_finite() and abs(seen - middle) <= limits.witness_agrees * middle


def timeliness_fault(quote: Quote, *, delayed_allowed: bool) -> QuoteVerdict | None:
    """What keeps an entry from trading on this feed, however good the prices look; exits do not ask this.

    Delayed prices are for books that allow them. Indicative ones are made up around the market, and those of the end of
    a day belong to a day that is over: no entry is made on either.
    """
    if quote.feed in TIMELY or (delayed_allowed and quote.feed is FeedClass.DELAYED):
        return None
    code = "quote_delayed" if quote.feed is FeedClass.DELAYED else "quote_not_tradable"
    return _bad(code, f"{quote.symbol} by {quote.provider} is {quote.feed.value.replace('_', ' ')}")


def _age(quote: Quote, now: datetime) -> float:
    return max((now - quote.provider_time).total_seconds(), 0.0)


def _shown(side: Decimal | None) -> str:
    return "none" if side is None else str(side)


def _bad(code: str, text: str) -> QuoteVerdict:
    return QuoteVerdict(False, code, text)
