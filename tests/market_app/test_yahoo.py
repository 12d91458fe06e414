"""Yahoo's adapter beside what holds for every provider: its door, its floats, its options without a time of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import MarketDataUnavailable
from domain.quote_gate import OPTION_LIMITS, judge
from domain.quotes import FeedClass
from domain.sessions import Product
from market_app import sessions
from market_app.providers.access import Access, Patience, ProviderTrouble, Trouble
from market_app.providers.yahoo import ANSWER_KEPT, Yahoo
from market_app.providers.yahoo_session import Door
from tests.fakes import market
from tests.fakes.faults import Fault
from tests.fakes.server import Answer
from tests.fakes.yahoo import FakeYahoo

NOW = market.MOMENT
LATE = NOW - timedelta(minutes=15)
CONTRACTS = [contract.symbol for contract in market.listed("SPY", NOW.date())]


@pytest.fixture
def fake() -> Iterator[FakeYahoo]:
    with FakeYahoo() as server:
        yield server


@pytest.fixture
def yahoo(fake: FakeYahoo) -> Yahoo:
    return Yahoo(Access(fake.url, patience=Patience(total_s=1.0)))


def paths(fake: FakeYahoo) -> list[str]:
    return [arrival.path for arrival in fake.arrivals]


def the_trouble(question: Any) -> Trouble:
    with pytest.raises(ProviderTrouble) as raised:
        question()
    return raised.value.trouble


# ------------------------------------------------------------ the door


def test_cookie_and_crumb_are_asked_for_once(yahoo: Yahoo, fake: FakeYahoo) -> None:
    """And not at all for charts, which need none."""
    yahoo.bars("SPY", interval_s=300, count=5, now=NOW)
    assert paths(fake) == ["/v8/finance/chart/SPY"]
    yahoo.quotes(["SPY"], now=NOW)
    yahoo.quotes(["QQQ"], now=NOW)
    assert paths(fake)[1:] == ["/", "/v1/test/getcrumb", "/v7/finance/quote", "/v7/finance/quote"]


def test_a_crumb_that_has_gone_bad_is_replaced_at_the_next_question(yahoo: Yahoo, fake: FakeYahoo) -> None:
    """The question that found it out is refused, and not sent again behind our back."""
    yahoo.quotes(["SPY"], now=NOW)
    fake.inject(Fault.UNAUTHORISED)
    assert the_trouble(lambda: yahoo.quotes(["SPY"], now=NOW)) is Trouble.REFUSED
    fake.forget()
    assert yahoo.quotes(["SPY"], now=NOW)
    assert paths(fake) == ["/", "/v1/test/getcrumb", "/v7/finance/quote"]


def test_no_crumb_for_too_many_requests_is_a_limit(yahoo: Yahoo, fake: FakeYahoo) -> None:
    """That is how Yahoo's limit shows first."""
    fake.gives_crumbs = False
    assert the_trouble(lambda: yahoo.quotes(["SPY"], now=NOW)) is Trouble.LIMITED


def test_the_session_goes_to_yahoo_and_to_nobody_else(fake: FakeYahoo) -> None:
    """Its cookies are for nobody else, whatever yfinance may ask for some day."""
    session = Door(Access(fake.url))._data._session
    assert session.get("https://query1.finance.yahoo.com/v1/test/getcrumb").status_code == 401  # there is no cookie yet
    for address in ("https://example.com/", "https://yahoo.com.example.com/", "https://notyahoo.com/"):
        assert the_trouble(lambda address=address: session.get(address)) is Trouble.REFUSED
    assert paths(fake) == ["/v1/test/getcrumb"]


def test_a_page_that_asks_for_consent_is_a_refusal(yahoo: Yahoo, fake: FakeYahoo, monkeypatch: Any) -> None:
    """Europeans are sent there; nobody follows."""
    consent = Answer(302, b"", {"Location": "https://guce.yahoo.com/consent"})
    monkeypatch.setattr(fake, "_with_fault", lambda *_: consent)
    assert the_trouble(lambda: yahoo.bars("SPY", interval_s=300, count=5, now=NOW)) is Trouble.REFUSED


# ------------------------------------------------------------ quotes and options


def test_quotes_are_delayed_and_stamped_with_the_markets_time(yahoo: Yahoo, fake: FakeYahoo) -> None:
    """All underlyings in one request; sizes come in lots of unknown size, so none is told."""
    quotes = yahoo.quotes([*market.SHARES, "SPX"], now=NOW)
    assert set(quotes) == {*market.SHARES, "SPX"}
    assert paths(fake).count("/v7/finance/quote") == 1
    for symbol, quote in quotes.items():
        truth = market.true_quote(symbol, LATE)
        assert (quote.bid, quote.ask, quote.last) == (truth.bid, truth.ask, truth.last)
        assert (quote.provider_time, quote.feed, quote.bid_size) == (LATE, FeedClass.DELAYED, None)


