"""What holds for every provider: asked over real HTTP of a server that stands in for it, well and with every fault.

The market behind the servers is known to the cent and to the second, so a price that is not true is found out.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest

from domain.errors import MarketDataUnavailable
from domain.quotes import FeedClass
from market_app.capabilities import Capability
from market_app.providers.access import Patience, ProviderTrouble, Trouble, deadline
from tests.fakes import market
from tests.fakes.asking import OPTIONS, Asker, Meter
from tests.fakes.faults import CONVERSATION, REFUSALS, Fault
from tests.fakes.registry import STANDS, Stand
from tests.fakes.server import KEY, FakeServer
from tests.fakes.truth import is_true, last_bars, untrue

C, F, T = Capability, Fault, Trouble
TODAY = market.MOMENT.date()
OFFERED = [(stand, capability) for stand in STANDS for capability in stand.adapter.offers]
FAULTY = [
    (stand, capability, fault)
    for stand, capability in OFFERED
    for fault in sorted(stand.faults_of(capability) - {F.UNKNOWN_FIELDS, F.CACHED_203})
]
HARMLESS = [
    (stand, capability, fault)
    for stand, capability in OFFERED
    for fault in sorted(stand.faults_of(capability) & {F.UNKNOWN_FIELDS, F.CACHED_203})
]
SHORT = Patience(connect_s=0.1, read_s=0.1, total_s=0.1)
SLACK_S = 0.6  # a busy machine's
TROUBLES = {
    F.HANG: {T.TIMED_OUT},
    F.DRIP: {T.TIMED_OUT},
    F.RESET: {T.FAILED},
    F.CUT_OFF: {T.FAILED},
    F.HTML_502: {T.FAILED},
    F.SERVER_ERROR_500: {T.FAILED},
    F.RATE_LIMITED: {T.LIMITED},
    F.UNAUTHORISED: {T.REFUSED},
    F.PLAN_REFUSED: {T.REFUSED},
    F.NO_DATA: {T.NO_DATA},
    F.EMPTY: {T.NONSENSE, T.NO_DATA},
    F.EMPTY_204: {T.NO_DATA},
    F.TRUNCATED_JSON: {T.NONSENSE},
}
MANGLED_TIMES = 20
FIGURES_WRONG = {T.NONSENSE, T.NO_DATA}  # how an answer is refused whose figures cannot be right


def named(case: tuple[Any, ...]) -> str:
    return "-".join(part.name if isinstance(part, Stand) else str(part) for part in case)


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, FakeServer]]:
    with ExitStack() as stack:
        yield {stand.name: stack.enter_context(stand.fake()) for stand in STANDS}


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_an_adapter_has_the_methods_of_what_it_offers_and_no_other(stand):
    """The table of capabilities is what the chain goes by: nothing else is ever asked."""
    methods = {
        "quotes": {C.QUOTES, C.OPTION_QUOTES}, "chain": {C.CHAIN}, "activity": {C.ACTIVITY}, "bars": {C.BARS},
        "market_open": {C.SESSION},
    }  # fmt: skip
    for method, capabilities in methods.items():
        assert hasattr(stand.adapter, method) == bool(capabilities & stand.adapter.offers.keys()), method


@contextmanager
def at(fake: FakeServer, moment: datetime) -> Iterator[None]:
    fake.market.at = moment
    try:
        yield
    finally:
        fake.market.at = market.MOMENT


@pytest.mark.parametrize("case", [case for case in OFFERED if case[1] in (C.QUOTES, C.OPTION_QUOTES)], ids=named)
def test_quotes_are_those_of_the_second_that_is_stamped_on_them(running, case):
    """Prices and sizes to the cent, provider's time, our time and a feed class no better than what is offered."""
    stand, capability = case
    asker = Asker(stand, running[stand.name])
    symbols = OPTIONS if capability is C.OPTION_QUOTES else ["AAPL", "SPY", "BRK.B"]
    quotes = asker.adapter.quotes(symbols, now=asker.now)
    assert set(quotes) == set(symbols)
    for symbol, quote in quotes.items():
        assert (quote.symbol, quote.provider, quote.received_at) == (symbol, stand.name, asker.now)
        assert quote.provider_time <= asker.now
        assert is_true(quote), quote
        assert {quote.bid, quote.last} != {None}
        if quote.feed is FeedClass.REAL_TIME:
            assert stand.adapter.offers[capability].feed is FeedClass.REAL_TIME
            assert asker.now - quote.provider_time < timedelta(minutes=1)


