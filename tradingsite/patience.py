"""A limit on how long this process waits for PostgreSQL, kept by this process itself.

A server that is frozen, or a machine that has stopped answering, cannot keep its own statement_timeout, and the driver
would wait for ever. The web process waits here instead, so that a webhook answers 503 in time to be sent again.
"""

from __future__ import annotations

import select
import time
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, STATUS_SETUP, set_wait_callback

# Longer than the server's own limit, whose error says more; short enough for an answer within 2.5 s.
GRACE_S: Final = 0.2
CONNECT_S: Final = 1.0
REST_S: Final = 1.0  # after a silence, nobody waits again for this long


class ServerSilent(psycopg2.OperationalError):
    """PostgreSQL has not answered in time; the connection is closed and what it was doing is unknown."""


@dataclass(slots=True)
class Patience:
    """psycopg2's wait callback. statement_s: seconds that one statement, commit or rollback may take."""

    statement_s: float
    _silent_until: float = field(default=0.0, init=False)

    def __call__(self, connection: Any) -> None:
        connecting = connection.status == STATUS_SETUP
        started = time.monotonic()
        if connecting and started < self._silent_until:
            raise ServerSilent("PostgreSQL was silent a moment ago")
        deadline = started + (CONNECT_S if connecting else self.statement_s)
        while (state := connection.poll()) != POLL_OK:
            poller = select.poll()
            poller.register(connection.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT)
            if not poller.poll(max(deadline - time.monotonic(), 0) * 1000):
                self._silent_until = time.monotonic() + REST_S
                raise ServerSilent(f"PostgreSQL has not answered for {time.monotonic() - started:.1f} s")


def install(*, statement_timeout_ms: int) -> None:
    """For every connection of this process from now on."""
    set_wait_callback(Patience(statement_timeout_ms / 1000 + GRACE_S))
