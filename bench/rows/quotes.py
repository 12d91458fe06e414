"""Many processes that ask for the same quotes, before one provider whose minute is limited."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from bench.figures import Comparison, Result, percentile
from bench.run import Run

PER_MINUTE: Final = 200
SYMBOLS: Final = 50
PAUSE_S: Final = 0.02  # between two questions of a process: a page or a task now and then, not a loop
START_S: Final = 60.0
ONE_GET: Final = "one GET of one quote, by the same processes in turn"


class _Seen(NamedTuple):
    """Seconds of each answer from what was kept, of each GET, and how many answers were fetched or wrong."""

    kept: list[float]
    gets: list[float]
    fetched: int
    wrong: int


def quotes(run: Run) -> list[Result]:
    from tests.fakes.market import Market
    from tests.fakes.massive import FakeMassive

    taken: tuple[list[float], list[float]] = ([], [])
    calls, wrong, answers = [], 0, 0
    for repetition in range(run.counts.quote_repetitions):
        run.tell(f"{run.counts.quote_processes} processes, {repetition + 1} of {run.counts.quote_repetitions}")
        with FakeMassive(Market(None), per_minute=PER_MINUTE) as fake:
            found = _crowd(run.counts.quote_processes, lambda: _ask(fake, run.counts.quote_seconds))
            calls.append(fake.most_in_a_window())
        wrong += sum(seen.wrong for seen in found)
        answers += sum(len(seen.kept) + seen.fetched for seen in found)
        for own, times in zip(taken, ("kept", "gets"), strict=True):
            own.append(percentile([second for seen in found for second in getattr(seen, times)], 0.99) * 1000)
    if wrong or max(calls) > PER_MINUTE:
        raise RuntimeError(
            f"{wrong} of {answers} answers were wrong; {max(calls)} calls in a minute, allowed {PER_MINUTE}"
        )
    note = f"{answers} answers, 0 wrong; at most {max(calls)} calls in any minute, allowed {PER_MINUTE}"
    what = f"{SYMBOLS} quotes kept, {run.counts.quote_processes} processes, p99"
    return [Comparison("quotes", what, "ms", *taken, 3.0, floor_is=ONE_GET, note=note)]


def _ask(fake: Any, seconds: float) -> _Seen:
    """What one process sees. Answers for which something had to be fetched, by it or by another, are counted apart."""
    from books_app import clock
    from books_app.redis import client
    from market_app.chain import shared
    from tests.fakes import market

    chain, symbols, fetches = _chain(fake), _symbols(fake), []
    take = shared.take

    def counted(*arguments: Any) -> Any:
        fetches.append(arguments)
        return take(*arguments)

    shared.take = counted
    seen, until = _Seen([], [], 0, 0), time.monotonic() + seconds
    fetched = wrong = 0
    while time.monotonic() < until:
        before, began = len(fetches), time.perf_counter()
        answer = chain.quotes(symbols, now=clock.now())
        took = time.perf_counter() - began
        if len(fetches) == before and len(answer) == len(symbols):
            seen.kept.append(took)
        else:
            fetched += 1
        true = {symbol: market.true_quote(symbol, quote.provider_time) for symbol, quote in answer.items()}
        wrong += sum((quote.bid, quote.ask) != (true[symbol].bid, true[symbol].ask) for symbol, quote in answer.items())
        began = time.perf_counter()
        client().get(f"market:quote:{symbols[0]}")
        seen.gets.append(time.perf_counter() - began)
        time.sleep(PAUSE_S)
    return seen._replace(fetched=fetched, wrong=wrong)


def _chain(fake: Any) -> Any:
    """As a worker builds it, with the one provider."""
    from market_app.capabilities import Capability
    from market_app.chain.budget import Budget
    from market_app.chain.fallback import Fallback
    from market_app.chain.terms import Terms, Use
    from market_app.providers.access import Access, Patience
    from market_app.providers.massive import Massive

    terms = Terms(PER_MINUTE, None, 5, 60.0, 2.0, 4.0, 6.0, ZoneInfo("UTC"), 0)
    source = Massive(Access(fake.url, fake.key, meter=Budget("massive", lambda: terms), patience=Patience()))

    def uses_of(capability: Capability) -> list[Use]:
        return [Use("massive", capability, terms, Massive.offers[capability], source)]

    return Fallback(lambda capability, health: None, uses_of, timedelta(seconds=1))


def _symbols(fake: Any) -> list[str]:
    """Shares and contracts, as positions and their underlyings are asked for together."""
    from tests.fakes import market

    contracts = (contract.symbol for symbol in ("AAPL", "SPY", "GOOG") for contract in market.listed(symbol, fake.day))
    return [*market.SHARES, *contracts][:SYMBOLS]


def _crowd(count: int, work: Callable[[], _Seen]) -> list[_Seen]:
    """The same in so many forked processes, begun together."""
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(count), context.SimpleQueue()

    def run() -> None:
        barrier.wait(START_S)
        results.put(work())

    processes = [context.Process(target=run, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join(START_S)
    return found
