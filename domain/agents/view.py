"""What the agents look at: one frozen picture of the market and the book, made once for each alert.

Everything in it was known at ``now``. What could not be had is None and never a number that stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.indicators.candles import Candles
from domain.indicators.hours import SessionHours
from domain.positions import Direction
from domain.quotes import Quote
from domain.sessions import SessionState

EXCHANGE: Final = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Series:
    """Completed bars of one interval; hours are the regular sessions that they fall in, for bars within a day."""

    interval_s: int
    candles: Candles
    hours: SessionHours | None = None

    def age_s(self, now: datetime) -> float:
        """Seconds since the last bar was completed; infinite without bars."""
        if not len(self.candles):
            return float("inf")
        return now.timestamp() - (int(self.candles.start[-1]) + self.interval_s)


@dataclass(frozen=True, slots=True)
class Gamma:
    """The option chain's last snapshot. Exposures in dollars of delta for a move of one percent, levels in price.

    dealers: "long gamma", "short gamma" or "neutral". total_later leaves out today's expiry. Ratios are puts for each
    call; call_premium and put_premium in dollars; None where volumes are unknown.
    """

    at: datetime
    spot: float
    dealers: str
    total: float
    total_later: float
    call_wall: float | None = None
    put_wall: float | None = None
    zero_gamma: float | None = None
    max_pain: float | None = None
    put_call_interest: float | None = None
    put_call_volume: float | None = None
    call_premium: float | None = None
    put_premium: float | None = None
    atm_iv: float | None = None
    expected_to_close: float | None = None

    def age_s(self, now: datetime) -> float:
        return (now - self.at).total_seconds()


@dataclass(frozen=True, slots=True)
class Holding:
    """One position of the book. thesis LONG is bullish; cost in money.

    correlation: of the daily returns of its underlying with the alert's, -1 to 1; None where it is not known.
    """

    underlying: str
    thesis: Direction
    cost: float
    correlation: float | None = None


@dataclass(frozen=True, slots=True)
class BookLoad:
    """How full the book is, the entry not counted. Money in the book's currency, loss_today positive for a loss."""

    open_positions: int
    max_open_positions: int
    positions_on_symbol: int
    max_positions_per_symbol: int
    exposure: float
    max_exposure: float
    loss_today: float
    max_daily_loss: float
    holdings: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What a language model answered to the question of this alert; asked before, stored, and only read here."""

    at: datetime
    model: str
    action: str
    bias: str
    confidence: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class JuryView:
    """One alert's view. thesis: the way the alert wants to go, LONG buys a call.

    bars: of the alert's interval, up to 200. daily: completed daily bars, up to 400, so without today. notes: why what is
    None could not be had, by field.
    """

    now: datetime
    underlying: str
    thesis: Direction
    quote: Quote | None
    session: SessionState
    bars: Series | None
    daily: Series | None
    gamma: Gamma | None
    book: BookLoad
    advice: Advice | None = None
    notes: Mapping[str, str] | None = None

    @property
    def spot(self) -> float | None:
        """Middle of the underlying's quote; None without a two-sided one."""
        middle = None if self.quote is None else self.quote.mid
        return None if middle is None else float(middle)

    @property
    def to_close(self) -> timedelta:
        return timedelta(seconds=self.session.seconds_to_close)

    def why_missing(self, field: str) -> str:
        """For an abstention: what was tried for this field."""
        return (self.notes or {}).get(field, f"{field} is not known")
