"""What is MarketData.app's own: credits, columns, success that is not 200, and an age that tells the class."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.quotes import FeedClass
from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.marketdata import SINGLY, MarketDataApp
from tests.fakes import market
from tests.fakes.asking import Meter
from tests.fakes.faults import Fault
from tests.fakes.marketdata import FakeMarketData

NOW = market.MOMENT
TODAY = NOW.date()
CHAIN = market.listed("AAPL", TODAY)
FIRST = [contract.symbol for contract in CHAIN if contract.expiration == CHAIN[0].expiration]


@pytest.fixture
def fake() -> Iterator[FakeMarketData]:
    with FakeMarketData() as running:
        yield running


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def adapter(fake, meter):
    return MarketDataApp(Access(fake.url, key=fake.key, meter=meter))


def test_many_contracts_of_one_expiration_are_one_request_and_all_are_paid(fake, adapter, meter):
    """The chain of the expiration costs a credit for each of its contracts, asked for or not."""
    wanted = FIRST[: SINGLY + 1]
    assert set(adapter.quotes(wanted, now=NOW)) == set(wanted)
    assert len(fake.arrivals) == 1
    assert meter.spent == len(FIRST)


def test_a_few_contracts_are_asked_one_by_one(fake, adapter, meter):
    """Four credits are fewer than those of a whole expiration, and the free plan has a hundred a day."""
    adapter.quotes(FIRST[:SINGLY], now=NOW)
    assert len(fake.arrivals) == SINGLY == meter.spent


def test_a_chain_without_prices_costs_one_credit(fake, adapter, meter):
    """Only columns without a price are asked for; their answer has no status of its own."""
    adapter.chain("AAPL", now=NOW)
    adapter.activity("AAPL", now=NOW)
    assert meter.spent == 2 == sum(arrival.cost for arrival in fake.arrivals)


def test_one_contract_without_data_does_not_fail_the_next(adapter):
    """A 404 that says no_data is an answer about one contract."""
    gone = market.expired("AAPL", TODAY).symbol
    assert set(adapter.quotes([gone, FIRST[0]], now=NOW)) == {FIRST[0]}


def test_shares_are_always_delayed_and_options_as_old_as_they_are(fake, adapter):
    """An option stamped this minute is real-time; a quarter of an hour later the same feed is a delayed one."""
    both = adapter.quotes(["AAPL", FIRST[0]], now=NOW)
    assert both["AAPL"].feed is FeedClass.DELAYED
    assert both[FIRST[0]].feed is FeedClass.REAL_TIME
    fake.late_by = timedelta(minutes=15)
    late = adapter.quotes([FIRST[0]], now=NOW)[FIRST[0]]
    assert (late.feed, late.provider_time) == (FeedClass.DELAYED, NOW - timedelta(minutes=15))


def test_an_empty_cache_is_no_data(fake, adapter):
    """204 is success without an answer: not a failure, and not a quote."""
    fake.inject(Fault.EMPTY_204)
    with pytest.raises(ProviderTrouble) as caught:
        adapter.quotes(["AAPL"], now=NOW)
    assert caught.value.trouble is Trouble.NO_DATA


def test_columns_that_do_not_fit_each_other_are_refused():
    """A column that lost a value would give every later symbol its neighbour's price."""

    class Short(FakeMarketData):
        def stock_quotes(self, asked):
            answer = super().stock_quotes(asked)
            answer.body["bid"].pop(0)
            return answer

    with Short() as fake, pytest.raises(ProviderTrouble) as caught:
        MarketDataApp(Access(fake.url, key=fake.key)).quotes(["AAPL", "SPY", "GOOG"], now=NOW)
    assert caught.value.trouble is Trouble.NONSENSE


def test_an_index_is_not_asked_for_as_a_share(fake, adapter):
    """There are shares with the names of indices."""
    assert set(adapter.quotes(["SPX", "AAPL"], now=NOW)) == {"AAPL"}
    assert [arrival.path for arrival in fake.arrivals] == ["/v1/stocks/quotes/AAPL/"]
    with pytest.raises(ProviderTrouble):
        adapter.bars("SPX", interval_s=60, count=1, now=NOW)


def test_a_plan_that_does_not_reach_is_a_refusal(fake, adapter):
    """402 is the plan's limit: asking again does not help."""
    fake.inject(Fault.PLAN_REFUSED)
    with pytest.raises(ProviderTrouble) as caught:
        adapter.bars("AAPL", interval_s=60, count=1, now=NOW)
    assert caught.value.trouble is Trouble.REFUSED
