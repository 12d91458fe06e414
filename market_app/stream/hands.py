"""A thread for what would block an event loop: one thing at a time, always the same thread, never in the way of an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
Result = TypeVar("Result")


class _Job(Generic[Result]):
    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Result] = self._loop.create_future()

    def do(self) -> None:
        try:
            result = self._work()
        except Exception as e:  # noqa: BLE001  # whatever it is, it belongs to who asked
            self._tell(self.done.set_exception, e)
        else:
            self._tell(self.done.set_result, result)

    def _tell(self, say: Callable[[Any], None], what: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(lambda: None if self.done.done() else say(what))
        except RuntimeError:
            pass  # the loop has ended meanwhile, and nobody waits


class Hand:
    """An executor's threads would be waited for at the end of the process, whatever hangs in them; this one is not.

    The same thread serves all calls, so that it keeps its connection to the database.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        Thread(target=self._serve, name=name, daemon=True).start()

    async def do(self, work: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
        """The result of the call. Raises what it raises."""
        job = _Job(lambda: work(*args, **kwargs))
        self._jobs.put(job)
        return await job.done

    def end(self) -> None:
        """After what it is doing now; nobody waits for it."""
        self._jobs.put(None)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            close_old_connections()  # as before a request: what PostgreSQL has ended is opened anew
            job.do()
        connections.close_all()
