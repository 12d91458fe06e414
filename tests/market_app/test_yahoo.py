"""Yahoo's adapter against tickers made by hand: the network is never asked."""

from __future__ import annotations

from collections import namedtuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas
import pytest

from domain.errors import MarketDataUnavailable
from domain.quote_gate import OPTION_LIMITS, judge
from domain.quotes import FeedClass
from domain.sessions import Product
from domain.symbols.occ import OptionContract, Right
from market_app import sessions
from market_app.providers.yahoo import EXPIRATIONS, Yahoo

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
STAMP = NOW - timedelta(minutes=15)
EXPIRY = date(2026, 12, 18)
CALL = OptionContract("ACME", EXPIRY, Right.CALL, Decimal(100)).symbol
PUT = OptionContract("ACME", EXPIRY, Right.PUT, Decimal(100)).symbol
ADJUSTED = OptionContract("ACME", EXPIRY, Right.CALL, Decimal(33)).symbol
Options = namedtuple("Options", ["calls", "puts", "underlying"])


def frame(*rows):
    columns = {"contractSize": "REGULAR", "lastPrice": 3.0, "bid": 2.95, "ask": 3.1}
    return pandas.DataFrame([{**columns, **row} for row in rows])


class Ticker:
    """One underlying with one expiration; a test replaces what it wants to see differently."""

    options = ("2026-11-13", "2026-12-18")
    info = {"bid": 12.3, "ask": 12.4, "regularMarketTime": STAMP.timestamp(), "regularMarketPrice": 12.35}

    def __init__(self):
        self.asked = []
        quote = {"bid": 100.01, "ask": 100.05, "bidSize": 3, "askSize": 0, "regularMarketPrice": 100.03}
        quote["regularMarketTime"] = int(STAMP.timestamp())
        calls = frame({"contractSymbol": CALL}, {"contractSymbol": ADJUSTED, "contractSize": "MINI"})
        puts = frame({"contractSymbol": PUT, "bid": 0.0, "ask": float("nan")})
        self.answer = Options(calls, puts, quote)
        self.frame = pandas.DataFrame()

    def option_chain(self, day=None):
        self.asked.append(day)
        return self.answer

    def history(self, **how):
        self.asked.append(how)
        return self.frame


@pytest.fixture
def ticker():
    return Ticker()


@pytest.fixture
def yahoo(ticker):
    return Yahoo(lambda name: ticker)


def test_quotes_are_delayed_and_stamped_with_the_markets_time(yahoo):
    """Feed class and provider time say how late they are; an unknown size is None, not zero."""
    quote = yahoo.quotes(["ACME"], now=NOW)["ACME"]
    assert (quote.bid, quote.ask, quote.last) == (Decimal("100.01"), Decimal("100.05"), Decimal("100.03"))
    assert (quote.bid_size, quote.ask_size) == (3, None)
    assert (quote.provider_time, quote.received_at, quote.feed) == (STAMP, NOW, FeedClass.DELAYED)
    assert judge(quote, now=NOW, limits=OPTION_LIMITS).good


def test_contracts_of_one_expiration_are_one_request_for_some_seconds(yahoo, ticker):
    """Rows without quotes are seen by the gate: 0 is nobody, NaN is broken."""
    quotes = yahoo.quotes([CALL, PUT], now=NOW)
    yahoo.quotes([CALL], now=NOW + timedelta(seconds=14))
    assert ticker.asked == ["2026-12-18"]
    assert (quotes[CALL].bid, quotes[CALL].ask) == (Decimal("2.95"), Decimal("3.1"))
    assert quotes[PUT].bid is None
    assert judge(quotes[PUT], now=NOW, limits=OPTION_LIMITS).code == "quote_not_a_number"
    yahoo.quotes([CALL], now=NOW + timedelta(seconds=15))
    assert len(ticker.asked) == 2


def test_adjusted_contracts_are_neither_listed_nor_quoted(yahoo):
    """Their deliverable is something else than a hundred shares."""
    assert [contract.symbol for contract in yahoo.chain("ACME", now=NOW)] == [CALL, PUT]
    assert set(yahoo.quotes([ADJUSTED, CALL], now=NOW)) == {CALL}


def test_expired_dates_are_left_out_and_the_number_of_requests_is_bounded(yahoo, ticker):
    """Yesterday's expiration is no contract; a long list is cut after the nearest."""
    ticker.options = ("2026-11-19", *(f"2027-01-{day:02}" for day in range(1, 29)))
    yahoo.chain("ACME", now=NOW)
    assert ticker.asked == [f"2027-01-{day:02}" for day in range(1, EXPIRATIONS + 1)]


def test_a_share_without_options_is_quoted_from_its_page(yahoo, ticker):
    """Where the options page has nothing, the quote page is asked."""
    ticker.answer = Options(None, None, None)
    assert yahoo.quotes(["ACME"], now=NOW)["ACME"].last == Decimal("12.35")
    ticker.options = ()
    with pytest.raises(MarketDataUnavailable) as refused:
        yahoo.chain("ACME", now=NOW)
    assert refused.value.code == "no_market_data"


