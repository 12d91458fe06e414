"""More worker processes on a market that takes its time: each should add its share until the cores are full."""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Final

import psutil

from bench import books
from bench.figures import Comparison, Result
from bench.ground import PATIENCE_S, environment
from bench.run import DESK, Run
from bench.sender import Request
from bench.sites import worker_flags

REPETITIONS: Final = 2
OF_POSSIBLE: Final = 0.8  # of what twice as many processes could bring with the cores that half as many leave idle
FALLS_BELOW: Final = 0.95  # of what half as many reach: noise is not a fall


def workers(run: Run) -> list[Result]:
    """The worker that `make up` starts, once, twice and four times, each number on a backlog of its own size."""
    numbers = run.counts.worker_processes
    rates: dict[int, list[float]] = {number: [] for number in numbers}
    busy: dict[int, float] = dict.fromkeys(numbers, 0.0)
    alerts = books.requests(run.counts.books)
    repetitions = min(run.counts.repetitions, REPETITIONS)
    for repetition, number in itertools.product(range(repetitions), numbers):
        run.tell(f"{_processes(number)}, {repetition + 1} of {repetitions}")
        backlog = list(itertools.islice(alerts, run.counts.io_alerts * number))
        rate, share = _drained(run, f"{repetition}-{number}", number, backlog)
        rates[number].append(rate)
        busy[number] = max(share, busy[number])
    return [_step(fewer, more, rates, busy) for fewer, more in itertools.pairwise(numbers)]


def _step(fewer: int, more: int, rates: dict[int, list[float]], busy: dict[int, float]) -> Comparison:
    possible = min(more / fewer, 1 / busy[fewer]) if busy[fewer] else more / fewer
    return Comparison(
        "workers",
        f"alerts/s on slow quotes, {_processes(more)}",
        "/s",
        rates[more],
        rates[fewer],
        round(max(FALLS_BELOW, OF_POSSIBLE * possible), 2),
        at_least=True,
        floor_is=_processes(fewer),
        note=f"cores busy: {busy[fewer]:.0%} with {fewer}, {busy[more]:.0%} with {more}",
    )


def _drained(run: Run, name: str, number: int, backlog: Sequence[Request]) -> tuple[float, float]:
    """Alerts a second from the first nudge to the last position, and the share of all cores that was busy meanwhile."""
    from books_app import nudges
    from positions_app.models import Position

    signal_ids = _taken_in(backlog)
    names = [f"io-{name}-{index}" for index in range(number)]
    children = [_worker(run, each) for each in names]
    try:
        _await(lambda: all("ready." in run.ground.log_of(each) for each in names), names, run)
        before = Position.objects.count()
        psutil.cpu_percent()
        began = time.perf_counter()
        for signal_id in signal_ids:
            nudges.send("workers.signals.process_signal", signal_id)
        _await(lambda: Position.objects.count() - before >= len(backlog), names, run)
        return len(backlog) / (time.perf_counter() - began), psutil.cpu_percent() / 100
    finally:
        for child in children:
            run.ground.stop(child)


def _taken_in(backlog: Sequence[Request]) -> list[int]:
    """Stored as the webhook does it; gives the signals, which no worker has been told of yet."""
    from books_app import clock
    from signals_app.services.intake import Delivery, receive_tradingview

    receipts = [
        receive_tradingview(request.path.split("/")[-2], Delivery(request.body(), None, clock.now()))
        for request in backlog
    ]
    return [signal_id for receipt in receipts for signal_id in receipt.new_signal_ids]


def _worker(run: Run, name: str) -> subprocess.Popen[bytes]:
    own = environment(run.ground.database_url(DESK), os.environ["REDIS_URL"], 8000)
    flags = [flag for flag in worker_flags() if not flag.startswith("--hostname")]
    arguments = ["-m", "celery", "-A", "bench.slow", *flags, f"--hostname={name}@bench"]
    return run.ground.spawn(name, arguments, {**own, "PROCESS_ROLE": "worker"})


def _await(reached: Callable[[], bool], names: Sequence[str], run: Run) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise RuntimeError("workers got stuck:\n" + "\n".join(run.ground.log_of(name) for name in names))
        time.sleep(0.02)


def _processes(number: int) -> str:
    return "1 process" if number == 1 else f"{number} processes"
