"""The interest rate: a recorded day brings its own, every other day takes the setting."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from books_app import clock
from market_app.providers import use_provider
from market_app.providers.lean import Lean
from market_app.providers.lean_files import RecordedRates
from market_app.providers.simulated import Simulated
from market_app.rates import risk_free_rate

NOON = datetime(2015, 12, 24, 17, tzinfo=UTC)


def test_a_recorded_day_has_the_rate_of_its_time(lean: Lean):
    """One percent since 17 December 2015, 0.75 before; the day is New York's."""
    with use_provider(lean):
        assert risk_free_rate(NOON) == 0.01
        assert risk_free_rate(datetime(2015, 12, 17, 4, 59, tzinfo=UTC)) == 0.0075
        assert risk_free_rate(datetime(2015, 12, 17, 5, 0, tzinfo=UTC)) == 0.01


def test_a_rate_counts_from_its_date_until_the_next(tmp_path):
    """Before the first there is none, after the last it goes on; rows may stand in any order."""
    file = tmp_path / "rates.csv"
    file.write_text("DATE,PCREDIT8\n2010-02-19,0.75\r\n2008-12-17,0.50\n")
    rates = RecordedRates(file)
    days = [date(2008, 12, 16), date(2008, 12, 17), date(2010, 2, 18), date(2010, 2, 19), date(2030, 1, 1)]
    assert [rates.on(day) for day in days] == [None, 0.005, 0.005, 0.0075, 0.0075]


def test_a_recording_without_rates_takes_the_setting(tmp_path, recorded, settings):
    """So does a day before the first one."""
    (tmp_path / "market-hours").symlink_to(recorded / "market-hours")
    settings.RISK_FREE_RATE = 0.031
    with use_provider(Lean(tmp_path)):
        assert risk_free_rate(NOON) == 0.031
    with use_provider(Lean(recorded)):
        assert risk_free_rate(datetime(2002, 12, 24, 17, tzinfo=UTC)) == 0.031


@pytest.mark.parametrize("rate", [0.0, -0.005, 0.052])
def test_a_market_of_now_takes_the_setting(settings, rate: float):
    """Zero and negative ones are rates too; the clock is the one of the house."""
    settings.RISK_FREE_RATE = rate
    with use_provider(Simulated(7)), clock.running_on(lambda: NOON):
        assert risk_free_rate() == rate
