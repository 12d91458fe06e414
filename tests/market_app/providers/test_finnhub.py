"""What is Finnhub's own: zeros for what it does not know, and days that begin at midnight UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.finnhub import Finnhub
from tests.fakes import market
from tests.fakes.faults import Fault
from tests.fakes.finnhub import FakeFinnhub

NOW = market.MOMENT


@pytest.fixture
def fake() -> Iterator[FakeFinnhub]:
    with FakeFinnhub() as running:
        yield running


@pytest.fixture
def adapter(fake):
    return Finnhub(Access(fake.url, key=fake.key))


def test_zeros_are_no_price(fake, adapter):
    """An unknown symbol is answered with HTTP 200 and 0 everywhere."""
    with pytest.raises(ProviderTrouble) as caught:
        adapter.quotes([market.UNKNOWN], now=NOW)
    assert (caught.value.trouble, fake.arrivals[0].status) == (Trouble.NO_DATA, 200)


def test_a_day_of_midnight_utc_is_labelled_with_midnight_new_york(adapter):
    """Otherwise every daily bar would belong to the evening before."""
    bar = adapter.bars("AAPL", interval_s=market.DAY_S, count=1, now=NOW)[0]
    local = bar.start.astimezone(market.NEW_YORK)
    assert (local.date(), local.hour) == (NOW.date() - timedelta(days=1), 0)


def test_free_keys_have_no_bars(fake, adapter):
    """403 since 2024: the chain asks the next one, and asking again would not help."""
    fake.inject(Fault.PLAN_REFUSED)
    with pytest.raises(ProviderTrouble) as caught:
        adapter.bars("AAPL", interval_s=60, count=1, now=NOW)
    assert caught.value.trouble is Trouble.REFUSED


def test_options_are_not_asked_for(fake, adapter):
    """They are not offered; among shares they are left out without a request."""
    option = market.listed("AAPL", NOW.date())[0].symbol
    assert set(adapter.quotes([option, "AAPL"], now=NOW)) == {"AAPL"}
    assert len(fake.arrivals) == 1


def test_what_was_answered_before_the_limit_is_kept(fake, adapter):
    """The third of three symbols is refused; two quotes are better than none."""
    fake.per_minute = 2
    assert set(adapter.quotes(["AAPL", "SPY", "F"], now=NOW)) == {"AAPL", "SPY"}
