"""Alpaca's feeds, and its quotes as REST and stream alike write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from domain.quotes import FeedClass, Quote
from market_app.providers import reading
from market_app.providers.access import Access

NAME: Final = "alpaca"
STOCK_FEEDS: Final[Mapping[str, FeedClass]] = {
    "iex": FeedClass.REAL_TIME,  # of one small venue: its best bid and offer are not the market's
    "sip": FeedClass.REAL_TIME,
    "delayed_sip": FeedClass.DELAYED,
}
OPTION_FEEDS: Final[Mapping[str, FeedClass]] = {
    "indicative": FeedClass.INDICATIVE,  # quotes are modified before they are sent
    "opra": FeedClass.REAL_TIME,
}
_FIRST_YEAR: Final = 2000


def feeds_of(access: Access) -> tuple[str, str]:
    """The feeds of shares and of options that an account names, the free ones where it names none. Raises ValueError."""
    stock, option = access.feed or "iex", access.option_feed or "indicative"
    if stock not in STOCK_FEEDS or option not in OPTION_FEEDS:
        raise ValueError(f"Alpaca has no feeds {stock!r} and {option!r}: {', '.join((*STOCK_FEEDS, *OPTION_FEEDS))}")
    return stock, option


def quote_of(symbol: str, row: object, *, now: datetime, feed: FeedClass) -> Quote | None:
    """A quote row {t, ap, as, bp, bs, …}; None without a time. A price of 0 means that nobody quotes that side.

    Sizes are shares or contracts: since November 2025 no longer round lots.
    """
    told = reading.obj(row)
    return reading.quote_of(
        symbol, NAME, moment(told.get("t")), now, feed,
        bid=told.get("bp"), ask=told.get("ap"), bid_size=told.get("bs"), ask_size=told.get("as"),
    )  # fmt: skip


def moment(stamp: Any) -> datetime | None:
    """UTC, cut to microseconds: of RFC 3339 text with up to nanoseconds, or of a msgpack timestamp.

    None for no time, one without a zone, and the year 1, by which Alpaca means never.
    """
    try:
        at = stamp.to_datetime() if hasattr(stamp, "to_datetime") else datetime.fromisoformat(stamp)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return None if at.tzinfo is None or at.year < _FIRST_YEAR else at.astimezone(UTC)