@pytest.mark.parametrize(
    "answer",
    [
        Options(None, None, {}),
        Options(pandas.DataFrame(), pandas.DataFrame(), {"bid": 1.0}),
        Options(pandas.DataFrame(), pandas.DataFrame(), {"regularMarketTime": 1}),
    ],
)
def test_an_empty_answer_is_an_error(yahoo, ticker, answer):
    """yfinance shows a failure as an empty frame; it must not read as a market without quotes."""
    ticker.answer = answer
    with pytest.raises(MarketDataUnavailable, match="ACME 2026-12-18") as refused:
        yahoo.quotes([CALL], now=NOW)
    assert refused.value.code == "no_market_data"


def test_whatever_yfinance_raises_is_said_in_one_way():
    """Any exception of the library becomes market_data_failed, with its kind and the symbol."""

    def broken(name):
        raise KeyError("optionChain")

    for ask in (
        lambda yahoo: yahoo.quotes(["ACME"], now=NOW),
        lambda yahoo: yahoo.chain("ACME", now=NOW),
        lambda yahoo: yahoo.bars("ACME", interval_s=300, count=5, now=NOW),
    ):
        with pytest.raises(MarketDataUnavailable, match="ACME: KeyError") as refused:
            ask(Yahoo(broken))
        assert refused.value.code == "market_data_failed"


def test_one_failing_symbol_does_not_spoil_a_batch(ticker):
    """What could be had is answered."""

    def sometimes(name):
        if name == "OTHER":
            raise ConnectionError("reset")
        return ticker

    assert set(Yahoo(sometimes).quotes(["OTHER", "ACME"], now=NOW)) == {"ACME"}


@pytest.mark.parametrize(("symbol", "name"), [("BRK.B", "BRK-B"), ("SPX", "^SPX"), ("AAPL", "AAPL")])
def test_symbols_are_spelled_yahoos_way(ticker, symbol, name):
    """Class shares have a dash, indices a caret."""
    asked = []
    Yahoo(lambda spelled: asked.append(spelled) or ticker).quotes([symbol], now=NOW)
    assert asked == [name]


def bars_frame(*starts, **changes):
    columns = {"Open": 10.0, "High": 11.0, "Low": 9.5, "Close": 10.5, "Volume": 100.0, **changes}
    return pandas.DataFrame(columns, index=pandas.DatetimeIndex(starts, tz="America/New_York"))


def test_bars_are_unadjusted_regular_and_only_told_when_they_cannot_change(yahoo, ticker):
    """A bar that ended less than the delay ago may still change; broken rows are left out."""
    ticker.frame = bars_frame("2026-11-20 10:35", "2026-11-20 10:40", "2026-11-20 10:45", "2026-11-20 10:50")
    ticker.frame.iloc[0, 0] = float("nan")
    bars = yahoo.bars("ACME", interval_s=300, count=5, now=NOW)  # 11:00 New York
    assert [bar.start for bar in bars] == [NOW - timedelta(minutes=20)]
    assert (bars[0].open, bars[0].volume) == (Decimal("10.0000"), 100)
    (how,) = ticker.asked
    assert (how["auto_adjust"], how["prepost"], how["interval"]) == (False, False, "5m")
    assert how["timeout"] <= 10


def test_an_empty_history_and_an_unknown_interval_are_errors(yahoo):
    """Neither reads as a quiet market."""
    with pytest.raises(MarketDataUnavailable) as failed:
        yahoo.bars("ACME", interval_s=300, count=5, now=NOW)
    assert failed.value.code == "market_data_failed"
    with pytest.raises(MarketDataUnavailable) as refused:
        yahoo.bars("ACME", interval_s=77, count=5, now=NOW)
    assert refused.value.code == "interval_not_served"


@pytest.mark.django_db
def test_session_and_closing_price_follow_the_exchange(yahoo, ticker):
    """The close is told once the session and the delay are over."""
    sessions.seed_sessions(date(2026, 11, 1), date(2026, 12, 31), today=NOW.date())
    assert yahoo.session(Product.EQUITY, now=NOW).open
    ticker.frame = bars_frame("2026-11-18 00:00", "2026-11-19 00:00")
    assert yahoo.closing_price("ACME", day=date(2026, 11, 19), now=NOW) == Decimal("10.5000")
    for day, now in ((date(2026, 11, 20), NOW), (date(2026, 11, 14), NOW), (date(2026, 11, 17), NOW)):
        with pytest.raises(MarketDataUnavailable):
            yahoo.closing_price("ACME", day=day, now=now)


def test_requests_end_after_our_own_time_out(monkeypatch):
    """The session overrules whatever time-out the library asks for."""
    from curl_cffi import requests

    from market_app.providers import yahoo

    seen = []
    monkeypatch.setattr(requests.Session, "request", lambda self, *args, **kwargs: seen.append(kwargs["timeout"]))
    yahoo._hasty_session().request("GET", "https://example.invalid", timeout=30)
    assert seen == [yahoo.TIMEOUT_S]
    assert yahoo._ticker("ACME").ticker == "ACME"
