"""Questions to the market, by way of a provider that counts what it is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.quote_gate import UNDERLYING_LIMITS
from domain.quotes import Bar, FeedClass, Quote
from domain.sessions import Product
from domain.symbols.occ import OptionContract, Right
from market_app import services, sessions
from market_app.interface import no_data
from market_app.providers import use_provider
from market_app.providers.lean import Lean
from market_app.providers.simulated import Simulated

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)
CONTRACT = OptionContract("ACME", date(2026, 12, 18), Right.CALL, Decimal(100))


class Counting:
    """Knows ACME only; ``bars_known`` and ``price`` can be changed by a test."""

    name = "counting"
    feed = FeedClass.REAL_TIME

    def __init__(self):
        self.asked = []
        self.bars_known = 120
        self.price = Decimal(100)

    def quotes(self, symbols, *, now):
        self.asked.append(("quotes", tuple(symbols)))
        if not {"ACME", CONTRACT.symbol} & set(symbols):
            raise no_data(", ".join(symbols), now.date(), self.name)
        cent = Decimal("0.01")
        return {
            symbol: Quote(symbol, self.price, self.price + cent, 1, 1, now, now, self.name, self.feed)
            for symbol in symbols
            if symbol in ("ACME", CONTRACT.symbol)
        }

    def chain(self, underlying, *, now):
        self.asked.append(("chain", underlying))
        if underlying != "ACME":
            raise no_data(underlying, now.date(), self.name)
        return [CONTRACT]

    def bars(self, symbol, *, interval_s, count, now):
        self.asked.append(("bars", symbol, interval_s))
        if symbol != "ACME":
            raise no_data(symbol, now.date(), self.name)
        start = now.replace(second=0) - timedelta(seconds=interval_s * self.bars_known)
        prices = [Decimal(100) + number % 3 for number in range(self.bars_known)]
        return [
            Bar(start + timedelta(seconds=interval_s * number), price, price + 1, price - 1, price, 10)
            for number, price in enumerate(prices)
        ]

    def calendar(self, product):
        return sessions.always_open("counting")

    def session(self, product, *, now):
        return sessions.state(product, at=now, calendar=self.calendar(product))

    def closing_price(self, symbol, *, day, now):
        return Decimal("99.50")


@pytest.fixture
def market():
    with use_provider(Counting()) as provider, clock.running_on(lambda: NOW):
        yield provider


def snapshot(symbol="ACME", interval_s=300, now=NOW):
    return services.snapshot(symbol, product=Product.EQUITY, interval_s=interval_s, now=now, limits=UNDERLYING_LIMITS)


def test_quotes_are_asked_in_one_batch_at_the_clocks_time(market):
    """Underlyings and contracts together are one question; none is no question."""
    found = services.quotes(["ACME", CONTRACT.symbol, "OTHER"])
    assert {quote.received_at for quote in found.values()} == {NOW}
    assert market.asked == [("quotes", ("ACME", CONTRACT.symbol, "OTHER"))]
    assert services.quotes([]) == {}
    assert len(market.asked) == 1


def test_option_quotes_come_back_by_contract(market):
    """Who asked with contracts need not spell symbols."""
    other = OptionContract("OTHER", date(2026, 12, 18), Right.PUT, Decimal(5))
    assert list(services.option_quotes([CONTRACT, other])) == [CONTRACT]
    assert services.quote("ACME").symbol == "ACME"


def test_a_chain_is_asked_for_once_in_five_minutes_of_a_day(market):
    """A decision does not rebuild it; the next day's is another chain."""
    assert services.chain("ACME", now=NOW) is services.chain("ACME", now=NOW + timedelta(minutes=4))
    services.chain("ACME", now=NOW + timedelta(minutes=5))
    services.chain("ACME", now=NOW + timedelta(days=1))
    assert market.asked.count(("chain", "ACME")) == 3


def test_bars_are_asked_for_once_a_minute(market):
    """Completed bars change only with a minute's end."""
    services.bars("ACME", interval_s=300, now=NOW)
    services.bars("ACME", interval_s=300, now=NOW + timedelta(seconds=30))
    assert market.asked.count(("bars", "ACME", 300)) == 1
    services.bars("ACME", interval_s=300, now=NOW + timedelta(seconds=40))
    services.bars("ACME", interval_s=60, now=NOW + timedelta(seconds=40))
    assert len(market.asked) == 3


def test_what_was_learned_later_is_not_told_earlier(market):
    """A replay that starts again from an earlier moment asks again."""
    services.chain("ACME", now=NOW)
    services.chain("ACME", now=NOW - timedelta(minutes=1))
    assert market.asked.count(("chain", "ACME")) == 2


