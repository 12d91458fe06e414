"""Whether the book can carry one more position, and this one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from domain.agents.reading import DAY_S, Missing, ages, days_of
from domain.agents.registry import Agent, register
from domain.agents.view import BookLoad, Holding, JuryView, Series
from domain.agents.vote import MOST_REASONS, Action, Bias, Figure, Vote
from domain.indicators.bands import atr, bollinger
from domain.parameters import check_range

REGULAR_SESSION_S: Final = 23_400.0  # the trading of a day, for scaling ranges by the square root of time
BARS_NEEDED: Final = 20  # Bollinger's; ATR needs 14
HIGHEST: Final = 100.0


class Part(NamedTuple):
    """One component of the score. use: 0 to 1, None where unknown; known: the part of it that could be seen, 0 to 1."""

    name: str
    points: int
    use: float | None
    text: str
    known: float = 1.0


class Ranges(NamedTuple):
    """How far prices range in a day, in percent of price."""

    atr: float
    band_width: float
    source: str


class Concentration(NamedTuple):
    """share: of the cost of holdings whose correlation is known, 0 to 1; known: their part of all cost; names: concentrated."""

    share: float
    known: float
    names: tuple[str, ...]
    unknown: tuple[str, ...]


@register
@dataclass(frozen=True, slots=True)
class Risk(Agent):
    """A score of 0 (an empty book in a calm market) to 100, and a veto.

    Score: open positions (20 points) and exposure (20) against their limits, today's loss against its limit (25), the
    underlying's daily range (20: half ATR 14, half the width of Bollinger's 20, 2, each in percent of price and from its
    low to its high threshold), and concentration (15): the share of exposure in holdings whose correlation with the
    alert's underlying, times the signs of both theses, is over ``correlated``; a holding of the same underlying counts 1.
    What is unknown is left out, and the score is of what is known. Daily bars are used; without them the alert's, scaled
    to a day by the square root of time.

    Veto: a score over ``veto_over``, any limit reached, or a critical factor: an ATR of ``critical_atr`` percent a day, or
    a move of ``critical_move`` ATRs since yesterday's close. Otherwise it enters with a confidence of 100 less the score,
    as much of it as is known. Never abstains: the book is always there. Points and thresholds are the seed's, to be set
    for one's own book; the square root of time: Hull, Options, Futures, and Other Derivatives, 10th ed., 15.
    """

    name: ClassVar[str] = "risk"
    weight: ClassVar[int] = 30
    core: ClassVar[bool] = True
    required: ClassVar[bool] = True
    positions_points: int = 20
    exposure_points: int = 20
    loss_points: int = 25
    range_points: int = 20
    concentration_points: int = 15
    low_atr: float = 1.0  # percent of price a day
    high_atr: float = 5.0
    low_width: float = 4.0  # percent of price, of daily bands
    high_width: float = 25.0
    correlated: float = 0.7
    veto_over: float = 80.0
    critical_atr: float = 10.0  # percent of price a day
    critical_move: float = 4.0  # ATRs since yesterday's close

    def __post_init__(self) -> None:
        for name in ("positions_points", "exposure_points", "loss_points", "range_points", "concentration_points"):
            check_range(name, getattr(self, name), 0, 1000)
        for low, high in (("low_atr", "high_atr"), ("low_width", "high_width")):
            check_range(low, getattr(self, low), 0, 1000)
            check_range(high, getattr(self, high), 0, 1000)
            if getattr(self, low) >= getattr(self, high):
                raise ValueError(f"{low} is {getattr(self, low)}, it must be below {high}, {getattr(self, high)}")
        check_range("correlated", self.correlated, 0, 1)
        check_range("veto_over", self.veto_over, 0, 100)
        check_range("critical_atr", self.critical_atr, 0, 1000)
        check_range("critical_move", self.critical_move, 0, 1000)

    def vote(self, view: JuryView) -> Vote:
        ranges, moved = ranges_of(view), move_since_yesterday(view)
        near = concentration(view, above=self.correlated)
        parts = self._parts(view, ranges, near)
        score, known = _summed(parts)
        figures = _figures(view, parts, ranges, near, moved) | {"score": score, "known": known}
        limits = list(reached(view.book))
        critical = list(self._critical(ranges, moved))
        causes = limits + critical
        if score > self.veto_over:
            causes.append(f"risk score {score:.0f} is over {self.veto_over:g}")
        told = ages(view, "bars", "daily", "quote")
        if causes:
            sure = HIGHEST if limits or critical else score
            texts = (*causes, *_texts(parts))[:MOST_REASONS]
            return Vote(self.name, Action.REJECT, Bias.NEUTRAL, round(sure), texts, figures, blocks=True, ages=told)
        texts = (f"risk score {score:.0f} of 100", *_texts(parts))
        return Vote(self.name, Action.ENTER, Bias.NEUTRAL, round((HIGHEST - score) * known), texts, figures, ages=told)

    def _parts(self, view: JuryView, ranges: Ranges | None, near: Concentration) -> list[Part]:
        book = view.book
        count = f"{book.open_positions} of {book.max_open_positions} positions open"
        exposed = f"exposure {book.exposure:,.2f} of {book.max_exposure:,.2f}"
        lost = f"lost today {max(book.loss_today, 0.0):,.2f} of {book.max_daily_loss:,.2f}"
        return [
            Part("loss", self.loss_points, use_of(book.loss_today, book.max_daily_loss), lost),
            Part("positions", self.positions_points, use_of(book.open_positions, book.max_open_positions), count),
            Part("exposure", self.exposure_points, use_of(book.exposure, book.max_exposure), exposed),
            self._ranging(view, ranges),
            self._concentrated(view, near),
        ]

    def _ranging(self, view: JuryView, ranges: Ranges | None) -> Part:
        if ranges is None:
            why = view.why_missing("daily") if view.daily is None else f"fewer than {BARS_NEEDED} bars"
            return Part("range", self.range_points, None, f"range of prices unknown: {why}", 0.0)
        by_atr = (ranges.atr - self.low_atr) / (self.high_atr - self.low_atr)
        by_width = (ranges.band_width - self.low_width) / (self.high_width - self.low_width)
        use = (_within(by_atr) + _within(by_width)) / 2.0
        text = f"ATR {ranges.atr:.2f}% a day, bands {ranges.band_width:.1f}% wide, by {ranges.source}"
        return Part("range", self.range_points, use, text)

    def _concentrated(self, view: JuryView, near: Concentration) -> Part:
        text = f"{near.share:.0%} of exposure moves with {view.underlying}{_named(near.names)}"
        if near.unknown:
            text += f"; correlation unknown of{_named(near.unknown)}"
        return Part("concentration", self.concentration_points, near.share if near.known else None, text, near.known)

    def _critical(self, ranges: Ranges | None, moved: float | None) -> Iterator[str]:
        if ranges is not None and ranges.atr >= self.critical_atr:
            yield f"ATR is {ranges.atr:.1f}% of price a day, {self.critical_atr:g}% is critical"
        if moved is not None and abs(moved) >= self.critical_move:
            yield f"moved {moved:+.1f} ATRs since yesterday's close, {self.critical_move:g} are critical"


def use_of(have: float, most: float) -> float:
    """How much of a limit is used, 0 to 1; a limit of nothing is used up, one without end never."""
    if most <= 0.0:
        return 1.0
    return 0.0 if math.isinf(most) else _within(have / most)


def reached(book: BookLoad) -> Iterator[str]:
    """Every limit that leaves no room for another entry."""
    for what, have, most in (
        ("loss of the day", book.loss_today, book.max_daily_loss),
        ("positions", book.open_positions, book.max_open_positions),
        ("positions on the symbol", book.positions_on_symbol, book.max_positions_per_symbol),
        ("exposure", book.exposure, book.max_exposure),
    ):
        if have >= most:
            yield f"limit reached: {what} {have:,.12g} of {most:,.12g}"


def concentration(view: JuryView, *, above: float) -> Concentration:
    """What of the book would win and lose together with this entry."""
    total = known = concentrated = 0.0
    names, unknown = [], []
    for held in view.book.holdings:
        cost = abs(held.cost)
        total += cost
        signed = _signed_correlation(view, held)
        if signed is None:
            unknown.append(held.underlying)
            continue
        known += cost
        if signed > above:
            concentrated += cost
            names.append(held.underlying)
    return Concentration(
        concentrated / known if known else 0.0,
        known / total if total else 1.0,
        tuple(dict.fromkeys(names)),
        tuple(dict.fromkeys(unknown)),
    )


def ranges_of(view: JuryView) -> Ranges | None:
    """ATR 14 and the width of Bollinger's bands in percent of the last close, of a day; None below 20 bars."""
    for series, source in ((view.daily, "daily bars"), (view.bars, "the alert's bars")):
        if series is not None and len(series.candles) >= BARS_NEEDED:
            return _ranges(series, source)
    return None


