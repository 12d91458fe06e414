"""How chains, bars and activity are written to Redis: small, and read back in a few milliseconds for thousands of contracts.

A chain is a list of ladders, [root, expiration, right, multiplier, strikes in thousandths], in the order of its contracts.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from domain.quotes import Bar
from domain.symbols.occ import OptionContract, Right
from market_app.chain.answers import Codec
from market_app.interface import Activity


def _chain_text(contracts: list[OptionContract]) -> str:
    ladders = [
        [*of, [int(contract.strike * 1000) for contract in those]] for of, those in groupby(contracts, key=_ladder)
    ]
    return _compact(ladders)


def _ladder(contract: OptionContract) -> tuple[str, str, str, int]:
    return contract.root, contract.expiration.isoformat(), contract.right.value, contract.multiplier


def _chain(text: str) -> list[OptionContract]:
    found: list[OptionContract] = []
    for root, expiration, right, multiplier, strikes in json.loads(text):
        found += _contracts(root, expiration, right, multiplier, tuple(strikes))
    return found


@lru_cache(maxsize=2_048)
def _contracts(
    root: str, expiration: str, right: str, multiplier: int, strikes: tuple[int, ...]
) -> list[OptionContract]:
    """Most of a chain is what it was five minutes ago."""
    day, prices = date.fromisoformat(expiration), map(_strike, strikes)
    return OptionContract.ladder(root, day, Right(right), prices, multiplier=multiplier)


@lru_cache(maxsize=16_384)
def _strike(thousandths: int) -> Decimal:
    return Decimal(thousandths) / 1000


def _activity_text(activity: dict[str, Activity]) -> str:
    return _compact(activity)


def _activity(text: str) -> dict[str, Activity]:
    return {symbol: Activity(*told) for symbol, told in json.loads(text).items()}


def _bars_text(bars: list[Bar]) -> str:
    return _compact(
        [[bar.start.isoformat(), *map(str, (bar.open, bar.high, bar.low, bar.close)), bar.volume] for bar in bars]
    )


def _bars(text: str) -> list[Bar]:
    return [
        Bar(datetime.fromisoformat(start), Decimal(opened), Decimal(high), Decimal(low), Decimal(close), volume)
        for start, opened, high, low, close, volume in json.loads(text)
    ]


def _compact(told: Any) -> str:
    return json.dumps(told, separators=(",", ":"))


CHAIN: Final = Codec(_chain_text, _chain)
ACTIVITY: Final = Codec(_activity_text, _activity)
BARS: Final = Codec(_bars_text, _bars)
