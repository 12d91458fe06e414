"""A listed contract with what is known of it, and what the choice was made on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import ceil
from typing import Final, NamedTuple, TypeAlias

from domain.quotes import Quote
from domain.symbols.occ import OptionContract, Right

Activity: TypeAlias = tuple[int | None, int | None]  # open interest, volume of today; None where it is not told
UNKNOWN: Final[Activity] = (None, None)
PENNY_THROUGHOUT: Final = frozenset({"SPY", "QQQ", "IWM"})
_CENT, _NICKEL, _THREE = Decimal("0.01"), Decimal("0.05"), Decimal(3)


class Listed(NamedTuple):
    """A contract worth a quote, with what is known without one. days: calendar days to its last trading date."""

    contract: OptionContract
    days: int
    open_interest: int | None
    volume: int | None


class Candidate(NamedTuple):
    """A contract that was looked at.

    fault is the quote gate's code, None for a good quote. vol is a fraction a year; theta is dollars per share and
    calendar day, negative where time costs; both, like delta, are None where the quote implies none.
    """

    contract: OptionContract
    days: int
    quote: Quote | None
    fault: str | None
    vol: float | None
    delta: float | None
    theta: float | None
    open_interest: int | None
    volume: int | None

    @property
    def spread(self) -> float:
        """Ask less bid as a fraction of the middle of a good quote."""
        bid, ask = self._sides()
        return float(2 * (ask - bid) / (ask + bid))

    @property
    def spread_ticks(self) -> int:
        """Ask less bid of a good quote, counted in the contract's price steps and rounded up."""
        bid, ask = self._sides()
        return ceil((ask - bid) / tick(self.contract.root, bid))

    def _sides(self) -> tuple[Decimal, Decimal]:
        assert self.quote is not None and self.quote.bid is not None and self.quote.ask is not None
        return self.quote.bid, self.quote.ask


def tick(root: str, price: Decimal) -> Decimal:
    """Price step of an option in a penny class: a cent below 3.00 and a nickel from there, for the large funds a cent.

    Which classes are in the penny programme no provider tells. For the few that are not the step is larger than this, and
    a spread counts as more ticks than it has.
    """
    return _CENT if price < _THREE or root in PENNY_THROUGHOUT else _NICKEL


class VolatilityRange(NamedTuple):
    """Lowest and highest implied volatility of an underlying over the last year, fractions a year."""

    low: float
    high: float

    def rank(self, vol: float) -> float:
        """0 at the year's lowest, 1 at its highest, clamped; 0.5 where the two are the same."""
        if self.high <= self.low:
            return 0.5
        return min(max((vol - self.low) / (self.high - self.low), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Sight:
    """What was asked and what it was looked at with. spot is the middle of ``quote``, which passed the gate.

    activity_note says where open interest and volume come from, or why they are unknown.
    """

    underlying: str
    right: Right
    at: datetime
    today: date  # the exchange's
    quote: Quote
    spot: Decimal
    activity: Mapping[str, Activity]
    activity_note: str
    history: VolatilityRange | None = None
