"""TTM Squeeze: state, momentum and colours, against recorded days and by hand."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from domain.indicators import bands, squeeze
from domain.indicators.candles import Candles
from tests.domain.indicators.builders import candles, first, spy_days, wandering


def test_spy_was_squeezed_on_48_days_of_2014() -> None:
    """And on 87 by the version that confuses the two factors; fired as often as a squeeze ended."""
    dates, bars = spy_days()
    year = np.array([day.startswith("2014") for day in dates])
    found = squeeze.squeeze(bars)

    assert int(found.on[year].sum()) == 48
    narrow, channel = bands.bollinger(bars, width=1.5), bands.keltner_of_squeeze(bars)
    assert int(((narrow.upper < channel.upper) & (narrow.lower > channel.lower))[year].sum()) == 87
    assert_array_equal(found.fired[1:], found.on[:-1] & ~found.on[1:])


def test_quiet_bars_are_a_squeeze_until_one_breaks_out() -> None:
    """On from bar 20, fired on the first bar that is off, and on that bar only."""
    close = np.concatenate([np.tile([10.0, 10.1], 20), [15.0, 20.0, 25.0]])
    found = squeeze.squeeze(candles(close + 0.5, close - 0.5, close))

    assert found.on.tolist() == [False] * 19 + [True] * 21 + [False] * 3
    assert np.flatnonzero(found.fired).tolist() == [40]


def test_momentum_is_the_end_of_the_regression_not_its_slope() -> None:
    """Of an even climb: the middle lags 9.5 steps, half by the highs and lows and half by the mean."""
    close = np.arange(1.0, 61.0)
    found = squeeze.momentum(candles(close, close, close))

    assert np.isnan(found[:38]).all()
    assert_allclose(found[38:], 9.5)


def test_momentum_is_the_fitted_line_at_its_last_point() -> None:
    """The same by numpy's own least squares on a wandering price."""
    bars = wandering(120)
    found = squeeze.momentum(bars)
    distance = np.array([_distance(bars, i) for i in range(19, 120)])
    for end in range(38, 120):
        window = distance[end - 38 : end - 18]
        assert_allclose(found[end], np.polyval(np.polyfit(np.arange(20), window, 1), 19), atol=1e-9)


def _distance(bars: Candles, i: int) -> float:
    last = slice(i - 19, i + 1)
    middle = (bars.high[last].max() + bars.low[last].min()) / 2
    return float(bars.close[i] - (middle + bars.close[last].mean()) / 2)


def test_colours_tell_side_and_direction() -> None:
    """Above zero cyan while rising and blue while not, below it red while falling and yellow while not."""
    found = squeeze.squeeze(wandering())

    seen = set()
    for now, before, colour in zip(found.momentum[39:], found.momentum[38:-1], found.colours[39:], strict=True):
        rising = now > before
        assert colour == (("cyan" if rising else "blue") if now > 0 else ("red" if now < before else "yellow"))
        seen.add(str(colour))
    assert seen == {"cyan", "blue", "red", "yellow"}
    assert set(found.colours[:39].tolist()) == {""}


def test_pro_levels_are_nested() -> None:
    """Each narrower channel includes the wider ones; level 2 or more is the ordinary squeeze."""
    bars = wandering()
    levels = squeeze.pro_level(bars)

    assert_array_equal(levels >= 2, squeeze.squeeze(bars).on)
    assert set(levels.tolist()) >= {0, 1, 2}
    assert not squeeze.pro_level(first(bars, 20))[:19].any()
