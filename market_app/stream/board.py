"""The latest streamed price of each symbol, in Redis: ``price:<symbol>`` for a minute, told on ``price.updated.<symbol>``.

Only quotes that have passed the gate are written. The provider's own time stays with each, so whoever reads judges anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from books_app import redis
from domain.quotes import Quote
from market_app.chain import shared

KEPT: Final = timedelta(minutes=1)
FRESH: Final = timedelta(seconds=2)  # received within this time: the stream is alive, so nothing newer is known
HEALTH_KEPT: Final = timedelta(seconds=15)
_HEALTH: Final = "stream:health"

log = structlog.get_logger(__name__)


def streamed_quotes(symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
    """What the stream has told within the last two seconds, in one round trip; the rest is left out. Never raises.

    Redis away is known to the whole process for some seconds: one time-out, not one for each question.
    """
    wanted = list(symbols)
    if not wanted:
        return {}
    try:
        texts = shared.fetch([_key(symbol) for symbol in wanted])
    except shared.Alone:
        return {}
    read = {symbol: _read(text) for symbol, text in zip(wanted, texts, strict=True) if text}
    return {
        symbol: quote for symbol, quote in read.items() if quote is not None and abs(now - quote.received_at) <= FRESH
    }


def write(quotes: Mapping[str, Quote]) -> None:
    """Keep and tell these, in one round trip. Raises redis.RedisError."""
    pipeline = redis.client().pipeline(transaction=False)
    for symbol, quote in quotes.items():
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


def _key(symbol: str) -> str:
    return f"price:{symbol}"


def _read(text: str | bytes) -> Quote | None:
    """None for what another version may have written."""
    try:
        return Quote.from_json(json.loads(text))
    except ValueError:
        log.warning("price_unreadable", text=str(text)[:80])
        return None
