"""Bars made by hand, and the recorded days of SPY."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from domain.indicators import Candles
from domain.indicators.hours import SessionHours

RECORDED = Path(os.environ.get("LEAN_DATA_DIR") or Path(__file__).parents[4] / "shared/data/lean")
MINUTE = 60


def candles(high: ArrayLike, low: ArrayLike, close: ArrayLike, *, open: ArrayLike | None = None,
            volume: ArrayLike | None = None, start: ArrayLike | None = None) -> Candles:  # fmt: skip
    """A bar a minute from 1970 on unless told; opens at the close, a hundred shares each."""
    n = len(np.asarray(close))
    return Candles(
        np.arange(n) * MINUTE if start is None else np.asarray(start),
        np.asarray(close if open is None else open),
        np.asarray(high),
        np.asarray(low),
        np.asarray(close),
        np.full(n, 100.0) if volume is None else np.asarray(volume),
    )


def of_closes(closes: ArrayLike) -> Candles:
    """Bars without height."""
    return candles(closes, closes, closes)


def wandering(n: int = 300, seed: int = 7) -> Candles:
    """A random walk of prices about 100 with two equal neighbours now and then."""
    draw = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(np.round(draw.normal(0.0, 0.01, n), 3)))
    open_ = close * np.exp(draw.normal(0.0, 0.004, n))
    high = np.maximum(open_, close) * (1.0 + np.abs(draw.normal(0.0, 0.004, n)))
    low = np.minimum(open_, close) * (1.0 - np.abs(draw.normal(0.0, 0.004, n)))
    start = int(moment("2026-11-16 14:00").timestamp()) + 5 * MINUTE * np.arange(n)
    return Candles(start, open_, high, low, close, draw.integers(0, 5_000, n).astype(float))


def first(bars: Candles, n: int) -> Candles:
    """What was known when the n-th bar was over."""
    return Candles(bars.start[:n], bars.open[:n], bars.high[:n], bars.low[:n], bars.close[:n], bars.volume[:n])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days(*sessions: tuple[str, str]) -> SessionHours:
    return SessionHours.of((moment(opens), moment(closes)) for opens, closes in sessions)


def spy_days() -> tuple[list[str], Candles]:
    """Dates and daily bars of SPY, unadjusted."""
    path = RECORDED / "equity/usa/daily/spy.zip"
    if not path.exists():
        pytest.skip(f"no recorded days at {RECORDED} (set LEAN_DATA_DIR)")
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = list(csv.reader(io.StringIO(text)))
    open_, high, low, close, volume = (np.array([float(row[i]) for row in rows]) for i in range(1, 6))
    start = [int(datetime.strptime(row[0], "%Y%m%d %H:%M").replace(tzinfo=UTC).timestamp()) for row in rows]
    unit = 10_000.0
    bars = Candles(np.array(start), open_ / unit, high / unit, low / unit, close / unit, volume)
    return [row[0][:8] for row in rows], bars
