"""One alert's way: how soon it is answered, how soon its position is committed, how many a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from bench.figures import Comparison, Result, percentile
from bench.run import Run
from bench.sites import Site

T = TypeVar("T")

FAST, SLOW = 20.0, 1.0  # alerts a second
P50, P99 = 0.5, 0.99
ONE_INSERT = "bare Django view, one INSERT, one publish"
THREE_TASKS = "three empty Celery tasks, one commit each"


def acks(run: Run) -> list[Result]:
    """With the worker running, as in life: it takes its share of the cores."""
    ours, floor = run.ours(), run.floor()
    run.started(ours, floor)
    taken: dict[str, list[list[float]]] = {ours.name: [], floor.name: []}
    for repetition in range(run.counts.repetitions):
        for site in (ours, floor):
            run.tell(f"{site.name} {repetition + 1} of {run.counts.repetitions}")
            answered = site.sender.paced(site.take(run.counts.ack_alerts), FAST)
            site.await_done(answered)
            taken[site.name].append([ack.ms for ack in answered])
    return percentiles("ack", "ack at 20/s", taken[ours.name], taken[floor.name], {P50: 1.5, P99: 2.0}, ONE_INSERT)


def way(run: Run) -> list[Result]:
    ours, floor = run.ours(), run.floor()
    run.started(ours, floor)
    slow = _slowly(run, ours, floor)
    fast = in_turn(run, partial(paced, run.counts.fast_alerts, FAST), ours, floor)
    return [
        *percentiles("way", "alert to position at 1/s", *slow, {P50: 1.5, P99: 2.5}, THREE_TASKS),
        *percentiles("way", "alert to position at 20/s", *fast, {P50: 1.5, P99: 2.5}, THREE_TASKS),
    ]


def sustained(run: Run) -> list[Result]:
    ours, floor = run.ours(), run.floor()
    run.started(ours, floor)
    rates = in_turn(run, partial(closed_loop, run), ours, floor)
    bursts = in_turn(run, partial(_burst, run.counts.burst), ours, floor)
    note = f"at most {run.counts.window} alerts under way: sent as fast as they are worked off"
    burst = f"burst of {run.counts.burst} drained"
    compared = partial(Comparison, "sustained", reach=0.5, at_least=True, floor_is=THREE_TASKS)
    return [
        compared("alerts/s without a backlog", "/s", *rates, note=note),
        compared(burst, "/s", *bursts),
    ]


def in_turn(run: Run, measure: Callable[[Site], T], first: Site, second: Site) -> tuple[list[T], list[T]]:
    """A B A B …: whatever else the machine does meets both alike."""
    taken: tuple[list[T], list[T]] = ([], [])
    for repetition in range(run.counts.repetitions):
        for site, own in zip((first, second), taken, strict=True):
            run.tell(f"{site.name} {repetition + 1} of {run.counts.repetitions}")
            own.append(measure(site))
    return taken


def _slowly(run: Run, first: Site, second: Site) -> tuple[list[list[float]], list[list[float]]]:
    """Both at once, half a second apart: at one alert a second neither is in the other's way."""
    taken: tuple[list[list[float]], list[list[float]]] = ([], [])
    for repetition in range(run.counts.repetitions):
        run.tell(f"one a second, {repetition + 1} of {run.counts.repetitions}")
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(paced, run.counts.slow_alerts, SLOW, first)
            time.sleep(0.5 / SLOW)
            other = pool.submit(paced, run.counts.slow_alerts, SLOW, second)
            taken[0].append(one.result())
            taken[1].append(other.result())
    return taken


def paced(count: int, per_second: float, site: Site) -> list[float]:
    answered = site.sender.paced(site.take(count), per_second)
    site.await_done(answered)
    return site.latencies(answered)


def closed_loop(run: Run, site: Site) -> float:
    """Alerts a second, from the first arrival to the last commit."""
    before = site.last_id()
    answered = site.sender.windowed(
        site.requests,
        done=lambda: site.done_after(before),
        window=run.counts.window,
        seconds=run.counts.sustained_seconds,
    )
    site.await_done(answered)
    return len(answered) / site.commit_times(answered)[-1]


def _burst(count: int, site: Site) -> float:
    answered = site.sender.at_once(site.take(count))
    site.await_done(answered)
    return count / site.commit_times(answered)[-1]


def percentiles(
    row: str,
    what: str,
    ours: Sequence[Sequence[float]],
    floor: Sequence[Sequence[float]],
    reach: dict[float, float],
    floor_is: str,
) -> list[Result]:
    return [
        Comparison(
            row,
            f"{what}, p{share * 100:.0f}",
            "ms",
            [percentile(values, share) for values in ours],
            [percentile(values, share) for values in floor],
            limit,
            floor_is=floor_is,
        )
        for share, limit in reach.items()
    ]
