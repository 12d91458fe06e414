"""A selection with a whole market around it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.options import bsm
from domain.quotes import Quote
from domain.selection import ContractPolicy, Selection, VolatilityRange
from domain.selection.filters import LOOKED_AT
from domain.symbols.occ import OptionContract, Right
from market_app.analysis import analysed
from market_app.interface import Activity
from market_app.keeping import ACTIVITY_KEPT
from market_app.providers import use_provider
from market_app.providers.simulated import Simulated
from market_app.rates import risk_free_rate
from market_app.selecting import selection_of

NOW = datetime(2026, 11, 20, 15, 0, 20, tzinfo=UTC)


class Counting(Simulated):
    """The simulated market, which counts what it is asked and of how many symbols."""

    def __init__(self) -> None:
        super().__init__(5)
        self.asked: list[int] = []
        self.activities = self.chains = 0

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        self.asked.append(len(symbols))
        return super().quotes(symbols, now=now)

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        self.activities += 1
        return super().activity(underlying, now=now)

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        self.chains += 1
        return super().chain(underlying, now=now)


class WithoutActivity(Simulated):
    """As a provider is that only knows prices."""

    activity = None  # type: ignore[assignment]


class WithoutVolume(Simulated):
    """As a provider is that tells open interest alone."""

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        return {symbol: told._replace(volume=None) for symbol, told in super().activity(underlying, now=now).items()}


@pytest.fixture
def market():
    with use_provider(Counting()) as provider, clock.running_on(lambda: NOW):
        yield provider


def picked(underlying: str = "AAPL", right: Right = Right.CALL, **policy) -> Selection:
    return selection_of(underlying, right=right, policy=ContractPolicy(**policy))


@pytest.mark.parametrize("right", list(Right))
@pytest.mark.parametrize("underlying", ["AAPL", "SPY", "META"])
def test_a_pick_is_listed_tradable_and_near_its_target(market, underlying, right):
    """The delta wanted within a tenth, of the right that was asked, with the facts that chose it."""
    selection = picked(underlying, right)
    won = selection.chosen()
    assert won.contract in market.chain(underlying, now=NOW)
    assert won.contract.right is right
    assert abs(won.delta) == pytest.approx(0.40, abs=0.1)
    assert (won.delta > 0) == (right is Right.CALL)
    assert -won.theta == pytest.approx(float(won.quote.mid) / (2 * won.days), rel=0.5)
    assert won.open_interest >= 10
    assert selection.listed == len(market.chain(underlying, now=NOW))


def test_greeks_are_those_of_the_analysis(market):
    """One calculation for people and for decisions; theta, which that one does not tell, is the model's all the same."""
    selection = picked()
    spot = float(selection.sight.spot)
    rows = analysed([row.candidate.contract for row in selection.best], spot=spot)
    for ranked, row in zip(selection.best, rows, strict=True):
        assert (ranked.candidate.vol, ranked.candidate.delta) == pytest.approx((row.vol, row.delta))
        theta = bsm.greeks(1, spot, float(row.contract.strike), row.years, risk_free_rate(), 0.0, row.vol).theta
        assert ranked.candidate.theta == pytest.approx(float(theta), rel=1e-6)


def test_a_pick_asks_for_one_batch_of_quotes(market):
    """The underlying, and of the longest chain no more than one selection looks at."""
    picked("SPY")
    assert len(market.asked) == 2
    assert market.asked[0] == 1
    assert 0 < market.asked[1] <= LOOKED_AT


def test_chain_and_open_interest_are_asked_once_in_a_while(market):
    """They are the same for many picks, and grow old."""
    picked()
    asked = market.chains
    picked(right=Right.PUT)
    assert (market.activities, market.chains) == (1, asked)
    with clock.running_on(lambda: NOW + ACTIVITY_KEPT):
        picked()
    assert market.activities == 2


def test_what_a_provider_does_not_tell_is_unknown_and_said():
    """The policy decides whether that passes."""
    with use_provider(WithoutActivity(5)), clock.running_on(lambda: NOW):
        told, refused = picked(), picked(unknown_passes=False)
    assert told.chosen().open_interest is None
    assert told.notes[0].startswith("open interest and volume are unknown: simulated tells neither")
    assert refused.winner is None and refused.removed["open_interest"] > 0


def test_volume_alone_may_be_unknown():
    """Open interest still counts, and the note names what is missing."""
    with use_provider(WithoutVolume(5)), clock.running_on(lambda: NOW):
        selection = picked()
    assert (selection.notes[0], selection.chosen().volume) == ("volume unknown", None)
    assert selection.chosen().open_interest >= 10


def test_a_chain_that_nobody_quotes_blames_the_market(market, monkeypatch):
    """To be tried again, not to be refused for good."""
    real = Simulated.quotes
    monkeypatch.setattr(Counting, "quotes", lambda self, symbols, *, now: real(self, ["AAPL"], now=now))
    with pytest.raises(MarketDataUnavailable) as unavailable:
        picked().chosen()
    assert unavailable.value.code == "quote_missing"


def test_a_symbol_without_a_market_is_no_selection(market):
    """There is nothing that a record could tell."""
    with pytest.raises(MarketDataUnavailable):
        picked("NOPE")


def test_an_implied_volatility_low_in_its_year_is_scored_higher(market):
    """When a history is at hand; the record then says nothing of a neutral term."""
    vol = picked().chosen().vol
    low, high = (
        selection_of("AAPL", right=Right.CALL, policy=ContractPolicy(), history=VolatilityRange(*edges))
        for edges in ((vol, vol + 1), (vol - 0.2, vol))
    )
    assert low.winner.terms.volatility > 0.9 > 0.2 > high.winner.terms.volatility
    assert not any("history" in note for note in low.notes)


def test_a_later_day_has_its_own_chain(market):
    """What was sorted for one day is not used on the next."""
    first = picked(max_days=30).sight.today
    with clock.running_on(lambda: NOW + timedelta(days=3)):
        later = picked(max_days=30)
        assert later.listed == len(market.chain("AAPL", now=clock.now()))
    assert later.sight.today - first == timedelta(days=3)
