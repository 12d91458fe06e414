"""What an option can be worth beside its underlying, whatever the model: for prices that nothing else is known about.

A put pays at most its strike and a call is at most the stock; who could exercise now is not given less than that brings.
None of it needs a volatility. One more bound is of reason, not of arbitrage: time value is greatest at the money, where it is
spot * erf(vol sqrt(T) / sqrt(8)) without rates, and no option is believed to be worth a volatility of five hundred percent.
Source: Hull, Options, Futures, and Other Derivatives, 10th ed., 11.3.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from domain.symbols.occ import OptionContract, Right
from domain.symbols.roots import is_adjusted, ticker_of
from domain.symbols.tables import INDICES

SPOT_MOVES: Final = Decimal("0.2")  # what an underlying is believed to move, unconfirmed, between two looks
TOLERANCE: Final = Decimal("0.02")  # of spot, for one that is some minutes old, and for a dividend
HIGHEST_VOL: Final = 5.0  # a fraction a year: domain.options.bsm looks for none above it
_DAYS_PER_YEAR: Final = 365
_ON_FUTURES: Final = frozenset({"VIX", "VVIX", "VXN"})  # spot can be far from what these options are on


class Breach(StrEnum):
    IMPOSSIBLE = "impossible"  # someone would give money away: no witness makes it true
    UNLIKELY = "unlikely"  # true only if spot is not, or if something has happened


def breach(contract: OptionContract, bid: Decimal, ask: Decimal, spot: Decimal | None, today: date) -> Breach | None:
    """What is wrong with a quote by itself, 0 < bid <= ask, per share; None where nothing is, or nothing can be told.

    spot: the last good price of the underlying, None where it is not known. Adjusted contracts deliver something else than
    a hundred shares and are not judged. Options on volatility are compared with their strike alone; those on indices, which
    nobody can exercise before expiry, not with what exercise would bring.
    """
    if is_adjusted(contract.root):
        return None
    underlying, call = ticker_of(contract.root), contract.right is Right.CALL
    if not call and bid > contract.strike:
        return Breach.IMPOSSIBLE
    if spot is None or underlying in _ON_FUTURES:
        return None
    if call and bid > spot * (1 + SPOT_MOVES):
        return Breach.IMPOSSIBLE
    tolerance = max(TOLERANCE * spot, ask - bid)
    too_little = underlying not in INDICES and ask < contract.intrinsic(spot) - tolerance
    too_much = (bid + ask) / 2 > _most(contract, spot, today) + tolerance
    return Breach.UNLIKELY if too_little or too_much else None


def _most(contract: OptionContract, spot: Decimal, today: date) -> Decimal:
    """The stock or the strike, or what exercise brings and the most time value, if that is less."""
    years = ((contract.expiration - today).days + 1) / _DAYS_PER_YEAR  # to the end of the day
    share = math.erf(HIGHEST_VOL * math.sqrt(max(years, 0.0) / 8.0))
    limit = spot if contract.right is Right.CALL else contract.strike
    return min(limit, contract.intrinsic(spot) + spot * Decimal(share))