def test_contracts_of_one_expiration_are_one_request_for_some_seconds(yahoo: Yahoo, fake: FakeYahoo) -> None:
    """They are stamped with the time of their underlying in the same answer."""
    nearest = [symbol for symbol in CONTRACTS if symbol[3:9] == CONTRACTS[0][3:9]]
    quotes = yahoo.quotes(nearest[:5], now=NOW)
    yahoo.quotes(nearest[5:], now=NOW + ANSWER_KEPT - timedelta(seconds=1))
    assert paths(fake).count("/v7/finance/options/SPY") == 1
    assert {quote.provider_time for quote in quotes.values()} == {LATE}
    assert all(judge(quote, now=NOW, limits=OPTION_LIMITS).good for quote in quotes.values())
    yahoo.quotes(nearest[:1], now=NOW + ANSWER_KEPT)
    assert paths(fake).count("/v7/finance/options/SPY") == 2


def test_one_failing_expiration_does_not_spoil_a_batch(yahoo: Yahoo, fake: FakeYahoo) -> None:
    """What was had before the failure is answered."""
    yahoo.quotes(["SPY"], now=NOW)
    fake.inject(Fault.UNKNOWN_FIELDS)
    fake.inject(Fault.HTML_502, times=1)
    assert set(yahoo.quotes(["QQQ", CONTRACTS[0]], now=NOW)) == {"QQQ"}


def test_adjusted_contracts_are_neither_listed_nor_quoted(yahoo: Yahoo) -> None:
    """Their deliverable is something else than a hundred shares."""
    adjusted = market.adjusted(NOW.date())[0]
    assert yahoo.chain("AAPL", now=NOW) == list(market.listed("AAPL", NOW.date()))
    assert the_trouble(lambda: yahoo.quotes([adjusted.symbol], now=NOW)) is Trouble.NO_DATA


def test_the_number_of_requests_for_a_chain_is_bounded(yahoo: Yahoo, fake: FakeYahoo, monkeypatch: Any) -> None:
    """A long list of expirations is cut after the nearest."""
    monkeypatch.setattr("market_app.providers.yahoo.EXPIRATIONS", 2)
    chain = yahoo.chain("SPY", now=NOW)
    assert {contract.expiration for contract in chain} == set(market.expirations(NOW.date())[:2])
    assert paths(fake).count("/v7/finance/options/SPY") == 2


# ------------------------------------------------------------ bars


def test_the_dust_of_short_floats_is_wiped_off(yahoo: Yahoo) -> None:
    """640.17 arrives as 640.1699829101562."""
    bars = yahoo.bars("SPY", interval_s=300, count=50, now=NOW)
    true = {bar.start: bar for bar in market.true_bars("SPY", 300, NOW - timedelta(days=3), NOW)}
    assert bars == [true[bar.start] for bar in bars]
    assert bars[-1].start + timedelta(minutes=20) <= NOW


def test_minutes_without_a_trade_are_left_out_and_half_ones_refused(
    yahoo: Yahoo, fake: FakeYahoo, monkeypatch: Any
) -> None:
    """Nulls in every column are how Yahoo says that nobody traded; nulls in some are a fault."""
    whole = fake.chart

    def with_holes(columns: tuple[str, ...]) -> Any:
        def chart(asked: Any) -> Answer:
            answer = whole(asked)
            for name in columns:
                answer.body["chart"]["result"][0]["indicators"]["quote"][0][name][10] = None
            return answer

        return chart

    def ask(columns: tuple[str, ...]) -> Any:
        monkeypatch.setattr(fake, "_routes", [(pattern, route._replace(answer=with_holes(columns)))
                                              for pattern, route in fake._routes if "chart" in route.pattern])  # fmt: skip
        return yahoo.bars("SPY", interval_s=300, count=10_000, now=NOW)

    before = yahoo.bars("SPY", interval_s=300, count=10_000, now=NOW)
    assert len(ask(("open", "high", "low", "close", "volume"))) == len(before) - 1
    assert the_trouble(lambda: ask(("high",))) is Trouble.NONSENSE


def test_an_unknown_interval_is_refused_unasked(yahoo: Yahoo, fake: FakeYahoo) -> None:
    """Before anything is sent."""
    with pytest.raises(MarketDataUnavailable) as refused:
        yahoo.bars("SPY", interval_s=77, count=5, now=NOW)
    assert refused.value.code == "interval_not_served"
    assert not fake.arrivals


@pytest.mark.django_db
def test_session_and_closing_price_follow_the_exchange(fake: FakeYahoo) -> None:
    """The close is told once the session and the delay are over."""
    yahoo = Yahoo(Access(fake.url, patience=Patience(total_s=20.0)))  # a year of days is long in the making
    sessions.seed_sessions(date(2026, 11, 1), date(2026, 12, 31), today=NOW.date())
    assert yahoo.session(Product.EQUITY, now=NOW).open
    day = date(2026, 11, 17)
    assert yahoo.closing_price("SPY", day=day, now=NOW) == market.closing_price("SPY", day)
    for missing in (NOW.date(), date(2026, 11, 14)):
        with pytest.raises(MarketDataUnavailable):
            yahoo.closing_price("SPY", day=missing, now=NOW)
    assert isinstance(yahoo.closing_price("SPY", day=day, now=NOW), Decimal)
