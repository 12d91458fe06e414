"""Before each request and task Django asks whether a kept connection still works, by a SELECT 1: a sixth of a webhook."""

from __future__ import annotations

import select

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper


class DatabaseWrapper(PostgresWrapper):
    def is_usable(self) -> bool:
        """A server that went away has left word on the socket: an end, and before it perhaps a reason.

        One that vanished without a word is found by tcp_user_timeout and the statement's own limit.
        """
        if self.connection is None or self.connection.closed:
            return False
        return not self._has_word_waiting() or super().is_usable()

    def _has_word_waiting(self) -> bool:
        poller = select.poll()
        poller.register(self.connection.fileno(), select.POLLIN)
        return bool(poller.poll(0))
