"""What is Massive's own: pages, timeframes, nanoseconds, and a key that stays at home."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.quotes import FeedClass
from market_app.providers import massive
from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.massive import Massive
from tests.fakes import market
from tests.fakes.massive import FakeMassive

NOW = market.MOMENT
TODAY = NOW.date()


@pytest.fixture
def fake() -> Iterator[FakeMassive]:
    with FakeMassive() as running:
        yield running


@pytest.fixture
def adapter(fake):
    return Massive(Access(fake.url, key=fake.key))


def test_shares_and_options_of_many_underlyings_are_one_request(fake, adapter):
    """The unified snapshot takes 250 tickers of any kind, so a book's marks cost one of five requests a minute."""
    symbols = [*market.SHARES, *(contract.symbol for s in market.SHARES for contract in market.listed(s, TODAY)[:20])]
    quotes = adapter.quotes(symbols, now=NOW)
    assert set(quotes) == set(symbols)
    assert len(fake.arrivals) == 1


def test_two_hundred_and_fifty_one_symbols_are_two_requests(fake, adapter):
    """A request carries 250; the one more is not lost."""
    contracts = [contract.symbol for s in market.SHARES for contract in market.listed(s, TODAY)][:251]
    assert set(adapter.quotes(contracts, now=NOW)) == set(contracts)
    assert len(fake.arrivals) == 2


@pytest.mark.parametrize(
    ("timeframe", "feed"),
    [
        ("REAL-TIME", FeedClass.REAL_TIME),
        ("DELAYED", FeedClass.DELAYED),
        (None, FeedClass.DELAYED),
        (3, FeedClass.DELAYED),
    ],
)
def test_the_timeframe_of_a_quote_is_its_class(fake, adapter, timeframe, feed):
    """A quote that does not say that it is real-time is taken for delayed."""
    fake.timeframe = timeframe
    quotes = adapter.quotes(["AAPL", market.listed("SPY", TODAY)[0].symbol], now=NOW)
    assert {quote.feed for quote in quotes.values()} == {feed}


def test_an_index_has_a_value_and_no_sides(adapter):
    """SPX is asked as I:SPX and can be a reference, not a quote to trade on."""
    quote = adapter.quotes(["SPX"], now=NOW)["SPX"]
    assert (quote.bid, quote.ask, quote.last) == (None, None, market.true_quote("SPX", NOW).last)


def test_an_adjusted_contract_keeps_its_root_and_its_shares(adapter):
    """AAPL1 delivers 150 shares here, and says so."""
    chain = adapter.chain("AAPL", now=NOW)
    assert [c for c in chain if c.root == market.ADJUSTED_ROOT] == sorted(market.adjusted(TODAY))
    assert all(contract.multiplier == 150 for contract in chain if contract.root == market.ADJUSTED_ROOT)


def test_options_of_an_index_have_the_root_of_the_weeklies(adapter):
    """Contracts on SPX are listed under SPXW."""
    assert {contract.root for contract in adapter.chain("SPX", now=NOW)} == {"SPXW"}


def test_pages_are_followed_at_our_own_address(fake, adapter):
    """next_url names another host; the key is sent to the one that we were told, and to no other."""
    adapter.activity("SPY", now=NOW)
    assert [arrival.query.get("cursor") for arrival in fake.arrivals] == [None, "20", "40", "60"]


def test_pages_without_end_are_an_error(fake, adapter, monkeypatch):
    """A provider whose next page is always another one does not hold us for ever."""
    monkeypatch.setattr(massive, "MOST_PAGES", 3)
    with pytest.raises(ProviderTrouble) as caught:
        adapter.chain("SPY", now=NOW)
    assert caught.value.trouble is Trouble.NONSENSE
    assert len(fake.arrivals) == 3


def test_bars_of_a_delayed_plan_wait_until_they_are_whole(fake, adapter):
    """With the status DELAYED a bar that ended ten minutes ago may still lack trades."""
    fake.late_by = timedelta(minutes=15)
    newest = adapter.bars("SPY", interval_s=300, count=1, now=NOW)[-1]
    assert newest.start + timedelta(seconds=300) <= NOW - timedelta(minutes=15)


def test_todays_bar_of_a_day_is_there_a_while_after_the_close_and_not_before(fake, adapter):
    """An option that expires is settled on it the same evening, but not on a price from before the closing auction."""
    told = market.close_of(TODAY) + timedelta(minutes=15)
    for moment, last in ((told - timedelta(seconds=1), TODAY - timedelta(days=1)), (told, TODAY)):
        fake.market.at = moment
        bar = adapter.bars("SPY", interval_s=market.DAY_S, count=5, now=moment)[-1]
        assert bar.start.astimezone(market.NEW_YORK).date() == last


def test_hours_begin_with_the_session(adapter):
    """Half past nine, not nine o'clock: the half hour before the opening is not in them."""
    starts = [bar.start.astimezone(market.NEW_YORK) for bar in adapter.bars("SPY", interval_s=3_600, count=12, now=NOW)]
    assert {start.minute for start in starts} == {30}
    assert len(starts) == 12
