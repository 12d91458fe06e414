"""Questions to the running servers: is each well, and what does it say? None of them changes anything."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psycopg2
import redis

PATIENCE_S: Final = 3.0
BEAT_SILENCE_S: Final = 30.0
STREAM_HEALTH: Final = "stream:health"  # as market_app.stream.board writes it, gone when it has been silent
# The lock that the one running beat holds (workers/beat.py), and when its connection last asked anything.
BEAT_ALIVE: Final = """
    SELECT extract(epoch FROM clock_timestamp() - activity.query_start)::float
      FROM pg_locks AS held JOIN pg_stat_activity AS activity USING (pid)
     WHERE held.locktype = 'advisory' AND held.granted AND activity.application_name = 'tradingsite beat guard'
       AND activity.datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Finding:
    well: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Addresses:
    database_url: str
    redis_url: str
    web_url: str
    flower_url: str


def postgres(at: Addresses) -> Finding:
    connection = psycopg2.connect(at.database_url, connect_timeout=3)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return Finding(True, f"version {cursor.fetchone()[0]}")
    finally:
        connection.close()


def valkey(at: Addresses) -> Finding:
    client = redis.Redis.from_url(at.redis_url, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S)
    try:
        client.ping()
        information = client.info("server")
        version = information.get("valkey_version") or information.get("redis_version")
        return Finding(True, f"version {version}")
    finally:
        client.close()


def web(at: Addresses) -> Finding:
    for path in ("/health", "/health/ready"):
        status, body = _get(at.web_url + path)
        if status != 200:
            return Finding(False, f"{path} answers {status}: {body[:120]}")
    return Finding(True, "alive and ready")


def worker(at: Addresses) -> Finding:
    from celery import Celery

    app = Celery(broker=at.redis_url, set_as_current=False)
    app.conf.broker_transport_options = {
        "socket_connect_timeout": PATIENCE_S,
        "socket_timeout": PATIENCE_S,
        "max_retries": 0,
    }
    try:
        answers = app.control.ping(timeout=1.0)
    finally:
        app.close()
    names = sorted(name for answer in answers for name in answer)
    return Finding(bool(names), ", ".join(names) or "no worker answers")


def beat(at: Addresses) -> Finding:
    connection = psycopg2.connect(at.database_url, connect_timeout=3)
    try:
        with connection.cursor() as cursor:
            cursor.execute(BEAT_ALIVE)
            row = cursor.fetchone()
    finally:
        connection.close()
    if row is None:
        return Finding(False, "no beat holds the lock")
    return Finding(row[0] < BEAT_SILENCE_S, f"last tick {row[0]:.0f} s ago")


def stream(at: Addresses) -> Finding:
    """Alive when it has said so lately; prices may be away all the same, and that is said."""
    client = redis.Redis.from_url(at.redis_url, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S)
    try:
        told = client.get(STREAM_HEALTH)
    finally:
        client.close()
    if not isinstance(told, bytes):
        return Finding(False, "it has not been heard of lately")
    feeds = json.loads(told)["feeds"]
    return Finding(True, ", ".join(f"{name} {_of_feed(feed)}" for name, feed in feeds.items()))


def _of_feed(feed: dict[str, Any]) -> str:
    """One connection in words: ``30 symbols``, ``not connected (auth failed)``."""
    if feed["connected"]:
        return f"{len(feed['symbols'])} symbols"
    return f"not connected ({feed['error']})" if feed["error"] else "not connected"


def flower(at: Addresses) -> Finding:
    status, _ = _get(f"{at.flower_url}/healthcheck")
    protected, _ = _get(f"{at.flower_url}/workers")
    if protected != 401:
        return Finding(False, f"answers {protected} without a password")
    return Finding(status == 200, f"answers {status}, asks for a password")


PROBES: Final[dict[str, Callable[[Addresses], Finding]]] = {
    "postgres": postgres,
    "valkey": valkey,
    "web": web,
    "worker": worker,
    "beat": beat,
    "stream": stream,
    "flower": flower,
}


def ask(name: str, at: Addresses) -> Finding:
    """Total: whatever a server does to us is a finding about it."""
    try:
        return PROBES[name](at)
    except Exception as error:  # noqa: BLE001  # every library has its own; any of them means "not well"
        return Finding(
            False, f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
        )


def _get(url: str) -> tuple[int, str]:
    """Status and body. No proxy: the address is on this machine."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read(2000).decode(errors="replace")
    except urllib.error.HTTPError as error:
        body = error.read(2000).decode(errors="replace")
        try:
            body = json.dumps(json.loads(body))
        except ValueError:
            pass
        return error.code, body
