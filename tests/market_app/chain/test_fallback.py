"""The chain over HTTP: what is asked of whom, what is believed, and what is said when nobody answers."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal

import pytest

from books_app.redis import detached
from domain.errors import MarketDataUnavailable
from domain.feeds import FeedState
from domain.quotes import FeedClass
from market_app.capabilities import Capability
from market_app.providers.access import deadline
from tests.fakes import market
from tests.fakes.faults import Fault
from tests.market_app.chain.making import Two


def middle(symbol: str, two: Two) -> Decimal:
    true = market.true_quote(symbol, two.now)
    return (true.bid + true.ask) / 2


def test_the_first_provider_answers_alone(two: Two) -> None:
    """A batch is one call at the first provider, every value is the true one, and all is healthy."""
    asked = [*market.SHARES, *(contract.symbol for contract in market.listed("AAPL", two.first.day)[:4])]
    found = two.chain().quotes(asked, now=two.now)

    assert {symbol: quote.mid for symbol, quote in found.items()} == {s: middle(s, two) for s in asked}
    assert {quote.provider for quote in found.values()} == {"first"}
    assert (len(two.first.arrivals), len(two.second.arrivals)) == (2, 0)  # shares, and options
    assert {health.state for _, health in two.seen} == {FeedState.HEALTHY}


def test_two_hundred_symbols_cost_one_call(two: Two) -> None:
    """As few calls as the provider allows, however long the list; unknown symbols among them fail nothing."""
    asked = [*market.SHARES, *(f"ZZ{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(192))]
    found = two.chain().quotes(asked, now=two.now)

    assert set(found) == set(market.SHARES)
    assert len(two.first.arrivals) == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.HANG, Fault.DRIP, Fault.RESET, Fault.HTML_502, Fault.TRUNCATED_JSON, Fault.RATE_LIMITED, Fault.EMPTY],
)
def test_a_failing_provider_is_stood_in_for(two: Two, fault: Fault) -> None:
    """The second provider answers within the first one's time and its own, and the state says fallback and why."""
    two.first.inject(fault, times=None)
    began = time.monotonic()
    found = two.chain().quotes(["SPY"], now=two.now)

    assert (found["SPY"].provider, found["SPY"].mid) == ("second", middle("SPY", two))
    assert time.monotonic() - began < 1.5
    capability, health = two.seen[-1]
    assert (capability, health.state, health.provider) == (Capability.QUOTES, FeedState.FALLBACK, "second")
    assert health.text.startswith("first: ")


@pytest.mark.parametrize(
    "fault", [Fault.STALE, Fault.CROSSED, Fault.ZERO_SIDES, Fault.NAN, Fault.NULL_FIELDS, Fault.FUTURE]
)
def test_a_bad_quote_is_asked_for_elsewhere(two: Two, fault: Fault) -> None:
    """What the gate would refuse is no answer as long as another provider has a good one."""
    two.first.inject(fault, times=None)
    found = two.chain().quotes(["SPY", "AAPL"], now=two.now)

    assert {symbol: (quote.provider, quote.mid) for symbol, quote in found.items()} == {
        symbol: ("second", middle(symbol, two)) for symbol in ("SPY", "AAPL")
    }


def test_where_all_are_bad_the_verdict_can_still_say_why(two: Two) -> None:
    """Stale everywhere: the stale quote is given, so that the refusal names its age instead of nothing."""
    for server in (two.first, two.second):
        server.inject(Fault.STALE, times=None)

    found = two.chain().quotes(["SPY"], now=two.now)
    assert two.now - found["SPY"].provider_time > timedelta(hours=1)


def test_a_hundredfold_price_is_not_believed(two: Two) -> None:
    """A provider that multiplies its prices is not taken at its word beside the last good price; the second one is asked."""
    chain = two.chain()
    chain.quotes(["SPY"], now=two.now)
    two.at(two.now + timedelta(seconds=2))
    two.first.inject(Fault.ABSURD, times=None)

    assert chain.quotes(["SPY"], now=two.now)["SPY"].provider == "second"


def test_a_process_that_has_just_started_knows_the_last_price_too(two: Two) -> None:
    """What is believable is remembered in Redis, not only where it was seen."""
    two.chain().quotes(["SPY"], now=two.now)
    two.at(two.now + timedelta(seconds=2))
    two.first.inject(Fault.ABSURD, times=None)

    assert two.chain().quotes(["SPY"], now=two.now)["SPY"].provider == "second"


def test_a_jump_that_two_providers_tell_of_is_believed(two: Two) -> None:
    """A real gap comes through with the second provider as its witness; one that nobody confirms is left out."""
    chain = two.chain()
    chain.quotes(["SPY"], now=two.now)
    for server in (two.first, two.second):
        server.inject(Fault.ABSURD, times=None)
    two.at(two.now + timedelta(seconds=2))
    assert chain.quotes(["SPY"], now=two.now)["SPY"].mid == 100 * middle("SPY", two)

    two.first.clear()  # one says a hundredth now, the other does not answer
    two.second.stop()
    two.at(two.now + timedelta(seconds=2))
    assert "SPY" not in two.chain().quotes(["SPY"], now=two.now)


def test_alone_an_unknown_price_needs_a_second_provider(two: Two) -> None:
    """A process that has just started and has no Redis believes what two providers tell, and nobody's word alone."""
    with detached():
        assert two.chain().quotes(["SPY"], now=two.now)["SPY"].mid == middle("SPY", two)
        two.second.stop()
        assert two.chain(opens_after=1).quotes(["SPY"], now=two.now) == {}


