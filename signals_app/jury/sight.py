"""Gathering what the agents look at: once for an alert, before any lock, from what is kept where possible.

What cannot be had is left out with a note that says why; the agents make of it what they may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from domain.agents import BookLoad, Gamma, Holding, JuryView, Series
from domain.agents.correlation import correlation
from domain.errors import MarketDataUnavailable, RuleBroken
from domain.indicators.candles import Candles
from domain.indicators.hours import SessionHours
from domain.positions import Direction
from domain.quotes import Bar
from domain.rules.view import BookView, Limits
from market_app import services as market
from market_app.memory import Derived
from market_app.models import GammaSnapshot
from market_app.services import MarketSnapshot
from market_app.snapshots import latest_snapshot
from signals_app.advice.service import advice_for

DAY_S: Final = 86_400
DAILY_BARS: Final = 260  # a year: months and their ATR
GAMMA_AT_MOST: Final = timedelta(days=4)  # over a long weekend; agents judge its age themselves
MOST_HOLDINGS: Final = 25

Found = TypeVar("Found")


class _Notes:
    """Tries one source after the other and remembers why some gave nothing."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def ask(self, field: str, ask: Callable[[], Found]) -> Found | None:
        try:
            return ask()
        except (MarketDataUnavailable, RuleBroken) as unavailable:
            self.kept[field] = unavailable.message
            return None


def look(
    snapshot: MarketSnapshot,
    *,
    thesis: Direction,
    interval_s: int,
    book: BookView,
    limits: Limits,
) -> JuryView:
    """The agents' view of the moment at which the snapshot was taken."""
    now, underlying, notes = snapshot.at, snapshot.symbol, _Notes()
    daily = notes.ask("daily", lambda: _daily(underlying, now))
    return JuryView(
        now=now,
        underlying=underlying,
        thesis=thesis,
        quote=snapshot.quote if snapshot.verdict.good else None,
        session=snapshot.session,
        bars=notes.ask("bars", lambda: _bars(snapshot, interval_s, now)),
        daily=daily,
        gamma=_gamma(underlying, now, notes.kept),
        book=_load(book, limits, underlying, daily, now),
        notes=notes.kept | ({} if snapshot.verdict.good else {"quote": snapshot.verdict.text}),
    )


def with_advice(view: JuryView, signal_id: int) -> JuryView:
    """The view with a language model's stored or new answer, or the reason why there is none."""
    advice, note = advice_for(signal_id, view)
    return replace(view, advice=advice, notes={**(view.notes or {}), "advice": note})


# As long as the very same bars are told, what is made of them is the same object.
_series: Derived[list[Bar], Series] = Derived(entries=256)
_near: Derived[Series, float | None] = Derived(entries=256)


def _bars(snapshot: MarketSnapshot, interval_s: int, now: datetime) -> Series:
    def made(bars: list[Bar]) -> Series:
        return Series(interval_s, _candles(snapshot.symbol, interval_s, bars), _hours(snapshot, bars))

    found = market.bars(snapshot.symbol, interval_s=interval_s, now=now)
    return _series.of((snapshot.symbol, interval_s), found, made)


def _daily(underlying: str, now: datetime) -> Series:
    found = market.bars(underlying, interval_s=DAY_S, count=DAILY_BARS, now=now)
    return _series.of((underlying, DAY_S), found, lambda bars: Series(DAY_S, _candles(underlying, DAY_S, bars)))


def _candles(symbol: str, interval_s: int, bars: list[Bar]) -> Candles:
    if not bars:
        raise RuleBroken("insufficient_history", f"no completed bar of {interval_s} s of {symbol}")
    return Candles.of(bars)


def _hours(snapshot: MarketSnapshot, bars: list[Bar]) -> SessionHours:
    """The regular sessions of the days that the bars are of."""
    between = market.sessions_between(snapshot.session.product, bars[0].start, snapshot.at)
    return SessionHours.of((hours.opens_at, hours.closes_at) for hours in between)


def _gamma(underlying: str, now: datetime, notes: dict[str, str]) -> Gamma | None:
    row = latest_snapshot(underlying, GAMMA_AT_MOST, now=now)
    if row is None:
        notes["gamma"] = f"no gamma snapshot of {underlying} in the last {GAMMA_AT_MOST.days} days"
        return None
    flow = row.flow or {}
    return Gamma(
        at=row.at.astimezone(UTC),
        spot=float(row.spot),
        dealers=row.dealers,
        total=float(row.total),
        total_later=float(row.total_later),
        call_premium=_premium(flow, "calls"),
        put_premium=_premium(flow, "puts"),
        **{name: _float(getattr(row, name)) for name in _LEVELS},
    )


_LEVELS: Final = (
    "call_wall",
    "put_wall",
    "zero_gamma",
    "max_pain",
    "put_call_interest",
    "put_call_volume",
    "atm_iv",
    "expected_to_close",
)
assert all(hasattr(GammaSnapshot, name) for name in _LEVELS)


def _premium(flow: Mapping[str, Any], side: str) -> float | None:
    told = flow.get(side)
    return float(told["premium"]) if isinstance(told, Mapping) and "premium" in told else None


def _float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)


def _load(book: BookView, limits: Limits, underlying: str, daily: Series | None, now: datetime) -> BookLoad:
    near = _correlations({held.underlying for held in book.positions}, underlying, daily, now)
    return BookLoad(
        open_positions=book.open_positions,
        max_open_positions=limits.max_open_positions,
        positions_on_symbol=book.positions_on(underlying),
        max_positions_per_symbol=limits.max_positions_per_symbol,
        exposure=float(book.exposure),
        max_exposure=float(limits.max_exposure),
        loss_today=float(book.loss_today),
        max_daily_loss=float(limits.max_daily_loss),
        holdings=tuple(
            Holding(held.underlying, held.thesis, float(held.cost), near.get(held.underlying))
            for held in sorted(book.positions, key=lambda held: held.position_id)[:MOST_HOLDINGS]
        ),
    )


def _correlations(held: set[str], underlying: str, daily: Series | None, now: datetime) -> dict[str, float | None]:
    """Of daily returns with the alert's underlying, by the other one's symbol; None where it is not known."""
    found: dict[str, float | None] = {}
    for symbol in sorted(held):
        if symbol == underlying:
            found[symbol] = 1.0
        elif daily is not None:
            other = _Notes().ask(symbol, lambda symbol=symbol: _daily(symbol, now))  # type: ignore[misc]
            found[symbol] = None if other is None else _correlation(underlying, daily, other)
    return found


def _correlation(underlying: str, ours: Series, theirs: Series) -> float | None:
    """Computed once for two series that are told again and again."""
    return _near.of((underlying, theirs), ours, lambda series: correlation(series.candles, theirs.candles))
