"""The rules of listing against a list of expirations that was real."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from domain.options.expirations import Cadence, Doubt, ExpirationKind, cadence_of, judged
from domain.sessions import Product
from market_app import sessions
from tests.market_app.conftest import utc

pytestmark = pytest.mark.django_db


def test_every_expiration_of_the_recorded_google_chain_has_its_kind(lean):
    """Weeklies, monthlies and the LEAPS of three years; the furthest lie beyond a calendar of one year."""
    now = utc("2015-12-24 17:00:00")
    sessions.seed_sessions(date(2015, 12, 1), date(2016, 12, 23), today=now.date())
    trading = partial(sessions.is_trading_day, calendar=sessions.exchange_calendar(Product.EQUITY_OPTION))
    listed = {contract.expiration for contract in lean.chain("GOOG", now=now)}

    found = judged(listed, cadence=cadence_of("GOOG"), today=now.date(), is_trading_day=trading)

    assert len(found) > 8
    assert {each.doubt for each in found if each.date < date(2016, 12, 23)} == {None}
    assert {each.doubt for each in found if each.date > date(2016, 12, 23)} == {Doubt.BEYOND_CALENDAR}
    kinds = {each.date: each.kind for each in found}
    assert kinds[date(2015, 12, 31)] is ExpirationKind.WEEKLY  # a Thursday, for New Year's Day is a Friday
    assert kinds[date(2016, 1, 15)] is ExpirationKind.MONTHLY
    assert kinds[date(2018, 1, 19)] is ExpirationKind.LEAPS
    assert cadence_of("GOOG") is Cadence.FRIDAYS
