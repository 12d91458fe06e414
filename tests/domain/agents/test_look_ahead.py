"""Nobody looks ahead: a vote, and an indicator's value, of a moment is the same whatever came afterwards."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from types import FunctionType
from typing import Any, Final

import numpy as np
import pytest

from domain import indicators
from domain.agents import AGENTS, Advice, Agent, Gamma, JuryView, Series, Vote, build
from domain.agents.reading import cast, part
from domain.agents.view import EXCHANGE
from domain.indicators import Candles
from domain.indicators.hours import SessionHours
from domain.indicators.periods import Timeframe, periods
from domain.indicators.strat import combos
from domain.positions import Direction
from tests.domain.agents.builders import (
    BARS_A_DAY,
    BOOK,
    CLOSES,
    DAY,
    FIVE,
    GAMMA,
    LONG,
    SHORT,
    days,
    five_minutes,
    quote,
    session,
    walk,
)
from tests.domain.indicators.builders import first, wandering

SESSIONS: Final = 6
NAMES: Final = sorted(AGENTS)


def _until(bars: Candles, length_s: int, now: datetime) -> Candles:
    return part(bars, slice(0, int(np.searchsorted(bars.start + length_s, now.timestamp(), side="right"))))


def _after(bars: Candles, before: Candles) -> Candles:
    return part(bars, slice(int(np.searchsorted(bars.start, before.start[-1], side="right")), None))


def _joined(one: Candles, other: Candles) -> Candles:
    return Candles(*(np.concatenate([getattr(each, field.name) for each in (one, other)]) for field in fields(Candles)))


def _snapshot(at: datetime, price: float, draw: np.random.Generator) -> Gamma:
    zero, call, put = (round(price + offset + float(draw.normal()), 2) for offset in (0.0, 2.0, -2.0))
    ratio = float(draw.uniform(0.3, 3.0))
    return replace(GAMMA, at=at, spot=price, zero_gamma=zero, call_wall=call, put_wall=put, put_call_volume=ratio)


@dataclass(frozen=True)
class Tape:
    """All that a market did: bars of five minutes, daily bars, a snapshot every half hour, a model's answers."""

    bars: Candles
    hours: SessionHours
    daily: Candles
    snapshots: tuple[Gamma, ...]
    answers: tuple[Advice, ...]

    @classmethod
    def of(cls, seed: int) -> Tape:
        """Six sessions up to a Wednesday's close, sixty days before them."""
        closes = walk(SESSIONS * BARS_A_DAY, seed=seed, step=0.25)
        series = five_minutes(closes, ends=CLOSES, half=0.25)
        bars, hours = series.candles, series.hours
        assert hours is not None
        began = datetime.fromtimestamp(int(bars.start[0]), UTC)
        before = days(walk(60, seed=seed + 1, step=1.0, around=float(closes[0])), until=began).candles
        by_day = periods(bars, Timeframe.DAY, EXCHANGE)
        midnights = [
            int(datetime.fromtimestamp(second, EXCHANGE).replace(hour=0, minute=0).timestamp())
            for second in by_day.start.tolist()
        ]
        daily = _joined(before, replace(by_day, start=np.array(midnights)))
        draw = np.random.default_rng(seed)
        ends = [datetime.fromtimestamp(int(second) + FIVE, UTC) for second in bars.start]
        told = [(at, float(close)) for at, close in zip(ends, bars.close, strict=True)]
        snapshots = tuple(_snapshot(at, price, draw) for at, price in told[::6])
        words = ("enter", "bullish"), ("reject", "bearish"), ("skip", "neutral")
        answers = tuple(
            Advice(at, "m", *words[int(draw.integers(3))], int(draw.integers(100)), ("x",)) for at, _ in told[::2]
        )
        return cls(bars, hours, daily, snapshots, answers)

    def until(self, now: datetime) -> Tape:
        """The tape cut off: what had not been completed is not on it."""
        return replace(
            self,
            bars=_until(self.bars, FIVE, now),
            daily=_until(self.daily, DAY, now),
            snapshots=tuple(each for each in self.snapshots if each.at <= now),
            answers=tuple(each for each in self.answers if each.at <= now),
        )

    def followed_by(self, other: Tape, now: datetime) -> Tape:
        """This one until then, the other one's future from then on."""
        past = self.until(now)
        return replace(
            self,
            bars=_joined(past.bars, _after(other.bars, past.bars)),
            daily=_joined(past.daily, _after(other.daily, past.daily)),
            snapshots=(*past.snapshots, *(each for each in other.snapshots if each.at > now)),
            answers=(*past.answers, *(each for each in other.answers if each.at > now)),
        )


