"""What was traded in a chain today: volume and premium of each side, and where trading is out of the ordinary.

A trade says that contracts changed hands, not who wanted them: a call sold to open counts as call volume like one
bought. Premium is volume at today's middle price, an estimate, because a sum of volumes has lost the prices it was
traded at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.symbols.occ import OptionContract, Right

UNUSUAL_VOLUME: Final = 50  # contracts: below it a ratio to a small open interest says nothing
UNUSUAL_RATIO: Final = 1.0  # more traded today than was open: some of it must be new
TOP: Final = 10


class Traded(NamedTuple):
    """One contract's day so far. middle: of its quote, per share; None without a good one."""

    contract: OptionContract
    volume: int
    open_interest: int | None
    middle: float | None


@dataclass(frozen=True, slots=True)
class SideFlow:
    """Calls or puts. premium is in quote currency and leaves out unpriced, the contracts traded without a good quote."""

    volume: int
    premium: float
    unpriced: int


@dataclass(frozen=True, slots=True)
class Unusual:
    """ratio: volume for each contract that was open; None where none was."""

    contract: OptionContract
    volume: int
    open_interest: int
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """contracts_traded counts the kinds, not the pieces. unusual: the highest ratio first, those without one before."""

    contracts_traded: int
    calls: SideFlow
    puts: SideFlow
    unusual: tuple[Unusual, ...]

    @property
    def put_call_ratio(self) -> float | None:
        """Puts traded for each call; None without calls."""
        return self.puts.volume / self.calls.volume if self.calls.volume else None


def summarise(
    rows: Iterable[Traded], *, least: int = UNUSUAL_VOLUME, ratio: float = UNUSUAL_RATIO, top: int = TOP
) -> Flow:
    """Unusual is a contract with at least ``least`` traded and more than ``ratio`` times its known open interest."""
    traded = [row for row in rows if row.volume > 0]
    found = [
        Unusual(
            row.contract, row.volume, row.open_interest, row.volume / row.open_interest if row.open_interest else None
        )
        for row in traded
        if row.volume >= least and row.open_interest is not None
    ]
    beyond = [seen for seen in found if seen.ratio is None or seen.ratio > ratio]
    beyond.sort(key=lambda seen: (-(math.inf if seen.ratio is None else seen.ratio), -seen.volume, seen.contract))
    return Flow(len(traded), _side(traded, Right.CALL), _side(traded, Right.PUT), tuple(beyond[:top]))


def _side(traded: Iterable[Traded], right: Right) -> SideFlow:
    rows = [row for row in traded if row.contract.right is right]
    premium = sum(row.volume * row.middle * row.contract.multiplier for row in rows if row.middle is not None)
    return SideFlow(
        volume=sum(row.volume for row in rows),
        premium=premium,
        unpriced=sum(row.volume for row in rows if row.middle is None),
    )