def test_two_providers_do_not_share_answers(market):
    """The memory belongs to the provider that answered."""
    services.chain("ACME", now=NOW)
    with use_provider(Counting()) as other:
        services.chain("ACME", now=NOW)
    assert other.asked == [("chain", "ACME")]


def test_errors_are_not_remembered(market):
    """An outage is over as soon as the provider answers."""
    for _ in range(2):
        with pytest.raises(MarketDataUnavailable):
            services.chain("OTHER", now=NOW)
    assert market.asked.count(("chain", "OTHER")) == 2


@pytest.mark.django_db
def test_a_snapshot_holds_everything_a_decision_saw(market):
    """Session, judged quote and indicators, and a JSON of it with numbers as strings."""
    seen = snapshot()
    assert seen.session.open
    assert seen.verdict.good
    assert seen.indicators.candles == 120
    assert seen.indicators.ema8 == pytest.approx(Decimal(101), abs=Decimal("0.5"))
    assert seen.indicators.atr14 == pytest.approx(Decimal("2.6"), abs=Decimal("0.5"))
    kept = seen.as_json()
    assert kept["quote"]["bid"] == "100"
    assert kept["rsi14"] == str(seen.indicators.rsi14)
    assert (kept["provider"], kept["candles"], kept["indicators_note"]) == ("counting", 120, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("known", "missing"),
    [
        (7, {"ema8", "ema21", "rsi14", "atr14"}),
        (13, {"ema21", "rsi14", "atr14"}),
        (14, {"ema21", "rsi14"}),
        (21, set()),
    ],
)
def test_indicators_are_missing_where_history_is_too_short(market, known, missing):
    """Each by its own need; the others are there."""
    market.bars_known = known
    seen = snapshot().indicators
    assert {name for name in ("ema8", "ema21", "rsi14", "atr14") if getattr(seen, name) is None} == missing
    assert seen.candles == known


@pytest.mark.django_db
def test_a_price_far_from_the_last_bar_is_a_jump(market):
    """The last close is the reference of the quote gate."""
    market.price = Decimal(150)
    seen = snapshot()
    assert (seen.verdict.good, seen.verdict.code) == (False, "quote_jump")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("interval_s", "known", "note"),
    [(None, 120, "the alert names no interval in seconds"), (300, 0, "no completed bar of 300 s yet")],
)
def test_missing_bars_leave_a_note_and_a_good_quote(market, interval_s, known, note):
    """An entry is not refused for want of indicators."""
    market.bars_known = known
    seen = snapshot(interval_s=interval_s)
    assert (seen.verdict.good, seen.indicators, seen.note) == (True, None, note)
    assert seen.as_json()["ema8"] is None


@pytest.mark.django_db
def test_a_symbol_without_data_is_refused_with_the_providers_words(market):
    """The verdict names the symbol and the day; nothing is raised."""
    seen = snapshot("MSFT")
    assert (seen.quote, seen.verdict.good, seen.verdict.code) == (None, False, "no_market_data")
    assert seen.verdict.text == "counting has no data of MSFT on 2026-11-20"
    assert seen.as_json()["quote"] is None


@pytest.mark.django_db
def test_session_and_local_date_follow_the_providers_calendar(market):
    """The always open market's day is the UTC day."""
    assert services.session_state(Product.EQUITY).open
    assert services.local_date(Product.EQUITY_OPTION) == date(2026, 11, 20)
    assert services.closing_price("ACME", day=date(2026, 11, 19)) == Decimal("99.50")


@pytest.mark.django_db
def test_a_contract_expires_at_the_close_of_its_last_session(recorded):
    """An early close counts, a Saturday expiration means Friday."""
    with use_provider(Lean(recorded)):
        early = OptionContract("GOOG", date(2015, 12, 24), Right.CALL, Decimal(750))
        monthly = OptionContract("TWX", date(2014, 6, 21), Right.CALL, Decimal(70))
        assert services.expires_at(early) == datetime(2015, 12, 24, 18, tzinfo=UTC)
        assert services.expires_at(monthly) == datetime(2014, 6, 20, 20, tzinfo=UTC)


@pytest.mark.django_db
def test_expiry_beyond_the_calendar_is_at_sixteen_in_new_york(market, monkeypatch):
    """An expiry years ahead has a time although no row reaches it."""
    monkeypatch.setattr(market, "calendar", sessions.exchange_calendar)
    assert services.expires_at(CONTRACT) == datetime(2026, 12, 18, 21, tzinfo=UTC)


@pytest.mark.django_db
def test_simulated_contracts_expire_at_the_end_of_their_utc_day():
    """The simulated session is the UTC day."""
    with use_provider(Simulated(1)):
        assert services.expires_at(CONTRACT) == datetime(2026, 12, 19, tzinfo=UTC)
