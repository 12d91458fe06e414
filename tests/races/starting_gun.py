"""Several threads that do something at the same moment, each with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")
PATIENCE_S = 20.0


def at_once(runners: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Connect all, release all, and give what each returned or raised, in order."""
    gun = Barrier(len(runners))

    def run(runner: Callable[[], T]) -> T | Exception:
        connection.ensure_connection()
        gun.wait(PATIENCE_S)
        try:
            return runner()
        except Exception as e:  # noqa: BLE001  # it is what the test wants to look at
            return e
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(run, runners))
