"""Counters for what leaves no row: requests that were not authenticated, or refused before they reached the database."""

from __future__ import annotations

import structlog
from redis.exceptions import RedisError

from books_app.redis import client

log = structlog.get_logger(__name__)

KEY = "webhook:refusals"


def count_refusal(code: str) -> None:
    """Add one. A lost count is only a lost count, so a missing Redis is logged and no more."""
    try:
        client().hincrby(KEY, code, 1)
    except RedisError as e:
        log.warning("refusal_not_counted", code=code, error=type(e).__name__)


def refusals() -> dict[str, int]:
    """All counters by reason code; empty when Redis is away."""
    try:
        return {str(code): int(count) for code, count in client().hgetall(KEY).items()}
    except RedisError:
        return {}