def test_when_nobody_answers_every_cause_is_named(two: Two) -> None:
    """One refuses the key, the other is away: both are in the message, and the state is down."""
    two.first.inject(Fault.UNAUTHORISED, times=None)
    two.second.stop()
    with deadline(0.5), pytest.raises(MarketDataUnavailable, match=r"massive: 401.*; massive: /v3/snapshot") as raised:
        two.chain().quotes(["SPY"], now=two.now)

    assert raised.value.code == "no_provider_left"
    assert two.seen[-1][1].state is FeedState.DOWN


def test_a_symbol_that_nobody_has_is_left_out_and_no_failure(two: Two) -> None:
    """Both are asked, none has it, nobody's health suffers."""
    assert two.chain().quotes([market.UNKNOWN], now=two.now) == {}
    assert [len(server.arrivals) for server in (two.first, two.second)] == [1, 1]
    assert not [health for _, health in two.seen if health.state is not FeedState.HEALTHY]


def test_another_round_is_tried_while_the_deadline_allows(two: Two) -> None:
    """Everybody fails once; a second later the first provider answers: degraded, not down."""
    for server in (two.first, two.second):
        server.inject(Fault.RESET)
    began = time.monotonic()
    with deadline(4):
        assert two.chain().quotes(["SPY"], now=two.now)["SPY"].provider == "first"

    assert 1.0 <= time.monotonic() - began < 2.5
    assert two.seen[-1][1].state is FeedState.DEGRADED


def test_no_round_goes_beyond_the_callers_deadline(two: Two) -> None:
    """Half a second is not enough to pause for a second: the failure comes at once."""
    for server in (two.first, two.second):
        server.inject(Fault.RESET, times=None)
    began = time.monotonic()
    with deadline(0.5), pytest.raises(MarketDataUnavailable):
        two.chain().quotes(["SPY"], now=two.now)

    assert time.monotonic() - began < 0.5


def test_patient_providers_do_not_outstay_a_hurried_caller(two: Two) -> None:
    """Both hang and each may take three seconds; whoever has half a second waits no longer than that."""
    for server in (two.first, two.second):
        server.inject(Fault.HANG, times=None)
    began = time.monotonic()
    with deadline(0.5), pytest.raises(MarketDataUnavailable):
        two.chain(connect_s=3.0, read_s=3.0, total_s=3.0).quotes(["SPY"], now=two.now)

    assert time.monotonic() - began < 0.9


def test_a_spent_budget_sends_to_the_next(two: Two) -> None:
    """When our own limit for the first provider is reached, the second one serves; no call too many leaves, no alarm."""
    for second in range(4):
        two.at(market.MOMENT + timedelta(seconds=second))
        two.chain(per_minute=2).quotes([market.SHARES[second]], now=two.now)

    assert [len(server.arrivals) for server in (two.first, two.second)] == [2, 2]
    assert {health.state for _, health in two.seen} == {FeedState.HEALTHY}
    two.at(two.now + timedelta(seconds=5))
    with deadline(0.5), pytest.raises(MarketDataUnavailable, match="limit of 2 a minute"):
        two.chain(per_minute=2).quotes(["F"], now=two.now)
    assert two.seen[-1][1].state is FeedState.DOWN


def test_a_bad_provider_is_not_asked_for_the_same_quote_at_once_again(two: Two) -> None:
    """What the second provider had no good quote of, it is not asked for again in the next seconds; the first one is."""
    chain = two.chain()
    for server in (two.first, two.second):
        server.inject(Fault.STALE, times=None)
    for _ in range(3):
        chain.quotes(["SPY"], now=two.now)
        two.at(two.now + timedelta(seconds=2))

    assert [len(server.arrivals) for server in (two.first, two.second)] == [3, 1]


def test_a_witness_is_another_provider(two: Two) -> None:
    """Whoever confirms a price is not the one who told it; nobody, where the other is away."""
    chain = two.chain()
    witness = chain.witness("SPY", now=two.now, beside="first")
    assert witness is not None and witness.provider == "second"
    two.second.stop()
    assert chain.witness("SPY", now=two.now, beside="first") is None


@pytest.mark.django_db
def test_chain_bars_activity_and_session_fall_back_too(two: Two) -> None:
    """Every kind of question goes on to the next provider, and has a health of its own."""
    two.first.inject(Fault.HTML_502, times=None)
    chain, listed = two.chain(), list(market.listed("GOOG", two.first.day))

    assert chain.chain("GOOG", now=two.now) == listed
    assert set(chain.activity("GOOG", now=two.now)) == {contract.symbol for contract in listed}
    assert len(chain.bars("SPY", interval_s=60, count=20, now=two.now)) == 20
    assert chain.market_open(now=two.now) is True
    assert {capability: health.state for capability, health in two.seen} == dict.fromkeys(
        (Capability.CHAIN, Capability.ACTIVITY, Capability.BARS, Capability.SESSION), FeedState.FALLBACK
    )


def test_an_interval_that_nobody_serves_keeps_its_own_reason(two: Two) -> None:
    """Seven seconds are refused by every provider for the same reason, which is the answer's."""
    with pytest.raises(MarketDataUnavailable) as raised:
        two.chain().bars("SPY", interval_s=7, count=5, now=two.now)
    assert raised.value.code == "interval_not_served"


def test_delayed_prices_are_told_as_delayed(two: Two) -> None:
    """A fallback to a delayed feed is an answer that entries can refuse by its class."""
    two.first.stop()
    two.second.timeframe = "DELAYED"  # type: ignore[attr-defined]
    two.second.late_by = timedelta(minutes=15)
    found = two.chain().quotes(["SPY"], now=two.now)

    assert found["SPY"].feed is FeedClass.DELAYED
    assert (two.seen[-1][1].state, two.seen[-1][1].timely) == (FeedState.FALLBACK, False)
