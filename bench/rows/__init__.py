"""The rows of the table, in its order. Each takes a Run and gives back its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bench.figures import Result
from bench.rows.engines import engines
from bench.rows.gex import gex
from bench.rows.history import with_old_rows
from bench.rows.marks import exits, marks
from bench.rows.memory import memory
from bench.rows.options import greeks, implied_volatility
from bench.rows.quotes import quotes
from bench.rows.replay import replay
from bench.rows.way import acks, sustained, way
from bench.rows.workers import workers
from bench.run import Run

ROWS: Final[Mapping[str, Callable[[Run], list[Result]]]] = {
    "ack": acks,
    "way": way,
    "sustained": sustained,
    "engines": engines,
    "million": with_old_rows,
    "marks": marks,
    "exits": exits,
    "workers": workers,
    "replay": replay,
    "quotes": quotes,
    "memory": memory,
    "greeks": greeks,
    "iv": implied_volatility,
    "gex": gex,
}
