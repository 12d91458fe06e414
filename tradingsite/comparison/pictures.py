"""The lines of a page's pictures as coordinates; how they look is for the template and the style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from domain.stats.calibration import Bin
from tradingsite.comparison.report import Comparison

WIDTH, HEIGHT = 480, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 10, 24
SQUARE: Final = 120
DOT: Final = 3.0  # radius of a dot of one forecast; its area grows with the forecasts up to four times that
FEWEST: Final = 2  # points that make a line


class Level(NamedTuple):
    """A horizontal line with what stands beside it."""

    name: str
    y: float
    label: str


class Line(NamedTuple):
    """points: as an SVG polyline takes them."""

    name: str
    points: str


@dataclass(frozen=True, slots=True)
class Picture:
    """text says in words what the lines show. first and last: the days at the ends of the horizontal axis."""

    text: str
    lines: tuple[Line, ...]
    levels: tuple[Level, ...]
    first: date
    last: date
    band: str = ""  # a polygon
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    foot: int = HEIGHT - 6


class Dot(NamedTuple):
    x: float
    y: float
    radius: float
    text: str


@dataclass(frozen=True, slots=True)
class _Axes:
    """From days and amounts to coordinates; what lies outside is drawn at the edge."""

    first: date
    last: date
    low: float
    high: float

    def x(self, day: date) -> float:
        span = (self.last - self.first).days or 1
        return LEFT + (WIDTH - LEFT - RIGHT) * (day - self.first).days / span

    def y(self, amount: float) -> float:
        inside = min(max(amount, self.low), self.high)
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - inside) / (self.high - self.low)

    def point(self, day: date, amount: float) -> str:
        return f"{self.x(day):.1f},{self.y(amount):.1f}"


def evidence(found: Comparison) -> Picture | None:
    """The confidence sequence over days, with zero and the margin; None before two observations."""
    course, terms = found.course, found.subject.terms
    if len(course) < FEWEST:
        return None
    last = course[-1]
    reach = min(terms.bound, max(4 * terms.margin, 1.5 * abs(last.lower), 1.5 * abs(last.upper)))
    axes = _Axes(course[0].on, last.on, -reach, reach)
    lower = [axes.point(look.on, look.lower) for look in course]
    upper = [axes.point(look.on, look.upper) for look in course]
    return Picture(
        text=f"mean difference B minus A, and where it lies with error {terms.level:.1%} over all looks",
        lines=(Line("mean", " ".join(axes.point(look.on, look.mean) for look in course)),),
        levels=(
            Level("zero", axes.y(0.0), "0"),
            Level("margin", axes.y(terms.margin), f"+{terms.margin:g}"),
            Level("margin", axes.y(-terms.margin), f"−{terms.margin:g}"),
            Level("edge", axes.y(reach), f"+{reach:.2g} {terms.unit}"),
            Level("edge", axes.y(-reach), f"−{reach:.2g}"),
        ),
        first=axes.first,
        last=axes.last,
        band=" ".join([*upper, *reversed(lower)]),
    )


def profits(found: Comparison) -> Picture | None:
    """R of closed trades added up, one line an engine; None before two days with a closing."""
    courses = {engine.engine: engine.cumulated for engine in (found.a, found.b)}
    days = [day for course in courses.values() for day, _ in course]
    amounts = [amount for course in courses.values() for _, amount in course]
    if len(set(days)) < FEWEST:
        return None
    low, high = min(0.0, *amounts), max(0.0, *amounts)
    if low == high:
        high = 1.0
    axes = _Axes(min(days), max(days), low, high)
    return Picture(
        text="R of closed trades added up",
        lines=tuple(Line(name, _steps(axes, course)) for name, course in courses.items() if course),
        levels=(
            Level("zero", axes.y(0.0), "0"),
            *(Level("edge", axes.y(end), f"{end:+.3g} R") for end in (low, high) if end),
        ),
        first=axes.first,
        last=axes.last,
    )


def _steps(axes: _Axes, course: Sequence[tuple[date, float]]) -> str:
    """Flat between closings, from zero at the first day to the last."""
    points, level = [axes.point(axes.first, 0.0)], 0.0
    for day, amount in course:
        points += [axes.point(day, level), axes.point(day, amount)]
        level = amount
    return " ".join([*points, axes.point(axes.last, level)])


def reliability(curve: Sequence[Bin]) -> tuple[Dot, ...]:
    """Dots of stated confidence against the share that won, in a square of SQUARE; on its diagonal both agree."""
    return tuple(
        Dot(
            x=round(one.stated * SQUARE, 1),
            y=round((1.0 - one.observed) * SQUARE, 1),
            radius=round(min(DOT * one.forecasts**0.25, 2 * DOT), 1),
            text=f"{one.forecasts} votes of {one.stated:.0%} on average, {one.observed:.0%} won",
        )
        for one in curve
        if one.stated is not None and one.observed is not None
    )
