"""What is Twelve Data's own: errors with HTTP 200, inside a batch too, and numbers that are texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.quotes import FeedClass
from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.twelvedata import TwelveData
from tests.fakes import market
from tests.fakes.asking import Meter
from tests.fakes.faults import Fault
from tests.fakes.twelvedata import FakeTwelveData

NOW = market.MOMENT


@pytest.fixture
def fake() -> Iterator[FakeTwelveData]:
    with FakeTwelveData() as running:
        yield running


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def adapter(fake, meter):
    return TwelveData(Access(fake.url, key=fake.key, meter=meter))


def test_a_batch_costs_a_credit_for_each_symbol_the_unknown_ones_too(fake, adapter, meter):
    """Nine symbols are two requests and nine credits."""
    symbols = [*market.SHARES, market.UNKNOWN]
    assert set(adapter.quotes(symbols, now=NOW)) == set(market.SHARES)
    assert len(fake.arrivals) == 2
    assert meter.spent == 9


def test_a_limit_that_ends_the_second_batch_leaves_the_first(fake, adapter):
    """What was answered before the limit is not thrown away."""
    fake.per_minute = 8
    assert len(adapter.quotes([*market.SHARES, market.UNKNOWN], now=NOW)) == 8


def test_a_symbol_that_the_plan_does_not_reach_does_not_fail_its_batch():
    """An error beside good quotes is about that symbol; alone it is a refusal."""

    class OneRefused(FakeTwelveData):
        def quote(self, asked):
            answer = super().quote(asked)
            body = self.plan_refused().body
            return answer._replace(body={**answer.body, "F": body} if "," in asked.query["symbol"] else body)

    with OneRefused() as fake:
        adapter = TwelveData(Access(fake.url, key=fake.key))
        assert set(adapter.quotes(market.SHARES, now=NOW)) == set(market.SHARES) - {"F"}
        with pytest.raises(ProviderTrouble) as caught:
            adapter.quotes(["F"], now=NOW)
    assert caught.value.trouble is Trouble.REFUSED


def test_a_limit_is_seen_though_its_status_is_200(fake, adapter):
    """Code 429 stands in the body."""
    fake.inject(Fault.RATE_LIMITED)
    with pytest.raises(ProviderTrouble) as caught:
        adapter.quotes(["AAPL", "SPY"], now=NOW)
    assert (caught.value.trouble, fake.arrivals[0].status) == (Trouble.LIMITED, 200)


def test_a_last_price_is_stamped_with_the_last_minute_not_with_the_day(adapter):
    """timestamp is the opening of the day's bar; last_quote_at is when the price was seen."""
    quote = adapter.quotes(["AAPL"], now=NOW)["AAPL"]
    assert quote.provider_time == NOW
    assert (quote.bid, quote.ask, quote.feed) == (None, None, FeedClass.REAL_TIME)


def test_after_the_close_a_price_is_that_of_the_day(fake, adapter):
    """is_market_open says so."""
    fake.market.at = NOW + timedelta(hours=7)
    assert adapter.quotes(["AAPL"], now=fake.market.at)["AAPL"].feed is FeedClass.END_OF_DAY


def test_bars_in_new_york_time_are_read_as_such(adapter):
    """The newest comes first there and last here; the text has no offset."""
    bars = adapter.bars("AAPL", interval_s=900, count=3, now=NOW)
    assert [bar.start.hour * 60 + bar.start.minute for bar in bars] == [15 * 60 + 45, 16 * 60, 16 * 60 + 15]
