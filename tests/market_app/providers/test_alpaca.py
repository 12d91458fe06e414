"""Alpaca's adapter: the real alpaca-py against a server that speaks its protocol, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from time import monotonic

import pytest

from domain.quote_gate import OPTION_LIMITS, UNDERLYING_LIMITS, judge
from domain.quotes import FeedClass
from market_app.interface import Activity
from market_app.providers.access import Access, Patience, ProviderTrouble, Trouble, deadline
from market_app.providers.alpaca import Alpaca
from market_app.providers.alpaca_shapes import quote_of
from tests.fakes import market
from tests.fakes.alpaca import FakeAlpaca
from tests.fakes.faults import Fault
from tests.fakes.server import KEY

NOW = market.MOMENT
HASTY = Patience(connect_s=0.5, read_s=0.3, total_s=0.6)


@pytest.fixture
def fake() -> Iterator[FakeAlpaca]:
    with FakeAlpaca() as server:
        yield server


@pytest.fixture
def alpaca(fake: FakeAlpaca) -> Alpaca:
    return an_adapter(fake)


def an_adapter(fake: FakeAlpaca, **fields: str) -> Alpaca:
    access = {"url": fake.url, "key": KEY, "secret": KEY, **fields}
    return Alpaca(Access(**access, patience=HASTY))  # type: ignore[arg-type]


def the_trouble(question: object) -> ProviderTrouble:
    with pytest.raises(ProviderTrouble) as raised:
        question()  # type: ignore[operator]
    return raised.value


def test_shares_and_contracts_are_quoted_exactly_in_one_request_each(alpaca: Alpaca, fake: FakeAlpaca) -> None:
    """Prices are the digits that were sent, times are the provider's, and each feed says what it is."""
    contracts = [contract.symbol for contract in market.listed("SPY", NOW.date())]
    quotes = alpaca.quotes([*market.SHARES, *contracts], now=NOW)
    assert set(quotes) == {*market.SHARES, *contracts}
    assert len(fake.arrivals) == 2
    for symbol, quote in quotes.items():
        truth = market.true_quote(symbol, NOW)
        assert (quote.bid, quote.ask, quote.provider_time) == (truth.bid, truth.ask, truth.at)
        assert (quote.bid_size, quote.ask_size) == (truth.bid_size, truth.ask_size)
    assert (quotes["SPY"].feed, quotes[contracts[0]].feed) == (FeedClass.REAL_TIME, FeedClass.INDICATIVE)