Look = Callable[[Tape, datetime, Direction], JuryView]
AgentOf = Callable[[Tape], Agent]
TAPE, OTHER = Tape.of(11), Tape.of(12)
MOMENTS: Final = [
    datetime.fromtimestamp(int(second) + FIVE, UTC) + timedelta(seconds=extra)
    for second, extra in zip(TAPE.bars.start[3 * BARS_A_DAY + 1 :: 9], (0, 1, 150, 299) * 99, strict=False)
]


def look(tape: Tape, now: datetime, thesis: Direction) -> JuryView:
    """What a provider would have told at that moment: completed bars, the last snapshot, the last price."""
    known = tape.until(now)
    return JuryView(
        now=now,
        underlying="SPY",
        thesis=thesis,
        quote=quote(float(known.bars.close[-1]), now),
        session=session(now),
        bars=Series(FIVE, part(known.bars, slice(-200, None)), tape.hours),
        daily=Series(DAY, known.daily),
        gamma=known.snapshots[-1],
        book=BOOK,
        advice=known.answers[-1],
    )


def look_into_the_running_bar(tape: Tape, now: datetime, thesis: Direction) -> JuryView:
    """A provider that is wrong: the bar that has begun is given as it will end."""
    seen = look(tape, now, thesis)
    begun = part(tape.bars, slice(0, int(np.searchsorted(tape.bars.start, now.timestamp()))))
    return replace(seen, bars=Series(FIVE, part(begun, slice(-200, None)), tape.hours))


def check_blind(agent_of: AgentOf, view_of: Look = look) -> list[Vote]:
    """Raises AssertionError where a vote hangs on what came after its moment; gives the votes.

    Each moment is judged on the whole tape, on the tape cut off there, with another future behind it, and once more by an
    agent that has seen all later moments.
    """
    old = agent_of(TAPE)
    votes = [old.vote(view_of(TAPE, now, thesis)) for now in MOMENTS for thesis in (LONG, SHORT)]
    moments = [(now, thesis) for now in MOMENTS for thesis in (LONG, SHORT)]
    for (now, thesis), vote in zip(reversed(moments), reversed(votes), strict=True):
        told = written(vote)
        for tape in (TAPE.until(now), TAPE.followed_by(OTHER, now)):
            assert written(agent_of(tape).vote(view_of(tape, now, thesis))) == told, f"{vote.agent} at {now}"
        assert written(old.vote(view_of(TAPE, now, thesis))) == told, f"{vote.agent} remembers, at {now}"
    return votes


def written(vote: Vote) -> str:
    return json.dumps(vote.as_json())


@pytest.mark.parametrize("name", NAMES)
def test_the_future_never_changes_a_vote(name: str) -> None:
    """Cut off or replaced by another one, at two dozen moments within and between bars, for both theses."""
    votes = check_blind(lambda tape: build(name, {}))

    assert len(MOMENTS) >= 25
    assert sum(vote.abstained for vote in votes) < len(votes) / 2
    assert len({written(vote) for vote in votes}) > len(MOMENTS) / 2  # these are real votes, not one and the same


@dataclass
class Peeking(Agent):
    """Has the tape under its table and reads the next bar from it."""

    tape: Tape

    def vote(self, view: JuryView) -> Vote:
        later = self.tape.bars.close[self.tape.bars.start >= view.now.timestamp()]
        rises = len(later) > 0 and view.spot is not None and later[0] > view.spot
        return cast("peeking", view, 1 if rises else -1, 90, ["it will rise" if rises else "it will fall"],
                    figures={}, inputs=())  # fmt: skip


