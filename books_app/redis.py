"""One careful Redis client for the process. Redis holds nothing that cannot be rebuilt: callers must bear its absence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from redis import ConnectionError, Redis

TIMEOUT_SECONDS = 0.25  # a webhook has less than three seconds in all


_detached = False


def client() -> Redis:
    """Connects on first use only. Every call may raise redis.RedisError."""
    if _detached:
        raise ConnectionError("this process lives without Redis")
    return _connected_client()


@contextmanager
def detached() -> Iterator[None]:
    """Live as if Redis were away: a replay must not touch what the running system counts there."""
    global _detached
    before = _detached
    _detached = True
    try:
        yield
    finally:
        _detached = before


@cache
def _connected_client() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        decode_responses=True,
    )
