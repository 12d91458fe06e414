"""What an exit rule looks at, and what it answers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from domain.positions import Direction
from domain.quantities import share_of_contracts
from domain.sessions import SessionState

ZERO, ONE = Decimal(0), Decimal(1)


class Greeks(NamedTuple):
    """One contract's sensitivities per share: theta per calendar day, vega per vol point, iv a fraction a year.

    A named tuple and floats: a refresh makes ten thousand of them.
    """

    delta: float
    gamma: float
    theta: float
    vega: float
    iv: float


class PositionView(NamedTuple):
    """One open position at one moment. Prices per share, quantities in contracts, times UTC.

    mark is the last good one and quote_good tells whether it is of now: rules by mark wait while it is not. best_mark
    and worst_mark are for the holder (a short's best is its lowest). expiration and expires_at (the moment its last
    session ends) are None for what never expires. halted: trading in it is stopped, or its book
    is to be left altogether. A named tuple: a frozen dataclass of twenty fields takes several times as long to make.
    """

    position_id: int
    symbol: str
    direction: Direction
    quantity: int
    entry_quantity: int
    entry_price: Decimal
    mark: Decimal | None
    best_mark: Decimal | None
    worst_mark: Decimal | None
    quote_good: bool
    opened_at: datetime
    expiration: date | None
    expires_at: datetime | None
    session: SessionState
    now: datetime
    greeks: Greeks | None = None
    entry_greeks: Greeks | None = None
    spot: Decimal | None = None
    scaled_out: bool = False
    halted: bool = False


class Exit(NamedTuple):
    """A rule's wish to leave. level is the figure that was crossed (None where there is none), text says it in words.

    fraction is the share of what is held to be sold: 1 leaves altogether, less is a scale-out.
    """

    kind: str
    tier: int
    level: Decimal | None
    text: str
    fraction: Decimal = ONE

    def quantity(self, held: int) -> int:
        """Contracts to sell; never above what is held."""
        return share_of_contracts(held, self.fraction)