@dataclass
class Remembering(Agent):
    """Compares with the highest close that it was ever shown, so that it judges a past by its future."""

    highest: float = 0.0

    def vote(self, view: JuryView) -> Vote:
        assert view.bars is not None
        self.highest = max(self.highest, float(view.bars.candles.close.max()))
        return cast("remembering", view, 1, 90, [f"highest {self.highest}"], figures={}, inputs=())


def test_an_agent_that_peeks_is_caught() -> None:
    """The same test, an agent that cheats."""
    with pytest.raises(AssertionError, match="peeking at"):
        check_blind(Peeking)


def test_an_agent_that_remembers_is_caught() -> None:
    """What it saw later changes what it says of before."""
    with pytest.raises(AssertionError, match="remembering remembers"):
        check_blind(lambda tape: Remembering())


@pytest.mark.parametrize("name", ["context", "technical", "squeeze", "strat", "satyland"])
def test_a_provider_that_gives_a_running_bar_is_caught(name: str) -> None:
    """As it will end, which nobody can know."""
    with pytest.raises(AssertionError, match=f"{name} at"):
        check_blind(lambda tape: build(name, {}), look_into_the_running_bar)


# -- indicators -------------------------------------------------------------------------------------------------------

BARS: Final = wandering()
ARGUMENTS: Final[dict[str, Any]] = {
    "hours": SessionHours.of([(datetime(2026, 11, 16, 14, 30, tzinfo=UTC), datetime(2026, 11, 16, 21, 0, tzinfo=UTC)),
                              (datetime(2026, 11, 17, 14, 30, tzinfo=UTC), datetime(2026, 11, 17, 21, 0, tzinfo=UTC))]),
    "minutes": 30,
    "interval_s": FIVE,
}  # fmt: skip
NOT_BY_BAR: Final = {"combos", "setups", "periods"}  # lists, and bars of longer bars: each has its own test


def every_indicator() -> Iterator[FunctionType]:
    """Public functions of domain.indicators whose first argument is Candles."""
    for found in iter_modules(indicators.__path__):
        module = import_module(f"{indicators.__name__}.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first_argument = next(iter(inspect.signature(function).parameters.values()), None)
            takes_bars = first_argument is not None and first_argument.annotation == "Candles"
            if takes_bars and not name.startswith("_") and function.__module__ == module.__name__:
                yield function


INDICATORS: Final = {f"{f.__module__.rpartition('.')[2]}.{f.__name__}": f for f in every_indicator()}


@pytest.mark.parametrize("name", sorted(name for name in INDICATORS if name.partition(".")[2] not in NOT_BY_BAR))
def test_the_future_never_changes_an_indicator(name: str) -> None:
    """Its value for a bar, at sixty cuts; found by their signature, so that a new one is held to it as well."""
    indicator = INDICATORS[name]
    wanted = {key: value for key, value in ARGUMENTS.items() if key in inspect.signature(indicator).parameters}
    whole = _arrays(indicator(BARS, **wanted))

    for known in range(50, 300, 4):
        for field, values in _arrays(indicator(first(BARS, known), **wanted)).items():
            np.testing.assert_array_equal(values, whole[field][:known], err_msg=f"{name} {field} at {known} bars")


def test_the_list_of_indicators_is_not_empty() -> None:
    """Signatures are still read the way this file reads them."""
    assert len(INDICATORS) > 20
    assert {name.partition(".")[2] for name in INDICATORS} >= NOT_BY_BAR


def test_the_future_never_changes_a_combination() -> None:
    """Those that had ended are the same ones later."""
    whole = combos(BARS)
    for known in range(3, 300, 7):
        assert combos(first(BARS, known)) == [combo for combo in whole if combo.at < known]


def test_the_future_never_changes_a_period_that_is_over() -> None:
    """Nor the open of the one that runs."""
    whole = periods(BARS, Timeframe.DAY, EXCHANGE)
    for known in range(1, 300, 7):
        found = periods(first(BARS, known), Timeframe.DAY, EXCHANGE)
        running = len(found) - 1
        for field in fields(Candles):
            np.testing.assert_array_equal(getattr(found, field.name)[:running], getattr(whole, field.name)[:running])
        assert found.open[running] == whole.open[running]


def _arrays(found: Any) -> dict[str, np.ndarray]:
    return dict(found._asdict()) if hasattr(found, "_asdict") else {"": found}
