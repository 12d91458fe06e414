"""When a contract trades last."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.options.expiry import days_to_expiration, last_trading_date, years_until


def test_a_saturday_expiration_trades_last_on_the_friday():
    """Monthly contracts before February 2015 carry the Saturday."""
    assert last_trading_date(date(2014, 6, 21)) == date(2014, 6, 20)
    assert last_trading_date(date(2015, 12, 24)) == date(2015, 12, 24)


@pytest.mark.parametrize(
    ("today", "days"),
    [(date(2014, 6, 5), 15), (date(2014, 6, 20), 0), (date(2014, 6, 21), -1), (date(2014, 6, 23), -3)],
)
def test_days_count_to_the_last_trading_date(today, days):
    """Zero means that today is the last chance."""
    assert days_to_expiration(date(2014, 6, 21), today) == days


def test_time_runs_to_the_moment_and_never_below_a_minute():
    """Half a day is half a day; the last minute and what is past count as one minute."""
    close = datetime(2015, 12, 24, 18, tzinfo=UTC)
    assert years_until(close, close - timedelta(hours=12)) == pytest.approx(0.5 / 365)
    assert years_until(close, close) == years_until(close, close + timedelta(days=1)) == pytest.approx(1 / 525_600)
