"""Expirations that a provider lists are held against what can be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.sessions import Product
from domain.symbols.occ import OptionContract, Right
from market_app.chain.listing import believable
from market_app.interface import Calendar
from market_app.sessions import exchange_calendar, seed_sessions

TODAY = date(2026, 11, 18)


@pytest.fixture
def calendar(db: None) -> Calendar:
    seed_sessions(date(2026, 11, 1), date(2026, 12, 31), today=TODAY)
    return exchange_calendar(Product.EQUITY)


@pytest.mark.parametrize(
    ("day", "kept"),
    [
        ("2026-11-20", True),  # a third Friday
        ("2026-11-24", True),  # a Tuesday: unusual for this class, not impossible
        ("2026-11-26", False),  # Thanksgiving
        ("2026-11-21", False),  # a Saturday, as monthly contracts had until 2015
        ("2026-11-22", False),
        ("2026-11-13", False),  # over
        ("2028-01-21", True),  # beyond the calendar
    ],
)
def test_contracts_of_impossible_dates_are_left_out(calendar: Calendar, day: str, kept: bool) -> None:
    """Holidays, weekends and the past cannot be; what is only unusual, or not known yet, is kept."""
    contract = OptionContract("GOOG", date.fromisoformat(day), Right.CALL, Decimal(180))

    assert believable("GOOG", [contract], today=TODAY, calendar=calendar) == ([contract] if kept else [])
