"""Judged quotes and option facts, as orders, marks and exits ask for them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from books_app import clock
from domain.sessions import Product
from domain.symbols.occ import OptionContract, Right
from market_app import quoting
from market_app.providers import use_provider
from market_app.providers.simulated import Simulated

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)


@pytest.fixture
def market():
    with use_provider(Simulated(5)) as provider, clock.running_on(lambda: NOW):
        yield provider


def test_every_symbol_asked_for_gets_a_verdict(market):
    """A good one, one that the provider leaves out, and one that has expired."""
    expired = OptionContract("SPY", date(2026, 11, 13), Right.CALL, Decimal(600)).symbol
    judged = quoting.judged_quotes(["SPY", "NOSUCH", expired])
    assert judged["SPY"].good
    assert {symbol: entry.verdict.code for symbol, entry in judged.items() if not entry.good} == {
        "NOSUCH": "quote_missing",
        expired: "quote_missing",
    }


def test_a_provider_that_fails_makes_every_verdict_a_refusal(market):
    """Nothing is raised: the code is the provider's."""
    judged = quoting.judged_quote("NOSUCH")
    assert (judged.good, judged.quote, judged.verdict.code) == (False, None, "no_market_data")


def test_options_on_funds_have_their_own_hours():
    """SPY's options are ETF options, those of a share are not."""
    assert quoting.option_product("SPY") is Product.ETF_OPTION
    assert quoting.option_product("AAPL") is Product.EQUITY_OPTION


@pytest.mark.django_db
def test_the_session_and_the_date_are_those_of_the_market(market):
    """The simulated market's session is the UTC day."""
    assert quoting.option_session("SPY").open
    assert quoting.exchange_date(NOW) == NOW.date()
    contract = OptionContract("SPY", date(2026, 11, 27), Right.CALL, Decimal(600))
    assert quoting.expires_at(contract, "SPY") == datetime(2026, 11, 28, tzinfo=UTC)
