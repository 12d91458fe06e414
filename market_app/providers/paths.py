"""Simulated prices: a deterministic path for each seed, symbol and UTC day, continuous from one day to the next.

The level at a day's start is a sum of noises of doubling period, so that any day is known without walking through
those before it. Within a day a Brownian bridge joins the two levels; its variance, like the volume, is high at both
ends of the day and low in the middle.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import Final

import numpy as np

from domain.options.normal import FloatArray
from market_app.providers.listing import UNDERLYINGS

DAY_S: Final = 86_400
MINUTES: Final = 1_440
_OCTAVES: Final = 9  # the longest noise has a period of 256 days
_SQRT_THREE: Final = math.sqrt(3.0)
_U_SHAPE: Final[FloatArray] = 0.45 + 1.65 * (2.0 * (np.arange(MINUTES) + 0.5) / MINUTES - 1.0) ** 2
_SHARES: Final[FloatArray] = _U_SHAPE / _U_SHAPE.sum()  # of a day's variance and volume, by minute
_SAMPLES: Final[FloatArray] = np.linspace(0.0, 1.0, 7)  # places within a minute where high and low are looked for


def busy(minute: int) -> float:
    """How busy a minute of the day is; 1 on average, about 2 at both ends and half of one in the middle."""
    return float(_SHARES[minute]) * MINUTES


def price_at(seed: int, symbol: str, moment: float) -> float:
    """Price at a moment in unix seconds, moving between the minutes too."""
    day, second = divmod(moment, DAY_S)
    minute, rest = divmod(second, 60.0)
    path, _ = day_path(seed, symbol, int(day))
    mark = int(minute)
    return float(_within(path[mark : mark + 1], path[mark + 1 : mark + 2], np.array([rest / 60.0]))[0])


def minute_bars(seed: int, symbol: str, first: int, last: int) -> tuple[FloatArray, FloatArray]:
    """Minutes first <= m < last, counted since 1970: prices at seven places of each, shape (n, 7), and volume, (n,)."""
    first_day, last_day = first // MINUTES, (last - 1) // MINUTES
    days = [day_path(seed, symbol, day) for day in range(first_day, last_day + 1)]
    starts = np.concatenate([path[:-1] for path, _ in days])
    ends = np.concatenate([path[1:] for path, _ in days])
    volume = np.concatenate([traded for _, traded in days])
    wanted = slice(first - first_day * MINUTES, last - first_day * MINUTES)
    return _within(starts[wanted, None], ends[wanted, None], _SAMPLES[None, :]), volume[wanted]


@lru_cache(maxsize=512)
def day_path(seed: int, symbol: str, day: int) -> tuple[FloatArray, FloatArray]:
    """Prices at the 1,441 minute marks of a day (counted since 1970-01-01), and the volume of its 1,440 minutes."""
    underlying = UNDERLYINGS[symbol]
    before, after = (_level(seed, symbol, underlying.vol, boundary) for boundary in (day, day + 1))
    draw = np.random.default_rng(_hashed(seed, symbol, "day", day))
    steps = draw.standard_normal(MINUTES) * np.sqrt(_SHARES)
    walked = np.concatenate(([0.0], np.cumsum(steps)))
    passed = np.concatenate(([0.0], np.cumsum(_SHARES)))
    bridge = (walked - passed * walked[-1]) * underlying.vol / math.sqrt(365.0)
    path = underlying.base * np.exp(before + passed * (after - before) + bridge)
    volume = underlying.volume * _SHARES * np.exp(0.35 * draw.standard_normal(MINUTES)) * (0.7 + 0.4 * np.abs(steps))
    path.flags.writeable = volume.flags.writeable = False
    return path, np.floor(volume)


def _within(start: FloatArray, end: FloatArray, part: FloatArray) -> FloatArray:
    """Between two minute marks: a straight line and a small ripple, whose phase and height follow from the marks."""
    phase = np.mod(start * 1e4, 1.0)
    ripple = (0.3 * np.abs(end - start) + 2e-5 * start) * 4.0 * part * (1.0 - part)
    moved: FloatArray = start + part * (end - start) + ripple * np.sin(2.0 * math.pi * (3.0 * part + phase))
    return moved


@lru_cache(maxsize=4_096)
def _level(seed: int, symbol: str, vol: float, day: int) -> float:
    """Log of the level at a day's start, relative to the base; its daily changes have about the symbol's volatility."""
    daily = vol / math.sqrt(365.0)
    total = 0.0
    for octave in range(_OCTAVES):
        period = 2**octave
        index, place = divmod(day, period)
        here, there = (_uniform(seed, symbol, octave, mark) for mark in (index, index + 1))
        total += 0.5 * daily * math.sqrt(period) * (here + (there - here) * place / period)
    return total


def _uniform(seed: int, symbol: str, octave: int, index: int) -> float:
    """Mean 0, variance 1."""
    return (_hashed(seed, symbol, f"octave {octave}", index) / 2**64 * 2.0 - 1.0) * _SQRT_THREE


def _hashed(seed: int, symbol: str, what: str, index: int) -> int:
    text = f"{seed}|{symbol}|{what}|{index}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