@pytest.mark.parametrize("case", [case for case in OFFERED if case[1] in (C.QUOTES, C.OPTION_QUOTES)], ids=named)
def test_a_batch_is_as_few_requests_as_the_provider_allows(running, case):
    """per_call symbols travel in one request, and each credit that the provider counts is counted by our meter too."""
    stand, capability = case
    meter = Meter()
    asker = Asker(stand, running[stand.name], meter=meter)
    symbols = OPTIONS if capability is C.OPTION_QUOTES else list(market.SHARES)
    assert len(asker.adapter.quotes(symbols, now=asker.now)) == len(symbols)
    requests = [arrival for arrival in asker.fake.arrivals if arrival.question]
    assert len(requests) == -(-len(symbols) // stand.adapter.offers[capability].per_call)
    assert meter.spent == sum(arrival.cost for arrival in asker.fake.arrivals)


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_one_bad_symbol_does_not_fail_the_others(running, stand):
    """A share that does not exist, and texts that no provider could be asked for, are left out of the answer."""
    asker = Asker(stand, running[stand.name])
    strange = [market.UNKNOWN, "not a symbol!", "", "AAPL, SPY", "../v1/account", "MNQ1!"]
    if C.OPTION_QUOTES in stand.adapter.offers:
        strange.append(market.expired("AAPL", TODAY).symbol)
    quotes = asker.adapter.quotes(["AAPL", *strange, "SPY"], now=asker.now)
    assert set(quotes) == {"AAPL", "SPY"}


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_a_symbol_that_nobody_knows_is_no_data_and_no_failure(running, stand):
    """The breaker must not open because somebody typed a wrong symbol; no symbols at all are no request."""
    asker = Asker(stand, running[stand.name])
    for symbols in ([market.UNKNOWN], ["not a symbol!"]):
        with pytest.raises(ProviderTrouble) as caught:
            asker.adapter.quotes(symbols, now=asker.now)
        assert caught.value.trouble is T.NO_DATA
    asker.fake.forget()
    assert asker.adapter.quotes([], now=asker.now) == {}
    assert not asker.fake.arrivals


@pytest.mark.parametrize("case", [c for c in OFFERED if c[1] in (C.CHAIN, C.ACTIVITY, C.BARS)], ids=named)
@pytest.mark.parametrize("symbol", [market.UNKNOWN, "not a symbol!", "../v1/account"])
def test_a_question_about_what_does_not_exist_is_no_data(running, case, symbol):
    """Contracts, activity and bars like quotes: the breaker does not open, and no odd address is asked."""
    stand, capability = case
    asker = Asker(stand, running[stand.name])
    with pytest.raises(ProviderTrouble) as caught:
        asker.ask(capability, symbol)
    assert caught.value.trouble is T.NO_DATA
    assert len(asker.fake.arrivals) == 0 or symbol == market.UNKNOWN


@pytest.mark.parametrize("stand", [s for s, c in OFFERED if c is C.CHAIN], ids=lambda stand: stand.name)
@pytest.mark.parametrize("underlying", ["AAPL", "BRK.B"])
def test_a_chain_holds_every_listed_contract_in_order(running, stand, underlying):
    """Pages are followed; what has expired is left out; an adjusted contract is there only with its own multiplier."""
    asker = Asker(stand, running[stand.name])
    chain = asker.adapter.chain(underlying, now=asker.now)
    assert [c for c in chain if c.root != market.ADJUSTED_ROOT] == list(market.listed(underlying, TODAY))
    assert chain == sorted(chain)
    assert {c for c in chain if c.root == market.ADJUSTED_ROOT} <= set(market.adjusted(TODAY))


@pytest.mark.parametrize("stand", [s for s, c in OFFERED if c is C.ACTIVITY], ids=lambda stand: stand.name)
def test_activity_is_told_for_every_contract(running, stand):
    """Zero is told as zero; what is not told is None."""
    asker = Asker(stand, running[stand.name])
    told = asker.adapter.activity("BRK.B", now=asker.now)
    assert set(told) == {contract.symbol for contract in market.listed("BRK.B", TODAY)}
    assert any(activity.open_interest is not None for activity in told.values())
    for symbol, activity in told.items():
        truth = market.true_activity(symbol)
        assert activity.open_interest in (None, truth.open_interest)
        assert activity.volume in (None, truth.volume)


@pytest.mark.parametrize("stand", [s for s, c in OFFERED if c is C.BARS], ids=lambda stand: stand.name)
def test_bars_are_completed_ones_and_all_of_them(running, stand):
    """Oldest first, without a hole, the last one as young as the provider's delay allows, none of them still running."""
    asker = Asker(stand, running[stand.name])
    served = asker.intervals()
    assert served
    for interval_s in served:
        bars = asker.adapter.bars("AAPL", interval_s=interval_s, count=30, now=asker.now)
        newest = {asker.now - asker.fake.late_by, asker.now - timedelta(minutes=15)}
        expected = [last_bars(interval_s, 30, moment) for moment in newest]
        assert bars in expected, interval_s


@pytest.mark.parametrize("stand", [s for s, c in OFFERED if c is C.BARS], ids=lambda stand: stand.name)
def test_an_interval_that_is_not_served_is_refused_without_a_request(running, stand):
    """Nothing is resampled from something that only looks alike."""
    asker = Asker(stand, running[stand.name])
    with pytest.raises(MarketDataUnavailable) as caught:
        asker.adapter.bars("AAPL", interval_s=7, count=5, now=asker.now)
    assert caught.value.code == "interval_not_served"
    assert not asker.fake.arrivals


@pytest.mark.parametrize("stand", [s for s, c in OFFERED if c is C.SESSION], ids=lambda stand: stand.name)
def test_the_session_is_the_providers_word(running, stand):
    """Open on a Wednesday at noon, closed the Saturday after."""
    asker = Asker(stand, running[stand.name])
    assert asker.adapter.market_open(now=asker.now) is True
    with at(asker.fake, market.MOMENT + timedelta(days=3)):
        assert asker.adapter.market_open(now=asker.now) is False


@pytest.mark.parametrize("case", FAULTY, ids=named)
def test_a_fault_ends_in_its_own_trouble_or_in_nothing_untrue(running, case):
    """Never another exception, never a price that is not true and not refused, never late, never asked a second time."""
    stand, capability, fault = case
    slow = fault in (F.HANG, F.DRIP)
    asker = Asker(stand, running[stand.name], SHORT if slow else None)
    asker.remember_interval()
    asker.fake.inject(fault, times=None)
    began = monotonic()
    try:
        answer = asker.ask(capability)
    except ProviderTrouble as trouble:
        assert trouble.trouble in TROUBLES.get(fault, FIGURES_WRONG) or fault is F.MANGLED, trouble
        assert KEY not in "".join(traceback.format_exception(trouble))
    else:
        assert fault not in TROUBLES or answer == {}, answer
        assert untrue(answer, capability, asker.now, fault) == []
    assert monotonic() - began < asker.access.patience.total_s + SLACK_S
    questions = [arrival for arrival in asker.fake.arrivals if arrival.question]
    assert questions, "nothing was asked"
    if fault in CONVERSATION | REFUSALS:
        assert len(questions) == 1


@pytest.mark.parametrize("case", HARMLESS, ids=named)
def test_what_is_new_in_an_answer_does_no_harm(running, case):
    """Unknown fields, and a success code that is not 200, give the same answer as without."""
    stand, capability, fault = case
    asker = Asker(stand, running[stand.name])
    before = asker.ask(capability)
    asker.fake.inject(fault, times=None)
    assert [str(part) for part in _parts(asker.ask(capability))] == [str(part) for part in _parts(before)]


def _parts(answer: Any) -> list[Any]:
    return list(answer.items()) if isinstance(answer, dict) else answer if isinstance(answer, list) else [answer]


@pytest.mark.parametrize("case", OFFERED, ids=named)
def test_nothing_that_json_can_say_breaks_the_reading(running, case):
    """Odd values in odd places, always the same ones: an answer that is true, or refused as a ProviderTrouble."""
    stand, capability = case
    asker = Asker(stand, running[stand.name])
    asker.remember_interval()
    asker.fake.inject(F.MANGLED, times=None)
    refused = 0
    for _ in range(MANGLED_TIMES):
        try:
            answer = asker.ask(capability)
        except ProviderTrouble:
            refused += 1
        else:
            assert untrue(answer, capability, asker.now) == []
    assert refused


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_a_callers_deadline_ends_a_request_that_has_more_time(running, stand):
    """The adapter's own patience is seconds; the caller has a tenth of one."""
    asker = Asker(stand, running[stand.name])
    asker.fake.inject(F.HANG, times=None)
    began = monotonic()
    with deadline(0.1), pytest.raises(ProviderTrouble) as caught:
        asker.adapter.quotes(["AAPL"], now=asker.now)
    assert caught.value.trouble is T.TIMED_OUT
    assert monotonic() - began < 0.1 + SLACK_S


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_without_a_budget_nothing_is_sent(running, stand):
    """Our own limit is asked before the provider is."""
    asker = Asker(stand, running[stand.name], meter=Meter(limit=0))
    with pytest.raises(ProviderTrouble) as caught:
        asker.adapter.quotes(["AAPL"], now=asker.now)
    assert caught.value.trouble is T.BUDGET
    assert not asker.fake.arrivals


@pytest.mark.parametrize("stand", [stand for stand in STANDS if stand.needs_key], ids=lambda stand: stand.name)
def test_a_wrong_key_is_refused_and_not_repeated_in_the_error(running, stand):
    """The provider's own refusal is recognised; the key stands neither in the message nor in the traceback."""
    asker = Asker(stand, running[stand.name], key="wrong-key-9876543210", secret="wrong-key-9876543210")
    with pytest.raises(ProviderTrouble) as caught:
        asker.adapter.quotes(["AAPL"], now=asker.now)
    assert caught.value.trouble is T.REFUSED
    assert "wrong-key" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("stand", [stand for stand in STANDS if stand.needs_key], ids=lambda stand: stand.name)
def test_the_providers_own_limit_is_recognised(running, stand):
    """In its own dialect, of which an HTTP status of 429 is only one."""
    asker = Asker(stand, running[stand.name])
    asker.fake.per_minute = 0
    try:
        with pytest.raises(ProviderTrouble) as caught:
            asker.adapter.quotes(["AAPL"], now=asker.now)
    finally:
        asker.fake.per_minute = None
    assert caught.value.trouble is T.LIMITED


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_a_storm_of_faults_leaves_only_true_prices(running, stand):
    """A hundred and twenty questions with every second answer spoiled: what passes the gate is true to the cent."""
    asker = Asker(stand, running[stand.name], Patience(1.0, 1.0, 1.0))
    quick = asker.fake.faults_of(C.QUOTES) - {F.HANG, F.DRIP}
    asker.fake.storm(0.5, seed=11, only=quick)
    good = 0
    for number in range(120):
        symbol = market.SHARES[number % len(market.SHARES)]
        try:
            quotes = asker.adapter.quotes([symbol], now=asker.now)
        except ProviderTrouble:
            continue
        assert untrue(quotes, C.QUOTES, asker.now, F.ABSURD) == []
        good += any(is_true(quote) and {quote.bid, quote.last} != {None} for quote in quotes.values())
    assert good > 35
    assert len([arrival for arrival in asker.fake.arrivals if arrival.question]) == 120


def test_prices_of_the_market_are_apart():
    """The tests above can only find a wrong price if no two shares have nearly the same one."""
    prices = sorted(market.true_quote(symbol, market.MOMENT).last for symbol in market.UNDERLYINGS)
    assert all(second / first > Decimal("1.02") for first, second in pairwise(prices))
