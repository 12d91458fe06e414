"""Gamma exposure of a whole chain with its zero-gamma grid, beside gamma evaluated sixty times over that chain."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from time import perf_counter
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from bench.figures import Comparison, Result
from bench.run import Run
from domain.options import bsm, exposure
from domain.options.expiry import last_trading_date, years_until
from domain.symbols.occ import Right
from local.state import PROJECT

DAY: Final = date(2015, 12, 24)
NOON: Final = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=ZoneInfo("America/New_York"))
SYMBOL: Final = "GOOG"
RECORDED: Final = PROJECT.parent / "shared" / "data" / "lean"
REGULAR_CLOSE: Final = time(16)
CONTRACTS: Final = 2_192  # as many as the recorded chain has
DAYS: Final = (0.25, 8, 15, 22, 29, 36, 57, 85, 176, 267, 386, 757)  # to its expirations
RATE: Final = 0.005
LONGEST: Final = 1.3


def gex(run: Run) -> list[Result]:
    """profile() is everything: exposures, sums by strike and expiration, walls, and the grid of zero gamma."""
    data = Path(os.environ.get("LEAN_DATA_DIR") or RECORDED)
    contracts, spot = _recorded(data) if data.exists() else _made()
    levels = np.linspace(0.8 * spot, 1.2 * spot, exposure.GRID_POINTS).tolist()

    def ours() -> None:
        exposure.profile(contracts, spot, rate=RATE)

    def floor() -> None:
        for level in levels:
            bsm.gamma(level, contracts.strike, contracts.years, RATE, 0.0, contracts.vol)

    whose = f"{SYMBOL} {DAY}" if data.exists() else "a chain made up"
    what = f"exposure and zero gamma of {len(contracts):,} contracts, {whose}"
    floor_is = f"{len(levels)} evaluations of gamma over the chain"
    return [Comparison("gex", what, "ms", *_in_turn(run, ours, floor), LONGEST, floor_is=floor_is)]


def _in_turn(run: Run, ours: Callable[[], None], floor: Callable[[], None]) -> tuple[list[float], list[float]]:
    """Milliseconds of each, A B A B …, after one of each that only warms up."""
    taken: tuple[list[float], list[float]] = ([], [])
    for repetition in range(run.counts.gex_repetitions + 1):
        for action, own in zip((ours, floor), taken, strict=True):
            began = perf_counter()
            action()
            if repetition:
                own.append((perf_counter() - began) * 1000)
    return taken


def _recorded(data: Path) -> tuple[exposure.OpenContracts, float]:
    """The listed contracts with their open interest at noon, each at the volatility of its own middle."""
    from market_app.providers.lean import Lean

    market = Lean(data)
    chain, told = market.chain(SYMBOL, now=NOON), market.activity(SYMBOL, now=NOON)
    interest = {symbol: activity.open_interest or 0 for symbol, activity in told.items()}
    quotes = market.quotes([SYMBOL, *(contract.symbol for contract in chain)], now=NOON)
    mids = [quotes[contract.symbol].mid if contract.symbol in quotes else None for contract in chain]
    spot = float(quotes[SYMBOL].mid or 0)
    sign = np.array([1.0 if contract.right is Right.CALL else -1.0 for contract in chain])
    strike = np.array([float(contract.strike) for contract in chain])
    years = np.array([years_until(_close(contract.expiration), NOON) for contract in chain])
    price = np.array([np.nan if mid is None else float(mid) for mid in mids])
    vol = bsm.implied_volatility(price, sign, spot, strike, years, RATE, 0.0)
    contracts = exposure.OpenContracts(
        sign=sign,
        strike=strike,
        years=years,
        vol=np.where(np.isnan(vol), np.nanmedian(vol), vol),  # so that no contract is left out
        weight=np.array([float(interest.get(contract.symbol, 0)) for contract in chain]),
        multiplier=np.full(len(chain), 100.0),
        expiration=np.array([contract.expiration.toordinal() for contract in chain], dtype=np.int64),
    )
    return contracts, spot


def _close(expiration: date) -> datetime:
    return datetime.combine(last_trading_date(expiration), REGULAR_CLOSE, NOON.tzinfo)


def _made() -> tuple[exposure.OpenContracts, float]:
    """As many contracts in as many expirations, calls and puts of the same strikes around a spot of 750."""
    draw = np.random.default_rng(DAY.toordinal())
    days = np.repeat(DAYS, math.ceil(CONTRACTS / 2 / len(DAYS)))[: CONTRACTS // 2]
    strike = 250.0 + 5.0 * (np.arange(len(days)) % 92 * 2)
    contracts = exposure.OpenContracts(
        sign=np.repeat([1.0, -1.0], len(days)),
        strike=np.tile(strike, 2),
        years=np.tile(days / 365.0, 2),
        vol=draw.uniform(0.15, 0.9, 2 * len(days)),
        weight=np.floor(draw.lognormal(4.0, 2.0, 2 * len(days))),
        multiplier=np.full(2 * len(days), 100.0),
        expiration=np.tile(DAY.toordinal() + np.ceil(days).astype(np.int64), 2),
    )
    return contracts, 750.0
