"""A process that goes on without its terminal, while the terminal watches it start."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

READY = b"\0"  # the last byte that the child sends; anything before it is text for the terminal


def in_background(work: Callable[[Callable[[], None]], int], *, log: Path) -> int:
    """Run ``work(ready)`` in a session of its own, and return once it calls ``ready()`` (0) or ends (its status).

    What it prints before goes to this terminal, what it prints after goes to ``log``. Ctrl-C before that stops it.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        os.close(writer)
        os._exit(_run(work, log))
    os.close(writer)
    signal.signal(signal.SIGINT, lambda *_: os.kill(child, signal.SIGTERM))
    if _copy_until_ready(reader):
        return 0
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run(work: Callable[[Callable[[], None]], int], log: Path) -> int:
    def ready() -> None:
        sys.stdout.flush()
        os.write(1, READY)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)

    try:
        status = work(ready)
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        status = error.code if isinstance(error.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def _copy_until_ready(reader: int) -> bool:
    """False when the other end closed without saying so: it has ended."""
    while block := os.read(reader, 65_536):
        text, separator, _ = block.partition(READY)
        os.write(1, text)
        if separator:
            return True
    return False
