"""Thousands of questions to the chain from eight processes while both providers show every fault they know."""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from typing import Final
from unittest import mock

import redis

from domain.errors import MarketDataUnavailable
from domain.quote_gate import OPTION_LIMITS, UNDERLYING_LIMITS, first_fault
from domain.quotes import Quote
from market_app.capabilities import Capability, kind_of
from market_app.chain import guard, order, shared
from market_app.providers.access import deadline
from tests.fakes import market
from tests.fakes.faults import Fault
from tests.fakes.market import Market
from tests.fakes.massive import FakeMassive
from tests.market_app.chain.making import Two, at_once_in_processes

QUESTIONS: Final = int(os.environ.get("CHAOS_QUESTIONS", "10000"))
PROCESSES: Final = 8
STORM: Final = 0.4  # of the answers show a fault
DEADLINE_S: Final = 1.0
REST_S: Final = 0.05
MARGIN_S: Final = 0.5  # a busy machine's, beyond the deadline
SECOND: Final = timedelta(seconds=1)


def test_no_wrong_price_is_accepted_and_nothing_hangs(redis_client: redis.Redis) -> None:
    """Whatever passes the gate is the true price of that symbol in that second, and every question ends in time.

    Prices multiplied by a hundred are shown by one provider only: two that tell the same wrong price are what a market
    looks like that has jumped.
    """
    for module in (guard, order, shared):
        module.forget()
    with ExitStack() as running:
        for name in ("LIMITED_REST_S", "REFUSED_REST_S"):  # or the storm would be over after its first minute
            running.enter_context(mock.patch.object(guard, name, REST_S))
        two = Two(*(running.enter_context(FakeMassive(Market(None))) for _ in range(2)))
        symbols = [*market.SHARES, *(contract.symbol for contract in market.listed("AAPL", two.first.day)[:20])]
        two.chain().quotes(symbols, now=two.now)  # what is believable is known before the storm
        two.first.storm(STORM, seed=1)
        two.second.storm(STORM, seed=2, only=set(Fault) - {Fault.ABSURD})
        tallies = at_once_in_processes(PROCESSES, lambda number: _asked(two, symbols, number))

    told = Counter[str]()
    for tally in tallies:
        told.update(tally)
    injected = two.first.injected + two.second.injected
    print(f"\n{sum(told.values())} answers: {dict(told)}\nfaults injected: {injected.total()} {dict(injected)}")
    assert told["wrong"] == told["late"] == 0
    assert told["true"] > QUESTIONS / 10  # the storm lets enough through to mean something
    assert set(injected) >= FakeMassive.faults_of(Capability.QUOTES)


def _asked(two: Two, symbols: list[str], number: int) -> Counter[str]:
    chain, told = two.chain(kept=timedelta(), rest_s=REST_S), Counter[str]()
    for question in range(QUESTIONS // PROCESSES):
        symbol = symbols[(question * 7 + number) % len(symbols)]
        began = time.monotonic()
        try:
            with deadline(DEADLINE_S):
                found = chain.quotes([symbol], now=two.first.market.now() + SECOND)
        except MarketDataUnavailable:
            found = {}
            told["refused"] += 1
        if time.monotonic() - began > DEADLINE_S + MARGIN_S:
            told["late"] += 1
        told.update(_verdict(symbol, quote, two) for quote in found.values())
    return told


def _verdict(symbol: str, quote: Quote, two: Two) -> str:
    limits = UNDERLYING_LIMITS if kind_of(symbol) is Capability.QUOTES else OPTION_LIMITS
    if first_fault(quote, now=two.first.market.now() + SECOND, limits=limits) is not None:
        return "bad, and said so"
    true = market.true_quote(symbol, quote.provider_time)
    if (quote.symbol, quote.bid, quote.ask) != (symbol, true.bid, true.ask):
        print("WRONG", quote, true)
    return "true" if (quote.symbol, quote.bid, quote.ask) == (symbol, true.bid, true.ask) else "wrong"
