"""Views for tests of the agents: a sound one that each test changes in one place, and markets made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from domain.agents import BookLoad, Gamma, JuryView, Series, Vote, build
from domain.agents.view import EXCHANGE
from domain.indicators import Candles
from domain.indicators.hours import SessionHours
from domain.options.normal import FloatArray
from domain.positions import Direction
from domain.quotes import FeedClass, Quote
from domain.sessions import Product, SessionState

LONG, SHORT = Direction.LONG, Direction.SHORT
MINUTE_S: Final = 60
FIVE: Final = 5 * MINUTE_S
DAY: Final = 24 * 3600
BARS_A_DAY: Final = 78  # of five minutes
OPENS: Final = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)  # a Wednesday, half past nine in New York
CLOSES: Final = datetime(2026, 11, 18, 21, 0, tzinfo=UTC)
NOW: Final = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
GAMMA: Final = Gamma(
    at=NOW - timedelta(minutes=10),
    spot=100.0,
    dealers="short gamma",
    total=-2e6,
    total_later=-1e6,
    call_wall=103.0,
    put_wall=97.0,
    zero_gamma=100.0,
    put_call_volume=1.0,
    call_premium=1e6,
    put_premium=1e6,
)
BOOK: Final = BookLoad(
    open_positions=0,
    max_open_positions=10,
    positions_on_symbol=0,
    max_positions_per_symbol=2,
    exposure=0.0,
    max_exposure=10_000.0,
    loss_today=0.0,
    max_daily_loss=1_000.0,
)


def session(now: datetime = NOW, *, open: bool = True) -> SessionState:
    return SessionState(Product.EQUITY, now, open, OPENS, CLOSES)


def quote(middle: float | str, now: datetime = NOW) -> Quote:
    """A cent wide, a second old."""
    price, half = Decimal(str(middle)), Decimal("0.005")
    at = now - timedelta(seconds=1)
    return Quote("SPY", price - half, price + half, 100, 100, at, at, "test", FeedClass.REAL_TIME)


def view(**changes: Any) -> JuryView:
    """SPY at 100.00 on a Wednesday at one in New York: no bars, no snapshot, an empty book, a bullish alert."""
    fields: dict[str, Any] = {
        "now": NOW,
        "underlying": "SPY",
        "thesis": LONG,
        "quote": quote("100.00"),
        "session": session(changes.get("now", NOW)),
        "bars": None,
        "daily": None,
        "gamma": None,
        "book": BOOK,
        **changes,
    }
    return JuryView(**fields)


def of(agent: str, seen: JuryView, **parameters: object) -> Vote:
    """The agent's vote with these parameters."""
    return build(agent, parameters).vote(seen)


def book(**changes: Any) -> BookLoad:
    return replace(BOOK, **changes)


def gamma(**changes: Any) -> Gamma:
    return replace(GAMMA, **changes)


def sessions_until(day: datetime, count: int) -> list[datetime]:
    """Opens of the last ``count`` weekdays up to that one, half past nine in New York, oldest first."""
    local = day.astimezone(EXCHANGE).replace(hour=9, minute=30, second=0, microsecond=0, tzinfo=None)
    found: list[datetime] = []
    while len(found) < count:
        if local.weekday() < 5:
            found.append(local.replace(tzinfo=EXCHANGE).astimezone(UTC))
        local -= timedelta(days=1)
    return found[::-1]


def hours(opens: Sequence[datetime]) -> SessionHours:
    return SessionHours.of((at, at + timedelta(minutes=390)) for at in opens)


def five_minutes(close: ArrayLike, *, ends: datetime = NOW, half: float = 0.2, **parts: ArrayLike) -> Series:
    """Bars of five minutes of whole regular sessions, the last one over at ``ends``, each ``half`` beyond its close on both
    sides and opened at the close before. Parts (open, high, low, volume) replace what is made.
    """
    closes = np.asarray(close, dtype=np.float64)
    days = sessions_until(ends, len(closes) // BARS_A_DAY + 2)
    starts = np.concatenate([int(at.timestamp()) + FIVE * np.arange(BARS_A_DAY) for at in days])
    starts = starts[starts + FIVE <= ends.timestamp()]
    starts = starts[len(starts) - len(closes) :]
    return Series(FIVE, _candles(starts, closes, half, parts), hours(days))


def days(close: ArrayLike, *, until: datetime = NOW, half: float = 0.5, **parts: ArrayLike) -> Series:
    """Completed daily bars, midnight in New York, of the weekdays before ``until``."""
    closes = np.asarray(close, dtype=np.float64)
    opens = sessions_until(until, len(closes) + 1)[:-1]
    midnights = [at.astimezone(EXCHANGE).replace(hour=0, minute=0) for at in opens]
    starts = np.array([int(at.timestamp()) for at in midnights], dtype=np.int64)
    return Series(DAY, _candles(starts, closes, half, parts))


def walk(n: int, *, seed: int = 1, around: float = 100.0, step: float = 0.1) -> FloatArray:
    """Closes of a random walk in steps of 1/1024, which are exact, that ends at ``around``."""
    draw = np.random.default_rng(seed)
    moves = np.round(draw.normal(0.0, step, n) * 1024) / 1024
    path = np.cumsum(moves)
    return np.maximum(around + path - path[-1], 1.0)


def mirrored(series: Series, middle: float) -> Series:
    """Every price as far on the other side of the middle."""
    held = series.candles
    whole = 2.0 * middle
    candles = Candles(
        held.start, whole - held.open, whole - held.low, whole - held.high, whole - held.close, held.volume
    )
    return replace(series, candles=candles)


def _candles(starts: np.ndarray, closes: FloatArray, half: float, parts: dict[str, ArrayLike]) -> Candles:
    opens = np.asarray(parts.get("open", np.concatenate([closes[:1], closes[:-1]])), dtype=np.float64)
    high = np.asarray(parts.get("high", np.maximum(opens, closes) + half), dtype=np.float64)
    low = np.asarray(parts.get("low", np.minimum(opens, closes) - half), dtype=np.float64)
    volume = np.asarray(parts.get("volume", np.full(len(closes), 1000.0)), dtype=np.float64)
    return Candles(starts, opens, high, low, closes, volume)
