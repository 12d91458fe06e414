"""The latest streamed price of each symbol, in Redis: ``price:<symbol>`` for a minute, told on ``price.updated.<symbol>``.

Only quotes that have passed the gate are written, and one is taken away when the stream has told of a newer one that has
not. The provider's own time stays with each, so whoever reads judges anew.

A price counts for two seconds by itself. It counts longer where the stream tells that it is subscribed to the symbol
without a break since before it was received, and hears its market: then nothing newer was told.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

import structlog

from books_app import redis
from domain.quote_gate import OPTION_LIMITS, UNDERLYING_LIMITS, first_fault
from domain.quotes import Quote
from market_app.chain import shared
from market_app.interface import as_contract

KEPT: Final = timedelta(minutes=1)
FRESH: Final = timedelta(seconds=2)  # received within this time, whatever has become of the stream
VOUCHED: Final = timedelta(seconds=15)  # received within this time, where the stream vouches for it
ALIVE: Final = timedelta(seconds=4)  # it tells of itself each second
HEARS: Final = timedelta(seconds=5)  # since the last quote of any symbol: longer, and the line may be deaf
HEALTH_KEPT: Final = timedelta(seconds=15)
_HEALTH: Final = "stream:health"
_NO_TIME: Final = timedelta()

log = structlog.get_logger(__name__)


def streamed_quotes(symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
    """What the stream has told that still counts, in one round trip; the rest is left out. Never raises.

    Redis away is known to the whole process for some seconds: one time-out, not one for each question.
    """
    wanted = list(symbols)
    if not wanted:
        return {}
    try:
        health, *texts = shared.fetch([_HEALTH, *map(_key, wanted)])
    except shared.Alone:
        return {}
    read = {symbol: _read(text) for symbol, text in zip(wanted, texts, strict=True) if text}
    since = _vouched_since(health, now) if read else {}
    return {
        symbol: quote
        for symbol, quote in read.items()
        if quote is not None and _counts(symbol, quote, since.get(symbol), now)
    }


def _counts(symbol: str, quote: Quote, since: datetime | None, now: datetime) -> bool:
    """since: the stream vouches for what was received after it; None where it does not vouch."""
    age = now - quote.received_at
    if abs(age) <= FRESH:
        return True
    if since is None or quote.received_at < since or not _NO_TIME <= age <= VOUCHED:
        return False
    limits = UNDERLYING_LIMITS if as_contract(symbol) is None else OPTION_LIMITS
    return first_fault(quote, now=now, limits=limits) is None


def write(quotes: Mapping[str, Quote | None]) -> None:
    """Keep and tell these, and take away what is None, in one round trip. Raises redis.RedisError."""
    pipeline = redis.client().pipeline(transaction=False)
    for symbol, quote in quotes.items():
        if quote is None:
            pipeline.delete(_key(symbol))
            continue
        text = json.dumps(quote.as_json())
        pipeline.set(_key(symbol), text, px=KEPT)
        pipeline.publish(f"price.updated.{symbol}", text)
    pipeline.execute()


def write_health(state: Mapping[str, Any]) -> None:
    """What the stream says of itself; gone some seconds after it has ended. Raises redis.RedisError."""
    redis.client().set(_HEALTH, json.dumps(state), px=HEALTH_KEPT)


def health() -> dict[str, Any] | None:
    """What a running stream last said of itself, None where none runs. Raises redis.RedisError."""
    text = redis.client().get(_HEALTH)
    return dict(json.loads(text)) if isinstance(text, str) else None


class _Told(NamedTuple):
    """One feed by its own word, as far as prices hang on it."""

    at: datetime
    silence: timedelta  # at that moment
    subscribed: Mapping[str, datetime]  # since when


def _vouched_since(health: str | None, now: datetime) -> dict[str, datetime]:
    """The symbols of the feeds that are alive and hear something, with the moment since when nothing was missed."""
    return {
        symbol: since
        for feed in (_feeds(health) if health else ())
        if abs(now - feed.at) <= ALIVE and now - feed.at + feed.silence <= HEARS
        for symbol, since in feed.subscribed.items()
    }


@lru_cache(maxsize=1)
def _feeds(health: str) -> list[_Told]:
    """Read once a second by each process. Empty for what another version may have written."""
    try:
        told = json.loads(health)
        at = datetime.fromisoformat(told["at"])
        return [
            _Told(
                at,
                timedelta(seconds=feed["silence_s"]),
                {symbol: datetime.fromisoformat(since) for symbol, since in feed["subscribed"].items()},
            )
            for feed in told["feeds"].values()
            if feed["connected"] and feed["silence_s"] is not None
        ]
    except (ValueError, LookupError, TypeError, AttributeError):
        return []


def _key(symbol: str) -> str:
    return f"price:{symbol}"


def _read(text: str | bytes) -> Quote | None:
    """None for what another version may have written."""
    try:
        return Quote.from_json(json.loads(text))
    except ValueError:
        log.warning("price_unreadable", text=str(text)[:80])
        return None