def move_since_yesterday(view: JuryView) -> float | None:
    """Spot less the last daily close in daily ATRs; None where one of them is unknown or the ATR is nothing."""
    spot = view.spot
    try:
        days = days_of(view)
    except Missing:
        return None
    if spot is None or len(days) < BARS_NEEDED:
        return None
    reach = float(atr(days)[-1])
    return (spot - float(days.close[-1])) / reach if reach > 0.0 else None


def _ranges(series: Series, source: str) -> Ranges:
    candles = series.candles
    bands = bollinger(candles)
    day = DAY_S if series.interval_s >= DAY_S else REGULAR_SESSION_S
    percent = 100.0 * math.sqrt(day / series.interval_s) / float(candles.close[-1])
    return Ranges(percent * float(atr(candles)[-1]), percent * float(bands.upper[-1] - bands.lower[-1]), source)


def _signed_correlation(view: JuryView, held: Holding) -> float | None:
    correlation = 1.0 if held.underlying == view.underlying else held.correlation
    return None if correlation is None else correlation * held.thesis.sign * view.thesis.sign


def _summed(parts: list[Part]) -> tuple[float, float]:
    """The score of what is known, 0 to 100, and the part of the points that it is made of."""
    whole = sum(part.points for part in parts)
    seen = sum(part.points * part.known for part in parts if part.use is not None)
    used = sum(part.points * part.known * part.use for part in parts if part.use is not None)
    return HIGHEST * used / seen, seen / whole


def _texts(parts: list[Part]) -> tuple[str, ...]:
    return tuple(part.text for part in sorted(parts, key=lambda part: -part.points * (part.use or 0.0)))


def _figures(
    view: JuryView, parts: list[Part], ranges: Ranges | None, near: Concentration, moved: float | None
) -> dict[str, Figure]:
    figures: dict[str, Figure] = {
        f"points_{part.name}": None if part.use is None else part.points * part.use for part in parts
    }
    book = view.book
    return figures | {
        "open_positions": book.open_positions,
        "positions_on_symbol": book.positions_on_symbol,
        "exposure": book.exposure,
        "loss_today": book.loss_today,
        "atr_percent": None if ranges is None else ranges.atr,
        "band_width_percent": None if ranges is None else ranges.band_width,
        "concentration": near.share if near.known else None,
        "correlations_known": near.known,
        "atrs_since_yesterday": moved,
    }


def _named(names: tuple[str, ...]) -> str:
    return f" {', '.join(names)}" if names else ""


def _within(use: float) -> float:
    return min(max(use, 0.0), 1.0)
