"""What is Cboe's own: one file with everything, a quarter of an hour old, and a 403 that means two things."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.quote_gate import UNDERLYING_LIMITS, judge
from domain.quotes import FeedClass
from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.cboe import Cboe
from tests.fakes import market
from tests.fakes.cboe import FakeCboe
from tests.fakes.faults import Fault

NOW = market.MOMENT
TODAY = NOW.date()


@pytest.fixture
def fake() -> Iterator[FakeCboe]:
    with FakeCboe() as running:
        yield running


@pytest.fixture
def adapter(fake):
    return Cboe(Access(fake.url))


def test_quotes_are_stamped_with_what_they_show_not_with_when_the_file_was_made(adapter):
    """The file is fresh, its prices are not: fifteen minutes come off, and the gate knows the feed as delayed."""
    quote = adapter.quotes(["SPY"], now=NOW)["SPY"]
    assert (quote.provider_time, quote.feed) == (NOW - timedelta(minutes=15), FeedClass.DELAYED)
    assert judge(quote, now=NOW, limits=UNDERLYING_LIMITS).good


def test_an_underlying_and_all_its_options_are_one_request(fake, adapter):
    """A book of options on two underlyings costs two files."""
    symbols = ["SPY", *(c.symbol for name in ("SPY", "QQQ") for c in market.listed(name, TODAY))]
    assert set(adapter.quotes(symbols, now=NOW)) == set(symbols)
    assert len(fake.arrivals) == 2


def test_an_index_has_an_underscore_and_its_weeklies_are_in_its_file(fake, adapter):
    """SPXW contracts are asked for under _SPX."""
    symbol = market.listed("SPX", TODAY)[0].symbol
    assert symbol.startswith("SPXW")
    assert symbol in adapter.quotes([symbol], now=NOW)
    assert fake.arrivals[0].path.endswith("/_SPX.json")


def test_an_adjusted_contract_has_a_quote_but_is_not_listed(adapter):
    """How many shares it delivers is not told, so nobody may pick it; one that is held can be marked."""
    symbol = market.adjusted(TODAY)[0].symbol
    assert symbol in adapter.quotes([symbol], now=NOW)
    assert not [contract for contract in adapter.chain("AAPL", now=NOW) if contract.root == market.ADJUSTED_ROOT]


def test_a_file_that_is_not_there_is_no_data_and_being_blocked_is_a_refusal(fake, adapter):
    """Both have status 403; only the first says AccessDenied."""
    troubles = []
    for symbol, fault in ((market.UNKNOWN, None), ("AAPL", Fault.UNAUTHORISED)):
        if fault is not None:
            fake.inject(fault)
        with pytest.raises(ProviderTrouble) as caught:
            adapter.quotes([symbol], now=NOW)
        troubles.append(caught.value.trouble)
    assert troubles == [Trouble.NO_DATA, Trouble.REFUSED]


def test_a_limit_says_for_how_long(fake, adapter):
    """Retry-After is handed on to whoever decides when to ask again."""
    fake.inject(Fault.RATE_LIMITED)
    with pytest.raises(ProviderTrouble) as caught:
        adapter.quotes(["AAPL"], now=NOW)
    assert caught.value.retry_after_s == 30.0
