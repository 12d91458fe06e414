"""`make down`: stop what `make up` started, and nothing else."""

from __future__ import annotations

import os
import signal
import time
from typing import Final

from local import state
from local.console import Step, say
from local.state import State

PATIENCE_S: Final = 90.0


def down() -> int:
    """0 when nothing of ours runs any more."""
    state.prepare_folders()
    known = State.read()
    asked = known.running
    if asked and known.supervisor is not None:
        with Step("stopping everything") as step:
            os.kill(known.supervisor.pid, signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE_S
            while known.supervisor.alive() and time.monotonic() < deadline:
                step.progress(", ".join(State.read().processes) or "almost done")
                time.sleep(0.1)
    left = state.sweep(known)
    if left:
        say(f"  ! ended {left} processes that had been left")
    remaining = state.leftovers(known)
    if remaining or (asked and known.running):
        say(f"Still running: {', '.join(str(mark.pid) for mark in remaining)}")
        return 1
    say("Stopped; `make up` goes on with the same data." if asked or left else "Nothing was running.")
    return 0
