"""What all processes know together about providers, in Redis, changed by scripts so that each change is one step.

Redis's own clock is the only one that counts, so processes on several machines agree. While Redis is away every function
raises Alone at once, for a few seconds without trying again: callers then do with what their own process knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from time import monotonic
from typing import Any, Final

import structlog
from redis.commands.core import Script
from redis.exceptions import RedisError

from books_app.redis import client

log = structlog.get_logger(__name__)

TRY_AGAIN_S: Final = 5.0
PREFIX: Final = "market:"

# breaker: n failures in a row, until (ms) it is left alone, probe: whose try it is, and until when.
_ADMIT: Final = """
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
local rest = redis.call('PTTL', KEYS[2])
if rest > 0 then return {3, rest, 0} end
local b = redis.call('HMGET', KEYS[1], 'n', 'until', 'probe_until')
local failures = tonumber(b[1] or 0)
if not b[2] then return {0, 0, failures} end
if now < tonumber(b[2]) then return {2, tonumber(b[2]) - now, failures} end
if b[3] and now < tonumber(b[3]) then return {2, tonumber(b[3]) - now, failures} end
redis.call('HSET', KEYS[1], 'probe', ARGV[1], 'probe_until', now + ARGV[2])
return {1, 0, failures}
"""
# ARGV: ok, token of a probe or '', failures that open, ms left alone, ms kept, why. Gives 1 where the state changed.
_RECORD: Final = """
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
local b = redis.call('HMGET', KEYS[1], 'until', 'probe')
if ARGV[2] ~= '' then
  if b[2] ~= ARGV[2] then return 0 end
  if ARGV[1] == '1' then redis.call('DEL', KEYS[1]); return 1 end
  redis.call('HSET', KEYS[1], 'until', now + ARGV[4], 'why', ARGV[6])
  redis.call('HDEL', KEYS[1], 'probe', 'probe_until')
  redis.call('PEXPIRE', KEYS[1], ARGV[4] + ARGV[5])
  return 0
end
if b[1] then return 0 end
if ARGV[1] == '1' then redis.call('DEL', KEYS[1]); return 0 end
local failures = redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('HSET', KEYS[1], 'why', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if failures < tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], 'until', now + ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[4] + ARGV[5])
return 1
"""
# KEYS: seconds with their counts, the day's count. ARGV: credits, a minute, a day (-1: no limit), seconds looked at, force.
# Gives {0} when counted, {1, seconds} when the minute is full, {2, 0} when the day is.
_SPEND: Final = """
local now = tonumber(redis.call('TIME')[1]); local credits = tonumber(ARGV[1]); local used = 0
local counts = redis.call('HGETALL', KEYS[1]); local oldest = now
for i = 1, #counts, 2 do
  local second = tonumber(counts[i])
  if second <= now - tonumber(ARGV[4]) then redis.call('HDEL', KEYS[1], counts[i])
  else used = used + tonumber(counts[i + 1]); if second < oldest then oldest = second end end
end
if ARGV[5] == '0' then
  if tonumber(ARGV[2]) >= 0 and used + credits > tonumber(ARGV[2]) then return {1, oldest + ARGV[4] - now} end
  local today = tonumber(redis.call('GET', KEYS[2]) or 0)
  if tonumber(ARGV[3]) >= 0 and today + credits > tonumber(ARGV[3]) then return {2, 0} end
end
redis.call('HINCRBY', KEYS[1], now, credits); redis.call('EXPIRE', KEYS[1], 2 * ARGV[4])
redis.call('INCRBY', KEYS[2], credits); redis.call('EXPIRE', KEYS[2], 172800)
return {0, 0}
"""
# Marks each key that nobody holds for ARGV[2] ms; gives 1 or 0 for each.
_TAKE: Final = """
local taken = {}
for i, key in ipairs(KEYS) do
  taken[i] = redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
end
return taken
"""
_RELEASE: Final = """
for _, key in ipairs(KEYS) do if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end end
return 0
"""

_away_until = 0.0


class Alone(Exception):
    """Redis does not answer: this process knows only what it has seen itself."""


def admit(keys: Sequence[str], token: str, probe_ms: int) -> tuple[int, int, int]:
    """0 closed, 1 the one probe, 2 open, 3 the provider rests; milliseconds left of the last two; failures in a row."""
    verdict, left, failures = _run(_ADMIT, keys, token, probe_ms)
    return int(verdict), int(left), int(failures)


def record(key: str, *, ok: bool, token: str, opens_after: int, rest_ms: int, kept_ms: int, why: str) -> bool:
    """Whether this outcome opened or closed the breaker."""
    return bool(_run(_RECORD, [key], int(ok), token, opens_after, rest_ms, kept_ms, why))


def spend(
    keys: Sequence[str], credits: int, per_minute: int, per_day: int, window_s: int, *, force: bool
) -> tuple[int, int]:
    """(0, 0) when counted; (1, seconds to wait) when the minute is full; (2, 0) when the day is."""
    verdict, wait = _run(_SPEND, keys, credits, per_minute, per_day, window_s, int(force))
    return int(verdict), int(wait)


def take(keys: Sequence[str], token: str, hold_ms: int) -> list[bool]:
    return [bool(taken) for taken in _run(_TAKE, keys, token, hold_ms)]


def release(keys: Sequence[str], token: str) -> None:
    _run(_RELEASE, keys, token)


def rest(key: str, ms: int) -> None:
    _guarded(lambda: client().set(key, "1", px=max(ms, 1)))


def fetch(keys: Sequence[str]) -> list[str | None]:
    """Values of several keys in one round trip."""
    found: list[str | None] = _guarded(lambda: client().mget(keys))
    return found


def keep(values: dict[str, str], ms: int) -> None:
    """Several values in one round trip, each for so long."""

    def write() -> None:
        pipeline = client().pipeline(transaction=False)
        for key, value in values.items():
            pipeline.set(key, value, px=max(ms, 1))
        pipeline.execute()

    _guarded(write)


def hash_of(key: str) -> dict[str, str]:
    found: dict[str, str] = _guarded(lambda: client().hgetall(key))
    return found


def away() -> bool:
    """Whether this process has given Redis up for the moment."""
    return monotonic() < _away_until


def forget() -> None:
    """Try Redis again at the next question."""
    global _away_until
    _away_until = 0.0


def _run(script: str, keys: Sequence[str], *arguments: Any) -> Any:
    return _guarded(lambda: _registered(script)(keys=list(keys), args=arguments, client=client()))


def _guarded(ask: Any) -> Any:
    global _away_until
    if away():
        raise Alone
    try:
        return ask()
    except RedisError as failed:
        _away_until = monotonic() + TRY_AGAIN_S
        log.warning("market_data_without_redis", error=f"{type(failed).__name__}: {failed}"[:200], seconds=TRY_AGAIN_S)
        raise Alone from failed


@cache
def _registered(script: str) -> Script:
    return Script(None, script.encode())  # type: ignore[arg-type]  # the client is given at each call: it may be another
