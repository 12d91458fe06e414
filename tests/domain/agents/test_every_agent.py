"""What holds for every agent: a vote of any view, the same one each time, and up and down treated alike."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.agents import AGENTS, Action, Advice, Bias, Gamma, Holding, JuryView, Series, Vote, build, defaults, members
from domain.errors import RuleBroken
from domain.indicators import Candles
from domain.parameters import parameters_of
from tests.domain.agents.builders import (
    BOOK,
    DAY,
    GAMMA,
    LONG,
    NOW,
    SHORT,
    book,
    days,
    five_minutes,
    gamma,
    mirrored,
    quote,
    session,
    view,
    walk,
)

OURS: Final = {name: cls for name, cls in AGENTS.items() if cls.__module__.startswith(f"{members.__name__}.")}
NAMES: Final = sorted(OURS)
PAGE: Final = Path(__file__).parents[3] / "docs" / "agents.md"
EACH = pytest.mark.parametrize("name", NAMES)
ADVICE: Final = Advice(NOW, "model", "enter", "bullish", 70, ("a sentence",))
OTHER_WAY: Final = {Bias.BULLISH: Bias.BEARISH, Bias.BEARISH: Bias.BULLISH, Bias.NEUTRAL: Bias.NEUTRAL}


def full_view(seed: int = 1) -> JuryView:
    """Everything is there."""
    return view(
        bars=five_minutes(walk(200, seed=seed)),
        daily=days(walk(300, seed=seed + 1, step=0.8)),
        gamma=gamma(),
        book=book(open_positions=2, exposure=2000.0, holdings=(Holding("QQQ", LONG, 1000.0, 0.9),)),
        advice=ADVICE,
    )


def test_the_jury_is_seeded_with_its_nine_agents_and_their_weights() -> None:
    """Risk, technical and context are the core; what a flag switches is named with it; only risk must be heard."""
    assert {row.name: row.weight for row in defaults() if row.name in OURS} == {
        "risk": 30, "technical": 25, "context": 20, "orb": 10, "squeeze": 5, "strat": 5, "gamma_flow": 5,
        "satyland": 5, "advisor": 0,
    }  # fmt: skip
    assert {name for name, cls in OURS.items() if cls.core} == {"context", "technical", "risk"}
    assert {name for name, cls in OURS.items() if cls.required} == {"risk"}
    assert {name: cls.flag for name, cls in OURS.items() if cls.flag} == {
        "orb": "enable_orb", "squeeze": "enable_squeeze", "strat": "enable_strat", "satyland": "enable_satyland",
        "advisor": "enable_llm",
    }  # fmt: skip


def test_each_agent_is_one_file() -> None:
    """Named after it."""
    folder = Path(members.__path__[0])
    assert {file.stem for file in folder.glob("*.py")} - {"__init__"} == set(OURS)
    assert all(cls.__module__ == f"{members.__name__}.{name}" for name, cls in OURS.items())


@EACH
def test_each_agent_votes_on_a_full_view(name: str) -> None:
    """Nothing that it needs is missing there, and every input that it used has an age."""
    vote = build(name, {}).vote(full_view())

    assert not vote.abstained
    assert vote.ages
    assert vote.ages.items() <= {"bars": 0.0, "gamma": 600.0, "quote": 1.0, "daily": 13 * 3600.0, "advice": 0.0}.items()


@EACH
def test_the_same_view_has_the_same_vote_to_the_byte(name: str) -> None:
    """Also of another instance, and after other views were seen."""
    first, other = build(name, {}), build(name, {})
    one = json.dumps(first.vote(full_view()).as_json())
    first.vote(full_view(seed=5))

    assert json.dumps(first.vote(full_view()).as_json()) == one
    assert json.dumps(other.vote(full_view()).as_json()) == one
    assert Vote.from_json(json.loads(one)).as_json() == json.loads(one)


@EACH
def test_an_empty_view_is_no_reason_to_invent(name: str) -> None:
    """Without market data everyone abstains, risk excepted, whose book is always there, and says what was tried."""
    vote = build(name, {}).vote(
        view(quote=None, notes={"bars": "no bars: plan spent", "gamma": "no chain", "advice": "off"})
    )

    assert vote.abstained is (name != "risk")
    if vote.abstained:
        assert any(text in vote.reasons[0] for text in ("plan spent", "no chain", "off"))


@EACH
def test_parameters_survive_their_row(name: str) -> None:
    """An agent built of its seeded row is the default one."""
    assert build(name, parameters_of(build(name, {}))) == build(name, {})


@EACH
def test_parameters_out_of_bounds_are_refused_by_name(name: str) -> None:
    """Every number has bounds, and the text says which one is beyond them."""
    for field in fields(AGENTS[name]):  # type: ignore[arg-type]
        for wrong in (-2, 999_999):
            with pytest.raises(RuleBroken, match=field.name):
                build(name, {field.name: wrong})


@pytest.mark.parametrize(
    "wrong",
    [{"trending": 18}, {"ranging": 30}, {"minutes": 10}, {"low_atr": 6}, {"high_width": 3}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_parameters_that_contradict_each_other_are_refused(wrong: dict[str, object]) -> None:
    """Trending below ranging, an opening of ten minutes, a low threshold above its high one."""
    owner = next(cls for cls in OURS.values() if next(iter(wrong)) in {field.name for field in fields(cls)})  # type: ignore[arg-type]
    with pytest.raises(RuleBroken, match=next(iter(wrong))):
        build(owner.name, wrong)


@EACH
def test_the_page_tells_every_parameter_and_figure(name: str) -> None:
    """With its default; and weight and flag in the table above."""
    text = PAGE.read_text(encoding="utf-8")
    section = text.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
    flat = " ".join(section.split())
    row = next(line for line in text.splitlines() if line.startswith(f"| [`{name}`](#{name}) | "))

    for parameter, value in parameters_of(build(name, {})).items():
        assert f"`{parameter}` {value}" in flat or f"`{parameter}` is {value}" in flat, parameter
    for figure in build(name, {}).vote(full_view()).figures:
        assert f"`{figure}`" in (text if figure in ("lean", "known") else flat), figure
    assert row.split(" | ")[1] == str(OURS[name].weight)
    assert (OURS[name].flag or "always") in row


# -- any view ---------------------------------------------------------------------------------------------------------

PRICES = st.floats(0.01, 1e6, allow_subnormal=False)
MAYBE_LEVEL = st.none() | PRICES
MAYBE_AMOUNT = st.none() | st.floats(0.0, 1e12)
SHAPES = ("walk", "constant", "steps", "line")


@st.composite
def series(draw: st.DrawFn, *, daily: bool) -> Series | None:
    """Walks, lines, standing prices and gaps, of no bar up to 200."""
    count = draw(st.sampled_from([0, 1, 2, 3, 13, 14, 15, 20, 27, 34, 35, 39, 40, 49, 50, 100, 200]))
    if count == 0:
        return draw(st.sampled_from([None, _nothing(DAY if daily else 300)]))
    price, seed = draw(PRICES), draw(st.integers(0, 2**32 - 1))
    closes = _shape(draw(st.sampled_from(SHAPES)), count, price, seed)
    half = draw(st.sampled_from([0.0, 0.001, 0.05])) * float(closes.min())
    volume = np.random.default_rng(seed).integers(0, 1000, count) if draw(st.booleans()) else np.zeros(count)
    made = (days if daily else five_minutes)(closes, half=half, volume=volume.astype(float))
    if not daily and draw(st.booleans()):
        made = replace(made, candles=_with_gaps(made.candles, seed))
    if draw(st.booleans()):
        return made
    return replace(made, hours=None, interval_s=draw(st.sampled_from([7, 60, 300, 3600, 14400, DAY, 30 * DAY])))


def _nothing(interval_s: int) -> Series:
    return Series(interval_s, Candles(*(np.empty(0) for _ in range(6))))


def _shape(name: str, count: int, price: float, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    if name == "constant":
        return np.full(count, price)
    if name == "line":
        return price * (1.0 + np.linspace(0.0, 0.5, count))
    steps = draw.normal(0.0, 0.02, count) if name == "walk" else draw.choice([0.0, 0.0, 0.0, 0.7, -0.7], count)
    path = np.cumsum(steps)
    return price * np.exp(np.clip(path - path[-1], -6.0, 6.0))


def _with_gaps(candles: Candles, seed: int) -> Candles:
    """About a third of the bars are missing."""
    kept = np.random.default_rng(seed).random(len(candles)) < 0.7
    return Candles(*(getattr(candles, field.name)[kept] for field in fields(Candles)))


@st.composite
def views(draw: st.DrawFn) -> JuryView:
    """Any view that can be: parts missing, one-sided quotes, old snapshots, full and limitless books, odd advice."""
    price = draw(PRICES)
    told = quote(round(price + 1.0, 4))
    snapshot = Gamma(
        at=NOW - timedelta(seconds=draw(st.integers(-3600, 3 * DAY))),
        spot=price,
        dealers=draw(st.sampled_from(["long gamma", "short gamma", "neutral"])),
        total=draw(st.floats(-1e12, 1e12)),
        total_later=draw(st.floats(-1e12, 1e12)),
        call_wall=draw(MAYBE_LEVEL),
        put_wall=draw(MAYBE_LEVEL),
        zero_gamma=draw(MAYBE_LEVEL),
        put_call_volume=draw(MAYBE_AMOUNT),
        call_premium=draw(MAYBE_AMOUNT),
        put_premium=draw(MAYBE_AMOUNT),
    )
    amount = st.floats(0.0, 1e9)
    limit = st.sampled_from([0.0, 1.0, 1e9, float("inf")])
    held = st.builds(
        Holding, st.sampled_from(["SPY", "QQQ", "GLD"]), st.sampled_from([LONG, SHORT]), amount,
        st.none() | st.floats(-1.0, 1.0),
    )  # fmt: skip
    load = book(
        open_positions=draw(st.integers(0, 20)),
        positions_on_symbol=draw(st.integers(0, 3)),
        exposure=draw(amount),
        max_exposure=draw(limit),
        loss_today=draw(st.floats(-1e9, 1e9)),
        max_daily_loss=draw(limit),
        holdings=tuple(draw(st.lists(held, max_size=12))),
    )
    words = st.sampled_from(["enter", "skip", "reject", "abstain", "buy!", ""])
    biases = st.sampled_from(["bullish", "bearish", "neutral", "up"])
    advice = Advice(
        NOW, "m", draw(words), draw(biases), draw(st.integers(-5, 120)), draw(st.sampled_from([(), ("",), ("a",) * 9]))
    )
    now = NOW + timedelta(minutes=draw(st.sampled_from([0, 0, -300, 170, 179, 600, 1440])))
    return view(
        now=now,
        thesis=draw(st.sampled_from([LONG, SHORT])),
        quote=draw(st.sampled_from([None, told, told._replace(bid=None)])),
        session=session(now, open=draw(st.booleans())),
        bars=draw(series(daily=False)),
        daily=draw(series(daily=True)),
        gamma=draw(st.sampled_from([None, snapshot])),
        book=draw(st.sampled_from([BOOK, load])),
        advice=draw(st.sampled_from([None, advice])),
    )


@given(seen=views())
@settings(max_examples=150, deadline=None)
def test_every_view_has_a_vote_of_everyone(seen: JuryView) -> None:
    """No agent raises on a view that can be; a vote is sound by its own constructor, and only risk blocks."""
    for name in NAMES:
        vote = build(name, {}).vote(seen)
        assert vote.agent == name
        assert 0 <= vote.confidence <= 100
        assert name == "risk" or not vote.blocks
        assert name != "risk" or not vote.abstained
        json.dumps(vote.as_json(), allow_nan=False)


# -- up and down ------------------------------------------------------------------------------------------------------


def upside_down(seen: JuryView) -> JuryView:
    """Prices as far on the other side of spot, calls for puts, and every thesis the other one."""
    spot = seen.spot
    assert spot is not None
    told = seen.gamma
    if told is not None:
        levels = (None if at is None else 2 * spot - at for at in (told.put_wall, told.call_wall, told.zero_gamma))
        call_wall, put_wall, zero = levels
        told = replace(
            told,
            spot=2 * spot - told.spot,
            call_wall=call_wall,
            put_wall=put_wall,
            zero_gamma=zero,
            put_call_volume=None if told.put_call_volume is None else 1.0 / told.put_call_volume,
            call_premium=told.put_premium,
            put_premium=told.call_premium,
        )
    other = {LONG: SHORT, SHORT: LONG}
    holdings = tuple(replace(held, thesis=other[held.thesis]) for held in seen.book.holdings)
    advice = seen.advice
    if advice is not None:
        advice = replace(advice, bias=OTHER_WAY[Bias(advice.bias)].value)
    return replace(
        seen,
        thesis=other[seen.thesis],
        bars=None if seen.bars is None else mirrored(seen.bars, spot),
        daily=None if seen.daily is None else mirrored(seen.daily, spot),
        gamma=told,
        book=replace(seen.book, holdings=holdings),
        advice=advice,
    )


@given(
    seed=st.integers(0, 10_000),
    drift=st.sampled_from([-0.125, -0.03125, 0.0, 0.03125, 0.125]),
    step=st.sampled_from([0.05, 0.2, 0.5]),
    thesis=st.sampled_from([LONG, SHORT]),
    zero=st.sampled_from([None, 97.0, 99.5, 100.0, 100.25, 103.0]),
    walls=st.sampled_from([(None, 97.0), (103.0, 97.0), (100.5, 96.0), (99.0, 95.0), (106.0, 100.5)]),
    flow=st.sampled_from([None, 0.25, 0.5, 1.0, 3.0]),
    dealers=st.sampled_from(["long gamma", "short gamma"]),
)
@settings(max_examples=80, deadline=None)
def test_a_market_upside_down_has_the_votes_upside_down(
    seed: int, drift: float, step: float, thesis: object, zero: float | None, walls: tuple[float | None, float],
    flow: float | None, dealers: str,
) -> None:  # fmt: skip
    """No agent has a favourite direction: the mirrored market and thesis give the same action and the other bias."""
    closes = walk(200, seed=seed, step=step) + drift * np.arange(-199, 1)
    daily = walk(60, seed=seed + 1, step=2 * step) + 4 * drift * np.arange(-59, 1)
    seen = view(
        thesis=thesis,
        bars=five_minutes(closes, half=0.25),
        daily=days(daily, half=0.5),
        gamma=gamma(zero_gamma=zero, call_wall=walls[0], put_wall=walls[1], put_call_volume=flow, dealers=dealers,
                    spot=100.125, call_premium=2e6),
        book=book(holdings=(Holding("QQQ", LONG, 500.0, 0.9), Holding("GLD", SHORT, 500.0, -0.8))),
        advice=replace(ADVICE, bias="bullish" if thesis is LONG else "bearish"),
    )  # fmt: skip
    other = upside_down(seen)
    for name in NAMES:
        here, there = build(name, {}).vote(seen), build(name, {}).vote(other)
        assert (there.action, there.bias, there.blocks) == (here.action, OTHER_WAY[here.bias], here.blocks), name
        assert abs(there.confidence - here.confidence) <= 1, name  # the last digit of a mean may round the other way


def doubled(seen: JuryView) -> JuryView:
    """Every price twice as high, as in a currency of half the worth; money of the book as it is."""
    told = seen.gamma
    assert told is not None and seen.spot is not None

    def twice(series: Series | None) -> Series:
        assert series is not None
        bars = series.candles
        prices = (2.0 * part for part in (bars.open, bars.high, bars.low, bars.close))
        return replace(series, candles=Candles(bars.start, *prices, bars.volume))

    levels = {name: 2.0 * getattr(told, name) for name in ("spot", "call_wall", "put_wall", "zero_gamma")}
    return replace(seen, quote=quote(2.0 * seen.spot), bars=twice(seen.bars), daily=twice(seen.daily),
                   gamma=replace(told, **levels))  # fmt: skip


@given(seed=st.integers(0, 10_000), zero=st.floats(97.0, 103.0), drift=st.sampled_from([-0.05, 0.0, 0.05]))
@settings(max_examples=40, deadline=None)
def test_the_unit_of_prices_changes_no_vote(seed: int, zero: float, drift: float) -> None:
    """A split, or another currency, is not news."""
    closes = walk(200, seed=seed, step=0.2) + drift * np.arange(-199, 1)
    daily = days(walk(100, seed=seed, step=0.7))
    seen = replace(full_view(), bars=five_minutes(closes), daily=daily, gamma=gamma(zero_gamma=zero))
    for name in NAMES:
        here, there = build(name, {}).vote(seen), build(name, {}).vote(doubled(seen))
        assert (there.action, there.bias, there.blocks) == (here.action, here.bias, here.blocks), name
        assert abs(there.confidence - here.confidence) <= 1, name


@EACH
def test_the_thesis_turns_the_action_and_not_the_bias(name: str) -> None:
    """What an agent thinks of the market does not hang on what the alert wants."""
    for seed in range(20):
        seen = replace(full_view(seed), advice=None)
        bullish, bearish = (build(name, {}).vote(replace(seen, thesis=thesis)) for thesis in (LONG, SHORT))
        assert bullish.bias is bearish.bias
        if name != "risk":
            assert not (bullish.action is bearish.action is Action.ENTER)


def test_builders_are_of_one_moment() -> None:
    """The last bar is over now, the last day was yesterday, the snapshot is ten minutes old."""
    seen = full_view()
    assert seen.bars is not None and seen.daily is not None
    assert seen.bars.age_s(NOW) == 0.0
    assert seen.daily.age_s(NOW) == 13 * 3600
    assert GAMMA.age_s(NOW) == 600
