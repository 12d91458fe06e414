"""The simulated market: always the same, never discontinuous, shaped like a market."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from time import perf_counter

import numpy as np
import pytest

from domain.errors import MarketDataUnavailable
from domain.options import bsm
from domain.quote_gate import OPTION_LIMITS, UNDERLYING_LIMITS, judge
from domain.quotes import FeedClass
from domain.symbols.occ import OptionContract, Right
from market_app.providers import paths
from market_app.providers.listing import UNDERLYINGS, expirations, third_friday
from market_app.providers.simulated import RATE, Simulated

SATURDAY_NIGHT = datetime(2026, 11, 21, 23, 30, 15, tzinfo=UTC)
MARKET = Simulated(seed=7)


def test_the_same_seed_symbol_and_moment_give_the_same_quote_in_another_process():
    """Nothing depends on the process, its hash seed or what was asked before."""
    symbols = ["AAPL", MARKET.chain("TSLA", now=SATURDAY_NIGHT)[300].symbol]
    here = {symbol: quote.as_json() for symbol, quote in MARKET.quotes(symbols, now=SATURDAY_NIGHT).items()}
    script = (
        "import django; django.setup()\n"
        "from datetime import datetime\n"
        "from market_app.providers.simulated import Simulated\n"
        f"quotes = Simulated(7).quotes({symbols!r}, now=datetime.fromisoformat({SATURDAY_NIGHT.isoformat()!r}))\n"
        "print({symbol: quote.as_json() for symbol, quote in quotes.items()})"
    )
    there = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert there.stdout.strip() == repr(here)


def test_another_seed_is_another_market():
    """The seed changes the path, not the rules."""
    quotes = [Simulated(seed).quotes(["SPY"], now=SATURDAY_NIGHT)["SPY"].mid for seed in range(5)]
    assert len(set(quotes)) == 5


def test_every_quote_says_that_it_is_simulated():
    """Feed class and provider are on each quote, so nothing downstream can take it for real."""
    for quote in MARKET.quotes(
        ["SPY", MARKET.chain("SPY", now=SATURDAY_NIGHT)[200].symbol], now=SATURDAY_NIGHT
    ).values():
        assert quote.feed is FeedClass.SIMULATED
        assert quote.provider == "simulated"


@pytest.mark.parametrize("symbol", UNDERLYINGS)
def test_underlyings_pass_the_quote_gate_around_the_clock(symbol):
    """Any hour of any day has a good quote on whole cents."""
    for hours in range(0, 24 * 14, 5):
        now = SATURDAY_NIGHT + timedelta(hours=hours)
        quote = MARKET.quotes([symbol], now=now)[symbol]
        verdict = judge(quote, now=now, limits=UNDERLYING_LIMITS)
        assert verdict.good, verdict.text
        assert quote.bid % Decimal("0.01") == 0
        assert quote.bid < quote.ask
        assert quote.bid_size > 0


def test_prices_move_from_second_to_second():
    """An exit by price can happen at any second, not only at a minute's end."""
    mids = [
        MARKET.quotes(["TSLA"], now=SATURDAY_NIGHT + timedelta(seconds=second))["TSLA"].mid for second in range(120)
    ]
    assert len(set(mids)) > 60
    assert all(abs(later / earlier - 1) < Decimal("0.002") for earlier, later in pairwise(mids))


def test_the_path_is_continuous_over_midnight():
    """The last mark of one day is the first of the next, for hundreds of days."""
    for symbol in ("AAPL", "SPY"):
        for day in range(20_000, 20_300):
            assert paths.day_path(7, symbol, day)[0][-1] == pytest.approx(paths.day_path(7, symbol, day + 1)[0][0])


@pytest.mark.parametrize("symbol", UNDERLYINGS)
def test_daily_changes_have_the_listed_volatility(symbol):
    """A year of daily closes realises the volatility the options are priced on, within a third."""
    closes = np.array([paths.day_path(3, symbol, day)[0][-1] for day in range(20_000, 20_730)])
    realised = float(np.std(np.diff(np.log(closes))) * np.sqrt(365))
    assert realised == pytest.approx(UNDERLYINGS[symbol].vol, rel=0.34)
    assert closes.min() / UNDERLYINGS[symbol].base > 0.3
    assert closes.max() / UNDERLYINGS[symbol].base < 3


def test_volatility_and_volume_are_high_at_both_ends_of_the_day():
    """The first and last two hours are busier than two at noon, in movement and in shares."""
    days = [paths.day_path(7, "SPY", day) for day in range(20_000, 20_060)]
    moves = np.mean([np.abs(np.diff(np.log(path))) for path, _ in days], axis=0)
    volume = np.mean([traded for _, traded in days], axis=0)
    for series in (moves, volume):
        noon = series[660:780].mean()
        assert series[:120].mean() > 1.5 * noon
        assert series[-120:].mean() > 1.5 * noon


