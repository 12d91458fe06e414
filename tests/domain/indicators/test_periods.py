"""Weeks, months, quarters and years of daily bars."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from domain.indicators import Candles, saty
from domain.indicators.periods import Timeframe, periods
from tests.domain.indicators.builders import candles, spy_days

NEW_YORK = ZoneInfo("America/New_York")


def daily(first: str, last: str) -> Candles:
    """A bar for each weekday, stamped at midnight New York, whose close is the day of the year."""
    span = (date.fromisoformat(last) - date.fromisoformat(first)).days
    days = [date.fromisoformat(first) + timedelta(days=offset) for offset in range(span + 1)]
    days = [day for day in days if day.weekday() < 5]
    close = np.array([float(day.timetuple().tm_yday) for day in days])
    start = [datetime.combine(day, time(), NEW_YORK).timestamp() for day in days]
    return candles(close + 0.5, close - 0.5, close, open=close - 0.25, start=start)


def began(bars: Candles) -> list[str]:
    return [datetime.fromtimestamp(second, UTC).astimezone(NEW_YORK).date().isoformat() for second in bars.start]


@pytest.mark.parametrize(
    ("timeframe", "starts"),
    [
        (Timeframe.WEEK, ["2025-12-29", "2026-01-05", "2026-01-12"]),  # a week is whole over New Year
        (Timeframe.MONTH, ["2025-12-29", "2026-01-01"]),
        (Timeframe.QUARTER, ["2025-12-29", "2026-01-01"]),
        (Timeframe.YEAR, ["2025-12-29", "2026-01-01"]),
    ],
)
def test_periods_begin_with_their_first_bar(timeframe: Timeframe, starts: list[str]) -> None:
    """On New York's calendar, whatever UTC says."""
    assert began(periods(daily("2025-12-29", "2026-01-14"), timeframe, NEW_YORK)) == starts


def test_quarters_are_four_a_year() -> None:
    """January, April, July and October begin one."""
    assert [text[5:7] for text in began(periods(daily("2025-01-01", "2025-12-31"), Timeframe.QUARTER, NEW_YORK))] == [
        "01", "04", "07", "10"
    ]  # fmt: skip


def test_a_period_is_made_of_its_bars() -> None:
    """First open, highest high, lowest low, last close, all volume."""
    week = periods(daily("2026-01-05", "2026-01-09"), Timeframe.WEEK, NEW_YORK)
    parts = [values.tolist() for values in (week.open, week.high, week.low, week.close, week.volume)]
    assert parts == [[4.75], [9.5], [4.5], [9.0], [500.0]]


def test_days_of_days_are_the_same_days() -> None:
    """And nothing is made of nothing."""
    bars = daily("2026-03-02", "2026-03-13")  # over a change of the clock
    same = periods(bars, Timeframe.DAY, NEW_YORK)
    assert (same.start == bars.start).all() and (same.volume == bars.volume).all()
    assert len(periods(Candles.of([]), Timeframe.WEEK, NEW_YORK)) == 0


@pytest.mark.parametrize("mode", saty.Mode)
def test_every_style_has_its_levels_over_the_years(mode: saty.Mode) -> None:
    """Twenty years of SPY are enough for each; the running period's levels stand on the one before."""
    _, bars = spy_days()
    whole = periods(bars, mode.value, ZoneInfo("UTC"))  # the recorded stamps are dates
    levels = saty.atr_levels(whole)
    assert levels.anchor[-1] == whole.close[-2]
    assert levels.level(1.0)[-1] - levels.anchor[-1] == pytest.approx(levels.atr[-1])