def test_many_symbols_cost_as_few_requests_as_allowed(alpaca: Alpaca, fake: FakeAlpaca) -> None:
    """200 shares are one request, and 144 contracts are two of at most a hundred."""
    contracts = [c.symbol for name in ("SPY", "QQQ") for c in market.listed(name, NOW.date())]
    alpaca.quotes([f"A{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(199)] + ["SPY"], now=NOW)
    assert len(fake.arrivals) == 1
    assert set(alpaca.quotes(contracts, now=NOW)) == set(contracts)
    assert len(fake.arrivals) == 3


def test_a_batch_refused_for_one_symbol_is_asked_again_without_it(fake: FakeAlpaca) -> None:
    """What Alpaca calls invalid changes; it names the symbol, and the others need not wait."""
    fake.refused = frozenset({"TSLA"})
    assert set(an_adapter(fake).quotes(["SPY", "TSLA", "AAPL"], now=NOW)) == {"SPY", "AAPL"}
    assert len(fake.arrivals) == 2


def test_a_side_that_nobody_quotes_is_none(fake: FakeAlpaca) -> None:
    """Alpaca writes 0 for it, which is no price; where both sides are empty there is no quote."""
    row = {"t": "2026-11-18T16:40:29.999999999Z", "bp": 0, "bs": 0, "ap": 640.17, "as": 200}
    quote = quote_of("SPY", row, now=NOW, feed=FeedClass.REAL_TIME)
    assert quote is not None
    assert (quote.bid, quote.ask, quote.bid_size, quote.ask_size) == (None, Decimal("640.17"), None, 200)
    assert quote.provider_time == NOW - timedelta(microseconds=1)
    assert judge(quote, now=NOW, limits=UNDERLYING_LIMITS).code == "quote_one_sided"
    assert quote_of("SPY", {**row, "ap": 0}, now=NOW, feed=FeedClass.REAL_TIME) is None


def test_a_number_that_is_none_never_becomes_a_price(alpaca: Alpaca, fake: FakeAlpaca) -> None:
    """JSON with NaN is refused where simplejson is installed and read where it is not; the gate sees it then."""
    fake.inject(Fault.NAN)
    try:
        quote = alpaca.quotes(["SPY"], now=NOW)["SPY"]
    except ProviderTrouble as refused:
        assert refused.trouble is Trouble.NONSENSE
    else:
        assert judge(quote, now=NOW, limits=UNDERLYING_LIMITS).code == "quote_not_a_number"
    read = quote_of("SPY", {"t": NOW.isoformat(), "bp": float("nan"), "ap": 1.5}, now=NOW, feed=FeedClass.REAL_TIME)
    assert judge(read, now=NOW, limits=OPTION_LIMITS).code == "quote_not_a_number"


def test_listed_contracts_come_over_all_pages_without_adjusted_ones(alpaca: Alpaca, fake: FakeAlpaca) -> None:
    """Without dates Alpaca tells of the coming weekend only; an adjusted root delivers something else."""
    assert alpaca.chain("AAPL", now=NOW) == list(market.listed("AAPL", NOW.date()))
    assert len(fake.arrivals) > 1


def test_open_interest_is_told_as_text_and_volume_not_at_all(alpaca: Alpaca) -> None:
    """The trading API knows the first, a day old."""
    told = alpaca.activity("GOOG", now=NOW)
    assert told == {
        c.symbol: Activity(market.true_activity(c.symbol).open_interest, None)
        for c in market.listed("GOOG", NOW.date())
    }


def test_delayed_bars_are_asked_for_where_the_plan_allows_them(fake: FakeAlpaca) -> None:
    """SIP data may be read from a quarter of an hour on; asking for more recent data is refused."""
    bars = an_adapter(fake, feed="delayed_sip").bars("SPY", interval_s=60, count=3, now=NOW)
    assert bars[-1].start <= NOW - timedelta(minutes=16)
    assert the_trouble(lambda: an_adapter(fake, feed="sip").quotes(["SPY"], now=NOW)).trouble is Trouble.REFUSED


def test_a_clock_out_of_a_cache_is_not_believed(alpaca: Alpaca) -> None:
    """Its word that the market is open may be an hour old."""
    assert alpaca.market_open(now=NOW)
    trouble = the_trouble(lambda: alpaca.market_open(now=NOW + timedelta(hours=1)))
    assert trouble.trouble is Trouble.NONSENSE


@pytest.mark.parametrize("status", [429, 504])
def test_nothing_is_sent_twice(alpaca: Alpaca, fake: FakeAlpaca, status: int) -> None:
    """Left alone, the SDK sends again three times after either, with three seconds in between."""
    fake.overloaded = status
    begun = monotonic()
    assert the_trouble(lambda: alpaca.quotes(["SPY"], now=NOW)).trouble in (Trouble.LIMITED, Trouble.FAILED)
    assert len(fake.arrivals) == 1
    assert monotonic() - begun < 1


def test_a_limit_says_when_to_come_back(alpaca: Alpaca, fake: FakeAlpaca) -> None:
    """Alpaca's header holds the second in which its minute is over."""
    fake.inject(Fault.RATE_LIMITED)
    wait = the_trouble(lambda: alpaca.quotes(["SPY"], now=NOW)).retry_after_s
    assert wait is not None and 4 < wait <= 7


def test_the_callers_deadline_holds_over_all_pages(alpaca: Alpaca, fake: FakeAlpaca) -> None:
    """However many requests an answer takes."""
    fake.inject(Fault.HANG, times=None)
    begun = monotonic()
    with deadline(0.2):
        assert the_trouble(lambda: alpaca.chain("AAPL", now=NOW)).trouble is Trouble.TIMED_OUT
    assert monotonic() - begun < 0.6


def test_a_feed_that_does_not_exist_is_refused_at_once(fake: FakeAlpaca) -> None:
    """Not at the first question."""
    with pytest.raises(ValueError, match="sips"):
        an_adapter(fake, feed="sips")
