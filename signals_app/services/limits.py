"""How many alerts a strategy may send: a token bucket in Redis, and a count of rows when Redis is away."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from books_app import clock
from books_app.redis import client
from signals_app.models import WebhookEvent

log = structlog.get_logger(__name__)

_BUCKET = """
local rate, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(state[1]) or burst
local at = tonumber(state[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local allowed = tokens >= 1
if allowed then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('EXPIRE', KEYS[1], 120)
return allowed and 1 or 0
"""


def admits(strategy_id: int, per_minute: int) -> bool:
    """Take one token of the strategy's bucket, which refills evenly over a minute. Never raises for a missing Redis."""
    bucket, rate, now = f"alerts:{strategy_id}", per_minute / 60, time.time()
    try:
        taken = client().eval(_BUCKET, 1, bucket, str(rate), str(per_minute), str(now))
    except RedisError as e:
        log.warning("bucket_without_redis", error=type(e).__name__)
        return _admits_by_rows(strategy_id, per_minute)
    return bool(taken)


def _admits_by_rows(strategy_id: int, per_minute: int) -> bool:
    since = clock.now() - timedelta(minutes=1)
    return WebhookEvent.objects.filter(strategy_id=strategy_id, received_at__gt=since).count() < per_minute
