"""Telling whether an answer is true, by the market behind the fakes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from domain.quote_gate import OPTION_LIMITS, UNDERLYING_LIMITS, judge
from domain.quotes import Bar, FeedClass, Quote
from market_app.capabilities import Capability
from tests.fakes import market
from tests.fakes.faults import Fault

C, F = Capability, Fault
INTERVALS: Final = (60, 300, 900, 1_800, 3_600, market.DAY_S)


def untrue(answer: Any, capability: Capability, now: datetime, fault: Fault | None = None) -> list[str]:
    """What in an answer about AAPL is neither true nor refused by the gate."""
    today = now.astimezone(market.NEW_YORK).date()
    match capability:
        case C.QUOTES | C.OPTION_QUOTES:
            found = {symbol: quote for symbol, quote in answer.items() if believed(quote, now, fault)}
            return [str(quote) for symbol, quote in found.items() if quote.symbol != symbol or not is_true(quote)]
        case C.CHAIN:
            true = {*market.listed("AAPL", today), *market.adjusted(today)}
            return [str(contract) for contract in answer if contract not in true]
        case C.ACTIVITY:
            return [
                symbol
                for symbol, told in answer.items()
                if market.contract_of(symbol, today).root not in ("AAPL", market.ADJUSTED_ROOT)
                or any(part not in (None, true) for part, true in zip(told, market.true_activity(symbol), strict=True))
            ]
        case C.BARS:
            return [str(bar) for bar in answer if not any(bar == a_bar("AAPL", bar.start, i) for i in INTERVALS)]
        case C.SESSION:
            return [] if answer is market.is_open(now) else [f"the market is {answer}"]


def a_bar(symbol: str, start: datetime, interval_s: int) -> Bar | None:
    return next(iter(market.true_bars(symbol, interval_s, start, start + timedelta(seconds=1))), None)


def believed(quote: Quote, now: datetime, fault: Fault | None) -> bool:
    """Whether anybody would act on it: a book that the gate lets through, or a last price where there is no book.

    Beside a price known before, a hundredfold one is refused for its distance; here that is left to who asks with ABSURD.
    """
    is_option = quote.symbol not in market.UNDERLYINGS
    middle = quote.mid if quote.bid is not None and quote.ask is not None else quote.last
    if fault is F.ABSURD and middle is not None and _is_far(quote.symbol, middle, now):
        return False
    if judge(quote, now=now, limits=OPTION_LIMITS if is_option else UNDERLYING_LIMITS).good:
        return True
    return quote.bid is None and quote.ask is None and quote.last is not None and quote.provider_time <= now


def _is_far(symbol: str, price: Decimal, now: datetime) -> bool:
    true = market.true_quote(symbol, now).last
    return not price.is_finite() or abs(price - true) > true


def is_true(quote: Quote) -> bool:
    """Every figure is that of the second that the provider stamped on it."""
    if quote.feed is FeedClass.END_OF_DAY:
        return quote.last == market.closing_price(quote.symbol, quote.provider_time.astimezone(market.NEW_YORK).date())
    truth = market.true_quote(quote.symbol, quote.provider_time)
    names = ("bid", "ask", "bid_size", "ask_size", "last")
    return all(getattr(quote, name) in (None, getattr(truth, name)) for name in names)


def last_bars(interval_s: int, count: int, now: datetime) -> list[Bar]:
    """Of AAPL, ended by then."""
    days = 60 if interval_s == market.DAY_S else 10
    bars = market.true_bars("AAPL", interval_s, now - timedelta(days=days), now)
    return [bar for bar in bars if market.end_of(bar, interval_s) <= now][-count:]
