"""What holds for every indicator: no look ahead, no number before its time, no hole spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

from domain.indicators import (
    BarsWithHoles,
    Candles,
    InsufficientHistory,
    averages,
    bands,
    hours,
    oscillators,
    saty,
    squeeze,
    strat,
    volume,
)
from tests.domain.indicators.builders import candles, days, first, wandering

BARS: Final = wandering()
HOURS: Final = days(("2026-11-16 14:30", "2026-11-16 21:00"), ("2026-11-17 14:30", "2026-11-17 21:00"))
ALL: Final[dict[str, tuple[Callable[[Candles], Any], int]]] = {
    "sma": (averages.sma, 20),
    "ema": (averages.ema, 20),
    "macd": (averages.macd, 34),
    "rsi": (oscillators.rsi, 15),
    "stochastic": (oscillators.stochastic, 18),
    "adx": (oscillators.adx, 28),
    "atr": (bands.atr, 14),
    "bollinger": (bands.bollinger, 20),
    "keltner": (bands.keltner, 20),
    "keltner of the squeeze": (bands.keltner_of_squeeze, 20),
    "obv": (volume.obv, 1),
    "volume ratio": (volume.volume_ratio, 21),
    "vwap": (lambda bars: volume.vwap(bars, HOURS), 1),
    "opening range": (lambda bars: hours.opening_range(bars, HOURS, minutes=30, interval_s=300), 6),
    "squeeze": (squeeze.squeeze, 39),
    "squeeze momentum": (squeeze.momentum, 39),
    "squeeze pro": (squeeze.pro_level, 20),
    "bar types": (strat.bar_types, 2),
    "saty levels": (saty.atr_levels, 15),
    "saty ribbon": (saty.ribbon, 48),
    "saty phase": (saty.phase, 23),
}
EACH = pytest.mark.parametrize("name", ALL)


def arrays(found: Any) -> dict[str, np.ndarray]:
    return dict(found._asdict()) if hasattr(found, "_asdict") else {"": found}


@EACH
def test_later_bars_never_change_what_was_told(name: str) -> None:
    """What an indicator says of a bar is the same on that bar's close and for ever after."""
    indicator, need = ALL[name]
    whole = arrays(indicator(BARS))

    for known in sorted({need, need + 1, 60, 73, 97, 151, 200, 299} - set(range(need))):
        for part, values in arrays(indicator(first(BARS, known))).items():
            np.testing.assert_array_equal(values, whole[part][:known], err_msg=f"{name} {part} at {known} bars")


def test_later_bars_never_change_a_combo() -> None:
    """The combinations of the Strat are a list, not an array."""
    whole = strat.combos(BARS)

    assert len(whole) > 50
    for known in (3, 4, 50, 151):
        assert strat.combos(first(BARS, known)) == [combo for combo in whole if combo.at < known]


def test_a_setup_is_what_the_next_bar_may_end() -> None:
    """Whatever a bar ended by a 2 was told the bar before, with the same prices."""
    ended = [combo for combo in strat.combos(BARS) if combo.name != "1-3"]

    for combo in ended:
        assert combo in strat.setups(first(BARS, combo.at))


@EACH
def test_every_array_is_as_long_as_the_bars(name: str) -> None:
    """Index i is bar i, whatever the warm-up."""
    for values in arrays(ALL[name][0](BARS)).values():
        assert values.shape == (len(BARS),)


@EACH
def test_too_few_bars_are_said_with_their_figures(name: str) -> None:
    """Exactly enough gives an answer, one fewer a refusal."""
    indicator, need = ALL[name]
    indicator(first(BARS, need))

    with pytest.raises(InsufficientHistory, match=f"needs {need} bars, have {need - 1}"):
        indicator(first(BARS, need - 1))


@EACH
def test_prices_that_stand_still_divide_nothing_by_zero(name: str) -> None:
    """No infinity and no warning comes of bars without height, change or volume."""
    flat = candles(np.full(250, 5.0), np.full(250, 5.0), np.full(250, 5.0), volume=np.zeros(250))

    for values in arrays(ALL[name][0](flat)).values():
        if values.dtype.kind == "f":
            assert not np.isinf(values).any()


@pytest.mark.parametrize("part", ["start", "open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, -1.0])
def test_a_hole_is_refused_wherever_it_is(part: str, wrong: float) -> None:
    """Bars with a value that is no number, or below zero, never become Candles, so no indicator can spread it."""
    parts = {
        name: getattr(BARS, name).astype(float).copy() for name in ("start", "open", "high", "low", "close", "volume")
    }
    parts[part][17] = wrong

    with pytest.raises(BarsWithHoles, match=f"bar 1[78] of 300: {part}") as refused:
        Candles(**parts)
    assert refused.value.code == "bars_with_holes"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"close": [1.0, 0.0, 1.0]}, r"bar 2 of 3: close \(0.0\)"),
        ({"high": [1.0, 0.9, 1.0]}, r"bar 2 of 3: high below low"),
        ({"start": [0, 60, 60]}, r"bar 3 of 3: start not after"),
        ({"start": [0, 120, 60]}, r"bar 3 of 3: start not after"),
        ({"close": [1.0, 1.0]}, "differ in shape"),
        ({"open": [[1.0, 1.0, 1.0]]}, "differ in shape"),
    ],
)
def test_impossible_bars_are_refused(change: dict[str, list[float]], says: str) -> None:
    """A price of zero, a high under a low, times that stand still or go back, parts of different length."""
    ones = [1.0, 1.0, 1.0]
    parts = {"start": [0, 60, 120], "open": ones, "high": ones, "low": ones, "close": ones, "volume": ones} | change

    with pytest.raises(BarsWithHoles, match=says):
        Candles(**{name: np.array(values) for name, values in parts.items()})


def test_bars_of_equal_wrong_shape_are_refused() -> None:
    """A table is not a series."""
    with pytest.raises(BarsWithHoles, match="differ in shape"):
        table = np.ones((2, 2))
        Candles(np.array([[1, 2], [1, 2]]), table, table, table, table, table)


def test_candles_are_read_only_copies() -> None:
    """Nobody changes bars under an indicator's feet."""
    close = np.array([1.0, 2.0])
    bars = candles(close, close, close)
    close[0] = 9.0

    assert bars.close[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0] = 9.0


SCALE_FREE: Final = {"rsi", "stochastic", "adx", "bar types", "squeeze pro", "saty phase"}
IN_PRICE: Final = {
    "sma",
    "ema",
    "macd",
    "atr",
    "bollinger",
    "keltner",
    "keltner of the squeeze",
    "vwap",
    "squeeze momentum",
}


@pytest.mark.parametrize("name", sorted(SCALE_FREE | IN_PRICE))
def test_prices_in_another_currency_change_prices_only(name: str) -> None:
    """At half the unit every average and band is twice as high, every index and state the same."""
    double = Candles(BARS.start, 2 * BARS.open, 2 * BARS.high, 2 * BARS.low, 2 * BARS.close, BARS.volume)
    factor = 2.0 if name in IN_PRICE else 1.0
    before, after = arrays(ALL[name][0](BARS)), arrays(ALL[name][0](double))

    for part, values in after.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(values, factor * before[part], rtol=1e-12, atol=1e-9)
        else:
            np.testing.assert_array_equal(values, before[part])