def test_the_chain_lists_weeklies_and_monthlies_on_round_strikes():
    """Six Fridays, the third Fridays of the next months, strikes on the class's step, both rights of each."""
    chain = MARKET.chain("AAPL", now=SATURDAY_NIGHT)
    listed = sorted({contract.expiration for contract in chain})
    assert listed == expirations(date(2026, 11, 21))
    assert listed[:6] == [date(2026, 11, 27) + timedelta(weeks=week) for week in range(6)]
    assert date(2027, 5, 21) == third_friday(2027, 5) == listed[-1]
    assert all(contract.strike % Decimal("2.5") == 0 for contract in chain)
    assert chain == sorted(chain)
    calls = {(c.expiration, c.strike) for c in chain if c.right is Right.CALL}
    puts = {(c.expiration, c.strike) for c in chain if c.right is Right.PUT}
    assert calls == puts


def test_the_chain_does_not_change_within_a_day_and_surrounds_the_price():
    """What was chosen a moment ago is still listed, and there are strikes on both sides of the money."""
    early = datetime(2026, 11, 21, 0, 0, 5, tzinfo=UTC)
    assert MARKET.chain("NVDA", now=early) == MARKET.chain("NVDA", now=SATURDAY_NIGHT)
    spot = MARKET.quotes(["NVDA"], now=SATURDAY_NIGHT)["NVDA"].mid
    strikes = {contract.strike for contract in MARKET.chain("NVDA", now=SATURDAY_NIGHT)}
    assert min(strikes) < spot * Decimal("0.9") < spot * Decimal("1.1") < max(strikes)


def test_a_contract_of_today_is_listed_until_the_day_ends_and_gone_after():
    """The last day is a trading day; the day after there is neither a listing nor a quote."""
    friday = datetime(2026, 11, 27, 23, 59, tzinfo=UTC)
    contract = next(c for c in MARKET.chain("SPY", now=friday) if c.expiration == friday.date())
    assert contract.symbol in MARKET.quotes([contract.symbol], now=friday)
    after = friday + timedelta(minutes=2)
    assert contract not in MARKET.chain("SPY", now=after)
    assert MARKET.quotes([contract.symbol], now=after) == {}


def _ladder(right):
    chain = MARKET.chain("AAPL", now=SATURDAY_NIGHT)
    expiration = date(2026, 12, 18)
    contracts = [c for c in chain if c.expiration == expiration and c.right is right]
    quotes = MARKET.quotes([c.symbol for c in contracts], now=SATURDAY_NIGHT)
    return contracts, [quotes[c.symbol] for c in contracts]


@pytest.mark.parametrize("right", list(Right))
def test_option_prices_are_monotone_in_strike(right):
    """A call costs less the higher its strike, a put more: asks never turn."""
    _, quotes = _ladder(right)
    asks = [float(quote.ask) for quote in quotes]
    assert asks == sorted(asks, reverse=right is Right.CALL)


def test_option_spreads_widen_and_sizes_shrink_away_from_the_money():
    """The spread as a share of the price, and the size, are best near the money."""
    contracts, quotes = _ladder(Right.CALL)
    spot = float(MARKET.quotes(["AAPL"], now=SATURDAY_NIGHT)["AAPL"].mid)
    distances = [abs(float(contract.strike) / spot - 1) for contract in contracts]
    near = [q for q, distance in zip(quotes, distances, strict=True) if distance < 0.03]
    far = [
        q
        for c, q, d in zip(contracts, quotes, distances, strict=True)
        if d > 0.12 and c.strike > spot and q.bid is not None
    ]
    assert np.mean([float((q.ask - q.bid) / q.mid) for q in near]) < np.mean(
        [float((q.ask - q.bid) / q.mid) for q in far]
    )
    assert np.mean([q.ask_size for q in near]) > 2 * np.mean([q.ask_size for q in far])


def test_options_show_a_smile():
    """Implied volatility of puts far below the money is above that at the money."""
    contracts, quotes = _ladder(Right.PUT)
    spot = float(MARKET.quotes(["AAPL"], now=SATURDAY_NIGHT)["AAPL"].mid)
    years = (datetime(2026, 12, 19, tzinfo=UTC) - SATURDAY_NIGHT).total_seconds() / (365 * 86_400)

    def implied(target):
        place = min(range(len(contracts)), key=lambda i: abs(float(contracts[i].strike) - target))
        return float(
            bsm.implied_volatility(
                float(quotes[place].mid), -1, spot, float(contracts[place].strike), years, RATE, 0.004
            )
        )

    assert implied(spot) == pytest.approx(UNDERLYINGS["AAPL"].vol, rel=0.1)
    assert implied(spot * 0.85) > implied(spot) * 1.05


