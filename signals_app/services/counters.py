"""Counters for what leaves no row: requests refused before they reached the database, and how soon alerts are answered."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

import structlog
from redis.exceptions import RedisError

from books_app.redis import client

log = structlog.get_logger(__name__)

KEY = "webhook:refusals"
ACKS_KEY = "webhook:acks"
ACK_BOUNDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds; TradingView gives up after three
_BUCKETS = (*map(str, ACK_BOUNDS), "+Inf")


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


def count_ack(seconds: float) -> None:
    """Add one answered alert to the histogram of all web processes; lost without harm, as any count here."""
    bound = _BUCKETS[bisect_left(ACK_BOUNDS, seconds)]
    try:
        with client().pipeline(transaction=False) as together:
            together.hincrby(ACKS_KEY, bound, 1)
            together.hincrbyfloat(ACKS_KEY, "sum", seconds)
            together.execute()
    except RedisError as e:
        log.warning("ack_not_counted", error=type(e).__name__)


@dataclass(frozen=True, slots=True)
class Acks:
    """Answered alerts up to each bound in seconds, all of them last, and the sum of their seconds."""

    buckets: tuple[tuple[str, int], ...]
    seconds: float


def acks() -> Acks | None:
    """None while Redis is away."""
    try:
        found = client().hgetall(ACKS_KEY)
    except RedisError:
        return None
    up_to = accumulate(int(found.get(bound, 0)) for bound in _BUCKETS)
    return Acks(tuple(zip(_BUCKETS, up_to, strict=True)), float(found.get("sum", 0)))
