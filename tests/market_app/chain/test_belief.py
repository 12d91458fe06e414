"""What an option's price is believed beside when nobody has seen it before: its underlying, as far as the chain knows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from books_app.redis import detached
from domain.quotes import FeedClass, Quote
from domain.symbols.occ import OptionContract, Right
from market_app.capabilities import Capability
from market_app.chain.belief import REMEMBERED, Belief
from market_app.stream import board
from tests.fakes import market
from tests.fakes.faults import Fault
from tests.market_app.chain.making import Two

NOW = market.MOMENT
MONTH = NOW.date() + timedelta(days=30)
CALL = OptionContract("ACME", MONTH, Right.CALL, Decimal(80)).symbol  # worth some 20.50 with the stock at 100


def quote(symbol: str, bid: str, ask: str, provider: str = "first", at: datetime = NOW) -> Quote:
    return Quote(symbol, Decimal(bid), Decimal(ask), 1, 1, at, at, provider, FeedClass.REAL_TIME)


def knowing(*underlyings: tuple[str, str]) -> Belief:
    """A memory of these underlyings' prices alone."""
    belief = Belief()
    belief.remember([quote(symbol, price, price) for symbol, price in underlyings], NOW)
    return belief


def believed(belief: Belief, seen: Quote, suspect: Quote | None = None, now: datetime = NOW) -> bool:
    belief.recall([seen.symbol], now)
    return belief.believes(Capability.OPTION_QUOTES, seen, suspect, now, can_confirm=True)


@pytest.mark.parametrize(("right", "place"), [(Right.CALL, 0), (Right.PUT, -1)])
def test_a_hundredfold_first_price_of_an_option_is_not_believed(two: Two, right: Right, place: int) -> None:
    """Over HTTP, in a process that has seen the stock but never the contract: the second provider's price is taken, and
    where both multiply alike, none."""
    nearest = market.expirations(two.first.day)[0]
    contracts = [c for c in market.listed("AAPL", two.first.day) if c.right is right and c.expiration == nearest]
    symbol, other = contracts[place].symbol, contracts[place + 1 if place == 0 else place - 1].symbol
    chain = two.chain()
    chain.quotes(["AAPL"], now=two.now)
    two.first.inject(Fault.ABSURD, times=None)
    true = market.true_quote(symbol, two.now)
    found = chain.quotes([symbol], now=two.now)[symbol]
    assert (found.provider, found.bid, found.ask) == ("second", true.bid, true.ask)

    two.second.inject(Fault.ABSURD, times=None)
    assert two.chain().quotes([other], now=two.now) == {}


def test_what_is_impossible_is_not_believed_of_two_providers_either() -> None:
    """A call at twenty times the stock, a put above its strike: for the put no stock needs to be known."""
    put = OptionContract("ACME", MONTH, Right.PUT, Decimal(80)).symbol
    for belief, absurd in ((knowing(("ACME", "100")), (CALL, "2040", "2060")), (Belief(), (put, "81", "83"))):
        assert not believed(belief, quote(*absurd, provider="second"), suspect=quote(*absurd))


def test_what_is_unlikely_needs_a_second_provider() -> None:
    """A call offered at a hundredth of what exercise brings: one provider's word is not enough, two are believed."""
    belief, seen = knowing(("ACME", "100")), quote(CALL, "0.19", "0.21")
    assert not believed(belief, seen)
    assert believed(belief, seen._replace(provider="second"), suspect=seen)
    assert believed(belief, quote(CALL, "20.40", "20.60"))


def test_a_known_price_is_compared_with_itself() -> None:
    """The stock's price may be minutes old: a contract near its own last price is believed, unlikely or not."""
    belief = knowing(("ACME", "100"), (CALL, "14"))
    assert believed(belief, quote(CALL, "14.10", "14.20"))
    assert not believed(belief, quote(CALL, "200", "201"), suspect=quote(CALL, "200", "201", "second"))


def test_without_the_stock_a_first_price_is_believed() -> None:
    """Neither another stock's price nor one of ten minutes ago says anything."""
    seen = quote(CALL, "0.19", "0.21")
    assert believed(knowing(("OTHER", "100")), seen)
    belief, later = knowing(("ACME", "100")), NOW + REMEMBERED + timedelta(seconds=1)
    with detached():  # Redis forgets by its own clock
        assert belief.believes(Capability.OPTION_QUOTES, seen, None, later, can_confirm=False)


def test_another_processs_stock_price_counts() -> None:
    """It is read from Redis in the same round trip as the contract's own last price."""
    knowing(("ACME", "100"))
    assert not believed(Belief(), quote(CALL, "0.19", "0.21"))


def test_the_price_streams_stock_price_counts() -> None:
    """Nobody asks the chain for a stock that is streamed, so it is looked up where the stream writes it."""
    board.write({"ACME": quote("ACME", "99.99", "100.01")})
    assert not believed(Belief(), quote(CALL, "0.19", "0.21"))


def test_roots_are_compared_with_what_they_are_on() -> None:
    """SPXW with SPX and BRKB with BRK.B; an adjusted root, which delivers something else, with nothing."""
    belief = knowing(("SPX", "4000"), ("BRK.B", "300"), ("ACME", "100"))
    contract = OptionContract("SPXW", MONTH, Right.CALL, Decimal(4000))
    assert not believed(belief, quote(contract.symbol, "8000", "8100"))
    assert believed(belief, quote(contract.symbol, "80", "81"))
    assert not believed(belief, quote(replace(contract, root="BRKB", strike=Decimal(300)).symbol, "800", "810"))
    assert believed(belief, quote(replace(contract, root="ACME1", strike=Decimal(100)).symbol, "800", "810"))