def test_most_listed_contracts_have_a_good_quote():
    """Only what is nearly worthless is without a bid."""
    chain = MARKET.chain("SPY", now=SATURDAY_NIGHT)
    quotes = MARKET.quotes([contract.symbol for contract in chain], now=SATURDAY_NIGHT)
    verdicts = [judge(quotes.get(c.symbol), now=SATURDAY_NIGHT, limits=OPTION_LIMITS) for c in chain]
    assert {verdict.code for verdict in verdicts} <= {None, "quote_one_sided"}
    assert sum(verdict.good for verdict in verdicts) > 0.8 * len(chain)


def test_bars_are_completed_aligned_and_agree_with_the_quotes():
    """A bar ends at or before now, begins on its interval, and its close is the price at its end."""
    bars = MARKET.bars("MSFT", interval_s=300, count=50, now=SATURDAY_NIGHT)
    assert len(bars) == 50
    assert bars[-1].start + timedelta(minutes=5) <= SATURDAY_NIGHT < bars[-1].start + timedelta(minutes=10)
    assert all(bar.start.timestamp() % 300 == 0 for bar in bars)
    assert all(later.open == earlier.close for earlier, later in pairwise(bars))
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)
    assert all(bar.volume > 0 for bar in bars)
    assert bars[-1].close == MARKET.quotes(["MSFT"], now=bars[-1].start + timedelta(minutes=5))["MSFT"].last


def test_longer_bars_are_made_of_shorter_ones():
    """An hour's high, low and volume are those of its sixty minutes."""
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    hour = MARKET.bars("AMD", interval_s=3600, count=1, now=now)[0]
    minutes = MARKET.bars("AMD", interval_s=60, count=60, now=now)
    assert hour.high == max(bar.high for bar in minutes)
    assert hour.low == min(bar.low for bar in minutes)
    assert hour.volume == sum(bar.volume for bar in minutes)


@pytest.mark.parametrize("interval_s", [1, 30, 90, 7 * 86_400, 420 * 60])
def test_an_interval_that_does_not_divide_the_day_is_refused(interval_s):
    """Bars would not line up from one day to the next."""
    with pytest.raises(MarketDataUnavailable) as refused:
        MARKET.bars("SPY", interval_s=interval_s, count=5, now=SATURDAY_NIGHT)
    assert refused.value.code == "interval_not_served"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: MARKET.quotes(["NOSUCH"], now=SATURDAY_NIGHT),
        lambda: MARKET.chain("NOSUCH", now=SATURDAY_NIGHT),
        lambda: MARKET.bars("NOSUCH", interval_s=60, count=1, now=SATURDAY_NIGHT),
        lambda: MARKET.closing_price("NOSUCH", day=date(2026, 11, 20), now=SATURDAY_NIGHT),
    ],
)
def test_a_symbol_that_is_not_listed_is_named(ask):
    """No price is invented for a symbol outside the list."""
    with pytest.raises(MarketDataUnavailable, match="NOSUCH") as refused:
        ask()
    assert refused.value.code == "no_market_data"


def test_an_unknown_symbol_does_not_spoil_a_batch():
    """Those that are known are answered, the other is left out."""
    other = OptionContract("NOSUCH", date(2026, 12, 18), Right.CALL, Decimal(10)).symbol
    assert set(MARKET.quotes(["SPY", "NOSUCH", other], now=SATURDAY_NIGHT)) == {"SPY"}


def test_the_closing_price_is_the_days_last_and_not_told_before():
    """Settlement at the end of the UTC day uses the price at which the next day begins."""
    day = date(2026, 11, 20)
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    assert MARKET.closing_price("SPY", day=day, now=midnight) == MARKET.quotes(["SPY"], now=midnight)["SPY"].last
    with pytest.raises(MarketDataUnavailable):
        MARKET.closing_price("SPY", day=day, now=midnight - timedelta(seconds=1))


def test_a_thousand_contracts_are_quoted_in_milliseconds():
    """A refresh of many positions is one vectorised pricing; best of five."""
    symbols = [c.symbol for root in ("AAPL", "SPY") for c in MARKET.chain(root, now=SATURDAY_NIGHT)][:1000]
    taken = []
    for second in range(5):
        started = perf_counter()
        quotes = MARKET.quotes(symbols, now=SATURDAY_NIGHT + timedelta(seconds=second))
        taken.append(perf_counter() - started)
    assert len(quotes) == 1000
    assert min(taken) < 0.05
