"""How much of everything a run does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Counts:
    """*_alerts: for each side and repetition. old_rows: signals, and as many orders. window: alerts under way at once."""

    repetitions: int
    books: int
    warm_up: int
    ack_alerts: int
    slow_alerts: int
    fast_alerts: int
    calm_alerts: int
    sustained_seconds: float
    window: int
    burst: int
    old_rows: int
    many_positions: int
    few_positions: int
    mark_repetitions: int
    io_alerts: int
    worker_processes: tuple[int, ...]
    replays: int
    option_contracts: int
    option_repetitions: int
    gex_repetitions: int
    quote_processes: int
    quote_seconds: float
    quote_repetitions: int


FULL: Final = Counts(
    repetitions=3,
    books=600,
    warm_up=30,
    ack_alerts=200,
    slow_alerts=15,
    fast_alerts=200,
    calm_alerts=60,
    sustained_seconds=5.0,
    window=24,
    burst=500,
    old_rows=1_000_000,
    many_positions=10_000,
    few_positions=1_000,
    mark_repetitions=7,
    io_alerts=60,
    worker_processes=(1, 2, 4),
    replays=3,
    option_contracts=5_000,
    option_repetitions=9,
    gex_repetitions=25,
    quote_processes=16,
    quote_seconds=30.0,
    quote_repetitions=3,
)
# Shows only that every row's code runs; its figures mean nothing.
SMOKE: Final = Counts(
    repetitions=1,
    books=10,
    warm_up=2,
    ack_alerts=4,
    slow_alerts=1,
    fast_alerts=4,
    calm_alerts=4,
    sustained_seconds=0.3,
    window=4,
    burst=6,
    old_rows=200,
    many_positions=40,
    few_positions=20,
    mark_repetitions=1,
    io_alerts=4,
    worker_processes=(1, 2),
    replays=0,
    option_contracts=50,
    option_repetitions=1,
    gex_repetitions=1,
    quote_processes=2,
    quote_seconds=0.3,
    quote_repetitions=1,
)
