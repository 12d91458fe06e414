"""The recorded days themselves; skipped where they are not there."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.quote_gate import UNDERLYING_LIMITS, judge
from market_app.interface import as_contract
from market_app.providers.lean_files import contract_of

GOOG_DAY, TWX_DAY = date(2015, 12, 24), date(2014, 6, 5)


def test_the_goog_day_is_complete(lean):
    """2,192 contracts of 12 expirations and 275,552 rows, as its description says."""
    chain = lean.chain("GOOG", now=datetime(2015, 12, 24, 15, tzinfo=UTC))
    assert len(chain) == 2_192
    assert len({contract.expiration for contract in chain}) == 12
    assert lean.load_all("GOOG", GOOG_DAY) == 275_552


def test_the_twx_day_is_complete(lean):
    """184 contracts of 5 expirations, the monthly ones dated on Saturdays."""
    chain = lean.chain("TWX", now=datetime(2014, 6, 5, 15, tzinfo=UTC))
    assert len(chain) == 184
    expirations = sorted({contract.expiration for contract in chain})
    assert len(expirations) == 5
    assert expirations[0] == date(2014, 6, 21)


@pytest.mark.parametrize(("root", "day", "opens"), [("goog", GOOG_DAY, 14.5), ("twx", TWX_DAY, 13.5)])
def test_no_quote_differs_from_the_files_read_row_by_row(lean, recorded, root, day, opens):
    """Every fortieth contract at many moments, against a plain reading of its rows up to that moment."""
    path = recorded / f"option/usa/minute/{root}/{day:%Y%m%d}_quote_american.zip"
    opened = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=opens)
    compared = 0
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist()[::40]:
            rows = list(csv.reader(io.StringIO(archive.read(name).decode())))
            symbol = contract_of(name).symbol
            for minute in (1, 2, 7, 45, 111, 209):
                now = opened + timedelta(minutes=minute, seconds=7)
                seen = lean.quotes([symbol], now=now).get(symbol)
                expected = plain_reading(rows, 34_200_000 + minute * 60_000)
                if expected == (None, 0, None, 0):
                    assert seen is None or (seen.bid, seen.ask) == (None, None)
                else:
                    assert (seen.bid, seen.bid_size or 0, seen.ask, seen.ask_size or 0) == expected
                compared += 1
    assert compared > 20


def plain_reading(rows, moment):
    bid, bid_size, ask, ask_size = None, 0, None, 0
    for row in rows:
        if not 34_200_000 <= int(row[0]) <= moment - 60_000:
            continue
        if row[4]:
            bid, bid_size = Decimal(row[4]) / 10_000, int(row[5])
        if row[9]:
            ask, ask_size = Decimal(row[9]) / 10_000, int(row[10])
    return bid, bid_size, ask, ask_size


def test_the_underlying_is_good_at_every_minute_of_the_session(lean):
    """From one minute after the open until the early close."""
    opened = datetime(2015, 12, 24, 14, 30, tzinfo=UTC)
    for minute in range(1, 210):
        now = opened + timedelta(minutes=minute, seconds=30)
        verdict = judge(lean.quotes(["GOOG"], now=now)["GOOG"], now=now, limits=UNDERLYING_LIMITS)
        assert verdict.good, verdict.text


def test_bars_begin_the_evening_before(lean):
    """Six minutes after the open there is a full day of bars already, so indicators have a history."""
    bars = lean.bars("GOOG", interval_s=300, count=120, now=datetime(2015, 12, 24, 14, 36, tzinfo=UTC))
    assert len(bars) == 79
    assert bars[-1].start == datetime(2015, 12, 24, 14, 30, tzinfo=UTC)


def test_closing_prices_are_the_days_last(lean):
    """748.40 for GOOG, as the daily file says too."""
    after = datetime(2015, 12, 25, 12, tzinfo=UTC)
    assert lean.closing_price("GOOG", day=GOOG_DAY, now=after) == Decimal("748.40")
    assert lean.bars("GOOG", interval_s=86_400, count=1, now=after)[0].close == Decimal("748.40")


def test_the_chain_parses_back_from_its_symbols(lean):
    """Every recorded contract's compact symbol is understood by the one parser of symbols."""
    for contract in lean.chain("GOOG", now=datetime(2015, 12, 24, 15, tzinfo=UTC)):
        assert as_contract(contract.symbol) == contract
