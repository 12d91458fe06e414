"""What agents share: evidence with a sign and what it adds up to, doubts, and the way from a view to a vote.

Up and down are treated alike everywhere: with every price mirrored at the spot, the opposite thesis finds the same vote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import wraps
from typing import Final, NamedTuple, TypeVar

import numpy as np

from domain.agents.registry import Agent
from domain.agents.view import Gamma, JuryView, Series
from domain.agents.vote import MOST_REASONS, Action, Bias, Figure, Vote, abstention
from domain.indicators.candles import Candles, InsufficientHistory
from domain.indicators.hours import SessionHours
from domain.options.normal import FloatArray
from domain.positions import Direction

DAY_S: Final = 86_400.0
LONGEST_BREAK_S: Final = 5 * DAY_S  # without a session, holidays about a weekend included
STALE_INTERVALS: Final = 3  # of a session without a completed bar: a halt, or a provider that has stopped
STALE_TRUST: Final = 0.5
RANK_WINDOW: Final = 100
RANK_LEAST: Final = 50  # a rank among fewer values says little
SURE_OF_A_SIDE: Final = 50.0  # confidence of the weakest evidence that takes a side; the strongest is 100 sure
SURE_OF_NONE: Final = 75.0  # of evidence that cancels out exactly: that is not yet proof that nothing will happen

AnyAgent = TypeVar("AnyAgent", bound=Agent)


class Missing(Exception):
    """What an agent cannot do without is not there; the message says what was tried."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Evidence(NamedTuple):
    """One thing seen. lean: -1 bearish to +1 bullish, None where it could not be seen; share: of all evidence, above 0.

    trust: 0 to 1, the part of the share that counts. text: a sentence with its figures.
    """

    name: str
    share: float
    lean: float | None
    text: str
    trust: float = 1.0


class Doubt(NamedTuple):
    """What makes the whole less certain. factor: 0 to 1, of the confidence."""

    factor: float
    text: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What evidence adds up to. lean: -1 to 1, the mean over what could be seen; known: that part of all shares, 0 to 1.

    What could not be seen leans nowhere when a side is taken, so that little evidence does not take one by itself: losing
    a part that did not speak against the rest never makes a vote surer.
    """

    lean: float
    known: float

    @classmethod
    def of(cls, evidence: Iterable[Evidence]) -> Balance:
        whole = seen = total = 0.0
        for each in evidence:
            whole += each.share
            if each.lean is not None:
                seen += each.share * each.trust
                total += each.share * each.trust * each.lean
        return cls(total / seen + 0.0 if seen else 0.0, seen / whole if whole else 0.0)  # + 0.0 makes 0.0 of -0.0

    def side(self, margin: float) -> int:
        """+1 or -1 where the lean, times what is known, is beyond the margin, else 0."""
        return int(np.sign(self.lean)) if abs(self.lean) * self.known > margin else 0

    def confidence(self, margin: float) -> float:
        """50 at the margin and 100 at a lean of 1; within the margin 75 at 0. As much of it as is known."""
        strength = abs(self.lean)
        if self.side(margin):
            sure = SURE_OF_A_SIDE + (100.0 - SURE_OF_A_SIDE) * (strength - margin) / (1.0 - margin)
        else:
            sure = SURE_OF_NONE - (SURE_OF_NONE - SURE_OF_A_SIDE) * strength * self.known / margin
        return sure * self.known


def or_abstain(method: Callable[[AnyAgent, JuryView], Vote]) -> Callable[[AnyAgent, JuryView], Vote]:
    """For vote(): what is missing, or a history that is too short, becomes an abstention with that text."""

    @wraps(method)
    def vote(self: AnyAgent, view: JuryView) -> Vote:
        try:
            return method(self, view)
        except (Missing, InsufficientHistory) as missing:
            return abstention(self.name, missing.message)

    return vote


def cast(
    agent: str,
    view: JuryView,
    side: int,
    confidence: float,
    reasons: Sequence[str],
    *,
    figures: Mapping[str, Figure],
    inputs: Sequence[str],
    action: Action | None = None,
    doubts: Sequence[Doubt] = (),
) -> Vote:
    """A vote for the side (+1 bullish, -1 bearish, 0 neither), with ``action`` where it does not follow from that."""
    bias = bias_of(side)
    for doubt in doubts:
        confidence *= doubt.factor
    texts = (*reasons, *(doubt.text for doubt in doubts))[:MOST_REASONS]
    return Vote(
        agent,
        leaning(view, bias) if action is None else action,
        bias,
        round(min(max(confidence, 0.0), 100.0)),
        texts,
        figures,
        ages=ages(view, *inputs),
    )


def weigh(
    agent: str,
    view: JuryView,
    evidence: Sequence[Evidence],
    *,
    margin: float,
    figures: Mapping[str, Figure],
    inputs: Sequence[str],
    doubts: Sequence[Doubt] = (),
) -> Vote:
    """The vote that the evidence adds up to, the weightiest told first. Raises Missing where nothing could be seen."""
    balance = Balance.of(evidence)
    if balance.known <= 0.0:
        raise Missing("; ".join(each.text for each in evidence))
    told = sorted(evidence, key=lambda each: -abs(each.lean or 0.0) * each.share * each.trust)
    counted = {f"lean_{each.name}": None if each.lean is None else each.lean + 0.0 for each in evidence}
    return cast(
        agent,
        view,
        balance.side(margin),
        balance.confidence(margin),
        [each.text for each in told],
        figures={**figures, **counted, "lean": balance.lean, "known": balance.known},
        inputs=inputs,
        doubts=doubts,
    )


def bias_of(side: int) -> Bias:
    return {1: Bias.BULLISH, -1: Bias.BEARISH}.get(side, Bias.NEUTRAL)


def leaning(view: JuryView, bias: Bias) -> Action:
    """What a bias means for the alert's thesis: for it, against it, or nothing."""
    if bias is Bias.NEUTRAL:
        return Action.SKIP
    wanted = Bias.BULLISH if view.thesis is Direction.LONG else Bias.BEARISH
    return Action.ENTER if bias is wanted else Action.REJECT


