"""The programs that `make up` runs beside the two servers: how each is started, and how it says that it is ready."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

QUEUES: Final = "exits,orders,signals,market,default"
WATCHED: Final = ("--task-events", "--hostname=worker@local")  # Flower's list of tasks needs the first
ALONE: Final = ("--without-mingle", "--without-gossip")  # nothing here listens to other workers; a second sooner ready


@dataclass(frozen=True, slots=True)
class Program:
    """arguments: after the environment's Python. patience: seconds between asking it to end and killing it."""

    name: str
    arguments: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 15.0

    @property
    def argv(self) -> list[str]:
        return [sys.executable, *self.arguments]


STREAM: Final = Program("stream", ("manage.py", "stream"), {"PROCESS_ROLE": "command"}, patience=3.0)


def programs(*, flower_user: str, flower_password: str, flower_port: int, stream: bool) -> tuple[Program, ...]:
    """In the order in which they are started; they are stopped in the opposite one. stream: prices are streamed."""
    celery = ("-m", "celery", "--quiet", "-A", "tradingsite")
    return (
        Program(
            "web", ("-m", "gunicorn", "-c", "python:tradingsite.gunicorn", "tradingsite.wsgi"), {"PROCESS_ROLE": "web"}
        ),
        Program(
            "worker",
            (*celery, "worker", "--pool=threads", "--concurrency=4", f"--queues={QUEUES}", *WATCHED, *ALONE),
            {"PROCESS_ROLE": "worker"},
        ),
        Program("beat", ("manage.py", "run_beat"), {"PROCESS_ROLE": "beat"}),
        *((STREAM,) if stream else ()),
        Program(
            "flower",
            (*celery, "flower", "--address=127.0.0.1", f"--port={flower_port}"),
            # The password by the environment: a command line can be read by every account of the machine.
            {"PROCESS_ROLE": "command", "FLOWER_BASIC_AUTH": f"{flower_user}:{flower_password}"},
            patience=5.0,
        ),
    )
