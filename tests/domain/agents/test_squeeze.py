"""The squeeze agent: a calm that is left upwards, and the definition told the slow way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domain.agents import Action, Bias
from domain.indicators import Candles
from tests.domain.agents.builders import SHORT, five_minutes, mirrored, of, view, walk

CALM = np.tile([99.9, 100.1], 30)


def test_a_squeeze_that_fires_upwards_is_a_case() -> None:
    """Calm of 0.2, true ranges of about 1.2: on from bar 20. At 106 the bands are 2 * 1.56 = 3.1 wide on each side, outside
    1.5 mean ranges of about 1.4; the bar before, with 2 * 0.95 = 1.9 on each side, was inside those, but not inside one
    range: level 2. The momentum grows and 43 bars are long: 60 + 15 + 10 + 5 * 2.
    """
    vote = of("squeeze", view(bars=five_minutes([*CALM, 102.0, 104.0, 106.0], half=0.5)))
    assert (vote.action, vote.bias) == (Action.ENTER, Bias.BULLISH)
    assert (vote.figures["on"], vote.figures["fired_bars_ago"], vote.figures["length"]) == (False, 0, 43)
    assert vote.figures["colour"] == "cyan"
    assert (vote.figures["pro_level"], vote.confidence) == (2, 95)
    assert of("squeeze", view(thesis=SHORT, bars=five_minutes([*CALM, 102.0, 104.0, 106.0]))).action is Action.REJECT


def test_a_squeeze_that_fires_downwards_is_the_same_upside_down() -> None:
    """Bearish, falling momentum is red."""
    up = five_minutes([*CALM, 102.0, 104.0, 106.0], half=0.5)
    above, below = of("squeeze", view(bars=up)), of("squeeze", view(thesis=SHORT, bars=mirrored(up, 100.0)))
    assert (below.action, below.bias, below.confidence) == (Action.ENTER, Bias.BEARISH, above.confidence)
    assert below.figures["colour"] == "red"


def test_while_it_is_on_nothing_has_happened() -> None:
    """Sixty bars of calm: on since the twentieth, 41 bars."""
    vote = of("squeeze", view(bars=five_minutes(CALM, half=0.5)))
    assert (vote.action, vote.bias, vote.confidence) == (Action.SKIP, Bias.NEUTRAL, 65)
    assert (vote.figures["on"], vote.figures["length"]) == (True, 41)
    assert vote.reasons[0].startswith("squeezed for 41 bars, not fired; momentum ")


@pytest.mark.parametrize(("bars", "action"), [(2, Action.ENTER), (3, Action.SKIP)])
def test_a_squeeze_has_fired_for_three_bars(bars: int, action: Action) -> None:
    """Later it is no news."""
    rise = 100.0 + 2.0 * np.arange(1, 4 + bars)
    vote = of("squeeze", view(bars=five_minutes([*CALM, *rise], half=0.5)))
    assert (vote.action, vote.bias) == (action, Bias.BULLISH)
    assert vote.figures["fired_bars_ago"] == (bars if bars < 3 else None)


def test_a_momentum_that_fades_is_less_sure() -> None:
    """Fired with 106, and back to 103 a bar later: above zero and falling, blue."""
    growing, fading = (
        of("squeeze", view(bars=five_minutes([*CALM, 102, 104, 106, last], half=0.5))) for last in (108, 98)
    )
    assert (growing.figures["colour"], fading.figures["colour"]) == ("cyan", "blue")
    assert growing.figures["pro_level"] == fading.figures["pro_level"]
    assert growing.confidence - fading.confidence == 15


def test_prices_that_stand_still_are_neither_on_nor_off_for_a_reason() -> None:
    """Bands without width are not strictly inside each other."""
    vote = of("squeeze", view(bars=five_minutes(np.full(60, 100.0), half=0.0)))
    assert (vote.action, vote.bias, vote.figures["on"]) == (Action.SKIP, Bias.NEUTRAL, False)


def test_below_forty_bars_it_abstains() -> None:
    """The colour needs two momenta."""
    assert of("squeeze", view(bars=five_minutes(walk(39)))).reasons == ("colour of the squeeze needs 40 bars, have 39",)
    assert not of("squeeze", view(bars=five_minutes(walk(40)))).abstained


def slow(bars: Candles) -> tuple[bool, float]:
    """On and momentum of the last bar by the definition: plain sums over twenty bars."""
    close, high, low = bars.close.tolist(), bars.high.tolist(), bars.low.tolist()

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    def distance(at: int) -> float:
        window = slice(at - 19, at + 1)
        return close[at] - ((max(high[window]) + min(low[window])) / 2 + mean(close[window])) / 2

    n = len(close)
    middle = mean(close[-20:])
    deviation = math.sqrt(mean([(price - middle) ** 2 for price in close[-20:]]))
    ranges = [max(high[i] - low[i], abs(high[i] - close[i - 1]), abs(low[i] - close[i - 1])) for i in range(n - 20, n)]
    values = [distance(at) for at in range(n - 20, n)]
    x = range(20)
    slope = sum((i - 9.5) * value for i, value in zip(x, values, strict=True)) / sum((i - 9.5) ** 2 for i in x)
    return 2.0 * deviation < 1.5 * mean(ranges), mean(values) + slope * 9.5


@pytest.mark.parametrize("seed", range(25))
def test_on_and_momentum_are_those_of_the_definition(seed: int) -> None:
    """On 25 random walks."""
    bars = five_minutes(walk(150, seed=seed, step=0.3))
    vote = of("squeeze", view(bars=bars))
    on, momentum = slow(bars.candles)
    assert vote.figures["on"] is on
    assert vote.figures["momentum"] == pytest.approx(momentum, abs=1e-6)