def ages(view: JuryView, *inputs: str) -> dict[str, float]:
    """Seconds between these fields of the view and its moment; fields that are not there are left out."""
    told: dict[str, float] = {}
    for name in inputs:
        match name:
            case "bars" | "daily":
                series: Series | None = getattr(view, name)
                age = series.age_s(view.now) if series is not None and len(series.candles) else None
            case "gamma":
                age = view.gamma.age_s(view.now) if view.gamma is not None else None
            case "quote":
                age = (view.now - view.quote.provider_time).total_seconds() if view.quote is not None else None
            case _:
                age = (view.now - view.advice.at).total_seconds() if view.advice is not None else None
        if age is not None:
            told[name] = round(age, 3)
    return told


def bars_of(view: JuryView) -> Series:
    """Bars of the alert's interval, one at least. Raises Missing."""
    if view.bars is None or not len(view.bars.candles):
        raise Missing(view.why_missing("bars"))
    return view.bars


def price_of(view: JuryView) -> tuple[float, str]:
    """The underlying's price and where it is from: its quote, else the last bar's close. Raises Missing."""
    if (spot := view.spot) is not None:
        return spot, "spot"
    return float(bars_of(view).candles.close[-1]), "last close"


def staleness(series: Series, view: JuryView) -> list[Doubt]:
    """One doubt where bars of the running session are missing at the end, or the last one is of another week.

    The night before an open is no hole: time counts from the open on.
    """
    age, allowed = series.age_s(view.now), STALE_INTERVALS * series.interval_s
    running = (view.now - view.session.opens_at).total_seconds() if view.session.open else 0.0
    if min(age, running) <= allowed and age <= max(LONGEST_BREAK_S, allowed):
        return []
    return [
        Doubt(STALE_TRUST, f"the last bar ended {age / 60:.0f} min ago, intervals are {series.interval_s / 60:.0f} min")
    ]


def days_of(view: JuryView) -> Candles:
    """Daily bars up to the last session. Raises Missing where there are none, or where they end too long ago."""
    daily = view.daily
    if daily is None or not len(daily.candles):
        raise Missing(view.why_missing("daily"))
    if (age := daily.age_s(view.now)) > LONGEST_BREAK_S:
        raise Missing(f"daily bars ended {age / DAY_S:.1f} days ago")
    return daily.candles


def freshness(gamma: Gamma, now: datetime, *, fresh_minutes: int) -> float:
    """How much a gamma snapshot counts: 1 while fresh, then less and less, 0 from a day on or if it is of later."""
    age, fresh = gamma.age_s(now), fresh_minutes * 60.0
    if not 0.0 <= age < DAY_S:
        return 0.0
    return 1.0 if age <= fresh else (DAY_S - age) / (DAY_S - fresh)


def when(bars_ago: int) -> str:
    """In words, for a reason."""
    return "on the last bar" if bars_ago == 0 else "1 bar ago" if bars_ago == 1 else f"{bars_ago} bars ago"


def clip(value: float) -> float:
    return min(max(value, -1.0), 1.0)


def steps(difference: float, unit: float) -> float:
    """difference in units, between -1 and 1; 0 where prices have stood still and a unit is nothing."""
    return clip(difference / unit) if unit > 0.0 else 0.0


def tilt(up: float, down: float) -> float:
    """-1 to 1: how much more there is of one than of the other, neither below 0; full from three to one on."""
    whole = up + down
    return clip(2.0 * (up - down) / whole) if whole > 0.0 else 0.0


def rank(values: FloatArray) -> float | None:
    """Share of the last hundred values (NaN left out) that are below the last one; None among fewer than fifty."""
    window = values[-RANK_WINDOW:]
    window = window[~np.isnan(window)]
    return float(np.mean(window < window[-1])) if len(window) >= RANK_LEAST else None


def last(candles: Candles, bars: int) -> Candles:
    """The last bars only."""
    return candles if len(candles) <= bars else part(candles, slice(-bars, None))


def part(candles: Candles, which: slice) -> Candles:
    return Candles(*(getattr(candles, field.name)[which] for field in fields(Candles)))


def today(series: Series, now: datetime) -> slice | None:
    """Bars of the regular session of this day that are over by now, seen from its open on; None without such a session."""
    hours: SessionHours | None = series.hours
    if hours is None:
        return None
    running = np.flatnonzero((hours.opens <= now.timestamp()) & (now.timestamp() < hours.closes))
    if not len(running):
        return None
    opens, closes = int(hours.opens[running[0]]), int(hours.closes[running[0]])
    starts = series.candles.start
    first, end = (int(found) for found in np.searchsorted(starts, [opens, closes]))
    return slice(first, end) if first < end and starts[first] == opens else None
