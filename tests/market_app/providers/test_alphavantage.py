"""What is Alpha Vantage's own: three kinds of refusal with HTTP 200, a key in the address, and days without hours."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.quotes import FeedClass
from market_app.providers.access import Access, Patience, ProviderTrouble, Trouble
from market_app.providers.alphavantage import AlphaVantage
from tests.fakes import market
from tests.fakes.alphavantage import FakeAlphaVantage
from tests.fakes.faults import Fault

NOW = market.MOMENT
TODAY = NOW.date()


@pytest.fixture
def fake() -> Iterator[FakeAlphaVantage]:
    with FakeAlphaVantage() as running:
        yield running


@pytest.fixture
def adapter(fake):
    return AlphaVantage(Access(fake.url, key=fake.key, patience=Patience(0.2, 0.2, 0.2)))


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (Fault.RATE_LIMITED, Trouble.LIMITED),
        (Fault.PLAN_REFUSED, Trouble.REFUSED),
        (Fault.UNAUTHORISED, Trouble.REFUSED),
        (Fault.NO_DATA, Trouble.NO_DATA),
    ],
)
def test_what_a_text_in_place_of_data_means(fake, adapter, fault, trouble):
    """The status is 200 each time; the words decide, and the key that they repeat is not repeated by us."""
    fake.inject(fault)
    with pytest.raises(ProviderTrouble) as caught:
        adapter.bars("AAPL", interval_s=market.DAY_S, count=5, now=NOW)
    assert (caught.value.trouble, fake.arrivals[0].status) == (trouble, 200)
    assert fake.key not in str(caught.value)


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.RESET, Fault.CUT_OFF])
def test_the_key_in_the_address_is_not_in_a_traceback(fake, adapter, fault):
    """What requests raises shows the whole address, so it is not kept as the cause."""
    fake.inject(fault)
    with pytest.raises(ProviderTrouble) as caught:
        adapter.quotes(["AAPL"], now=NOW)
    assert fake.key not in "".join(traceback.format_exception(caught.value))


def test_a_refused_connection_does_not_show_the_key_either(fake, adapter):
    """The plug is pulled before the first request."""
    fake.stop()
    with pytest.raises(ProviderTrouble) as caught:
        adapter.quotes(["AAPL"], now=NOW)
    assert caught.value.trouble is Trouble.FAILED
    assert fake.key not in "".join(traceback.format_exception(caught.value))


def test_a_quote_is_the_close_of_the_day_that_it_names(adapter):
    """During Wednesday's session the free plan knows Tuesday's close."""
    quote = adapter.quotes(["AAPL"], now=NOW)["AAPL"]
    yesterday = TODAY - timedelta(days=1)
    assert (quote.provider_time, quote.feed) == (market.close_of(yesterday), FeedClass.END_OF_DAY)
    assert quote.last == market.closing_price("AAPL", yesterday)
    assert (quote.bid, quote.ask) == (None, None)


def test_a_price_of_a_running_session_counts_from_its_opening(fake, adapter):
    """It cannot be older than that, and nothing tells that it is younger."""
    fake.knows_today = True
    quote = adapter.quotes(["AAPL"], now=NOW)["AAPL"]
    assert quote.provider_time.astimezone(market.NEW_YORK).time() == market.OPENS


def test_the_class_share_has_a_hyphen_there(fake, adapter):
    """BRK.B is asked for as BRK-B, and answered as BRK.B."""
    assert set(adapter.quotes(["BRK.B"], now=NOW)) == {"BRK.B"}
    assert fake.arrivals[0].query["symbol"] == "BRK-B"
