"""Reading single values: what is told, what is not, and what cannot be."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.symbols.occ import OptionContract
from market_app.providers import reading

STAMP = datetime(2026, 11, 18, 16, 40, 30, tzinfo=UTC)
SECONDS = int(STAMP.timestamp())


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (640.17, "640.17"),
        ("640.17000", "640.17"),
        (0.1 + 0.2, "0.30000000000000004"),
        (3, "3"),
        (-1.5, "-1.5"),
        ("1e-3", "0.001"),
    ],
)
def test_numbers_are_read_to_the_last_digit(value, number):
    """A float is the shortest text that means it; a text is itself."""
    assert reading.number(value) == Decimal(number)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, True, "12,34.5.6", "1_000", "٣", " 1", [], {}, 10**40, "9" * 300, "NaN"]
)
def test_what_is_no_number_is_nan_and_not_nothing(value):
    """None would say that nobody bids; NaN says that the provider is broken. Decimal would have read some of these."""
    found = reading.number(value)
    assert found is not None
    assert found.is_nan()


@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_told_is_none(value):
    """In every kind of figure."""
    assert reading.number(value) is reading.price(value) is reading.count(value) is reading.size(value) is None


def test_zero_is_a_count_but_neither_a_price_nor_a_size():
    """Nobody holds a contract: 0. Nobody bids for it: None."""
    assert reading.count(0) == 0
    assert reading.price(0) is reading.price("0.0000") is reading.size(0) is None


@pytest.mark.parametrize("value", [-1, math.nan, "x", 10**30, 1e300, True])
def test_a_count_that_cannot_be_is_not_told(value):
    """Open interest of minus one is no open interest."""
    assert reading.count(value) is None


@pytest.mark.parametrize(
    ("value", "per_second"),
    [(SECONDS, 1), (SECONDS * 1_000, 1_000), (SECONDS * 10**9, 10**9), (float(SECONDS), 1)],
)
def test_times_are_read_in_every_unit(value, per_second):
    """Seconds, milliseconds and nanoseconds since 1970 are the same moment, exactly."""
    assert reading.moment(value, per_second=per_second) == STAMP


@pytest.mark.parametrize("value", [None, 0, -1, True, "1795020030", math.nan, math.inf, SECONDS * 1_000, 10**400])
def test_what_cannot_be_a_time_in_this_century_is_none(value):
    """Milliseconds taken for seconds lie fifty thousand years ahead."""
    assert reading.moment(value) is None


def test_clocks_without_an_offset_are_in_new_york():
    """Unless the provider is known to write UTC; an offset that is written counts."""
    assert reading.clock("2026-11-18 11:40:30") == STAMP
    assert reading.clock("2026-11-18 16:40:30", utc=True) == STAMP
    assert reading.clock("2026-11-18T17:40:30+01:00") == STAMP


@pytest.mark.parametrize("value", ["", None, 5, "noon", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "2026-02-30"])
def test_a_text_that_is_no_time_is_none(value):
    """Also one that could not be moved to another time zone."""
    assert reading.clock(value) is None


@pytest.mark.parametrize(
    ("underlying", "symbol", "multiplier", "found"),
    [
        ("BRK.B", "BRKB261120C00495000", None, True),
        ("SPX", "SPXW261120C06400000", None, True),
        ("AAPL", "AAPL1261120C00180330", 150, True),
        ("AAPL", "AAPL1261120C00180330", None, False),
        ("AAPL", "AAPL261120C00270000", "many", False),
        ("AAPL", "AAPL261120C00270000", 0, False),
        ("AAPL", "AAPL261120C00270000", 10**6, False),
        ("AAPL", "GOOG261120C00180000", None, False),
        ("AAPL", "AAPL261399C00180000", None, False),
        ("AAPL", "", None, False),
    ],
)
def test_a_contract_is_taken_only_if_it_is_one_on_that_underlying(underlying, symbol, multiplier, found):
    """Its shares are those that are told; without a word they are a hundred, but not for an adjusted root."""
    contract = reading.contract_on(underlying, symbol, multiplier=multiplier)
    assert contract == (OptionContract.parse(symbol, multiplier=multiplier or 100) if found else None)


@pytest.mark.parametrize(
    "figures",
    [
        (10, 9, 8, 8.5, 1),  # the high below the open
        (10, 11, 10.5, 10.8, 1),  # the low above the open
        (10, 11, 0, 10, 1),
        (10, math.nan, 9, 10, 1),
        (10, 11, 9, None, 1),
        (10, 11, 9, 10, -1),
        (10, 1e300, 9, 10, 1),
    ],
)
def test_figures_that_cannot_be_a_bar_are_none(figures):
    """High is highest, low is lowest, everything is above zero, and volume is told."""
    assert reading.bar_of(STAMP, figures) is None
    assert reading.bar_of(STAMP, (10, 11, 9, 10.5, 0)) is not None
