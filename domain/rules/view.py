"""What Engine A and the gate look at: frozen pictures of the signal, the strategy, the book and the market.

Services fill them from rows and quotes; rules only read them. Money is in the book's currency, times are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, Protocol

from domain.positions import Direction
from domain.quotes import Quote
from domain.sessions import SessionState
from domain.symbols.occ import OptionContract

ZERO: Final = Decimal(0)
ALL_SYMBOLS: Final = "*"


class Action(StrEnum):
    """What a decision asks the orders to do."""

    OPEN = "open"  # buy a call or a put
    ADD = "add"  # one more position beside the one that is held
    CLOSE = "close"  # sell all that the alert speaks of
    REDUCE = "reduce"  # sell a part of it
    REVERSE = "reverse"  # close first, and only when flat open the other side
    CANCEL = "cancel"  # take back resting entry orders, sell nothing


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """One position of the book that is not closed. thesis: LONG is bullish (a call is held), SHORT bearish (a put).

    quantity is contracts held, exiting those of them that live exit orders already cover; cost is what they were bought
    for, without commission.
    """

    position_id: int
    symbol: str
    underlying: str
    thesis: Direction
    quantity: int
    cost: Decimal
    status: str
    exiting: int = 0

    @property
    def available(self) -> int:
        """Contracts that no exit order covers yet; never negative."""
        return max(self.quantity - self.exiting, 0)


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """An order that may still fill. reserved is the exposure kept for what is unfilled; 0 for a reduce-only order.

    position_id names the position that its first fills made, so that a partly filled entry is counted once.
    """

    order_id: int
    underlying: str
    thesis: Direction
    reserved: Decimal
    reduce_only: bool
    position_id: int | None = None


@dataclass(frozen=True, slots=True)
class BookView:
    """A book at the moment of a decision; at the gate, as read under the book's row lock.

    realized_today is since the session's day began, negative for a loss; unrealized is of all open positions.
    """

    name: str
    status: str  # "active" | "halted"
    cash: Decimal
    positions: tuple[HeldPosition, ...] = ()
    entry_orders: tuple[WorkingOrder, ...] = ()
    realized_today: Decimal = ZERO
    unrealized: Decimal = ZERO
    orders_last_minute: int = 0

    @property
    def halted(self) -> bool:
        return self.status != "active"  # fails closed: a status nobody knows opens nothing

    @property
    def open_positions(self) -> int:
        """Positions held plus live entry orders that have made none yet."""
        return len(self.positions) + self._awaited(self.entry_orders)

    @property
    def exposure(self) -> Decimal:
        """Cost of what is held plus what live entry orders reserve."""
        return sum((position.cost for position in self.positions), ZERO) + self.reserved

    @property
    def reserved(self) -> Decimal:
        return sum((order.reserved for order in self.entry_orders if not order.reduce_only), ZERO)

    @property
    def free_cash(self) -> Decimal:
        """Cash that no live entry order counts on."""
        return self.cash - self.reserved

    @property
    def loss_today(self) -> Decimal:
        """Today's loss as a positive number, 0 on a good day. An open loss counts, an open gain makes up for none."""
        return max(-(self.realized_today + min(self.unrealized, ZERO)), ZERO)

    def held(self, underlying: str, thesis: Direction | None = None) -> tuple[HeldPosition, ...]:
        """Positions on that underlying, oldest first; of one thesis when it is given."""
        found = (p for p in self.positions if p.underlying == underlying and thesis in (None, p.thesis))
        return tuple(sorted(found, key=lambda position: position.position_id))

    def entries(self, underlying: str, thesis: Direction | None = None) -> tuple[WorkingOrder, ...]:
        """Live entry orders on that underlying; of one thesis when it is given."""
        return tuple(
            order
            for order in self.entry_orders
            if order.underlying == underlying and not order.reduce_only and thesis in (None, order.thesis)
        )

    def positions_on(self, underlying: str) -> int:
        """Positions held on that underlying plus live entry orders that have made none yet."""
        return len(self.held(underlying)) + self._awaited(self.entries(underlying))

    def _awaited(self, orders: tuple[WorkingOrder, ...]) -> int:
        """Entry orders among these whose position does not exist yet."""
        existing = {position.position_id for position in self.positions}
        return sum(not order.reduce_only and order.position_id not in existing for order in orders)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a book is allowed. Counts are whole numbers, the rest money; a value that is reached allows nothing more."""

    max_open_positions: int = 10
    max_positions_per_symbol: int = 3
    max_exposure: Decimal = Decimal(10_000)
    max_exposure_per_position: Decimal = Decimal(1_000)
    max_daily_loss: Decimal = Decimal(1_000)
    max_orders_per_minute: int = 30
    max_alert_quantity: Decimal = Decimal(1_000_000)  # in the alert's own unit


@dataclass(frozen=True, slots=True)
class StrategyView:
    """The settings of the strategy that sent the signal. allowed_symbols: empty allows none, ``*`` allows all.

    bare_sell tells what a sell without a stated position means; entry_cutoff is before the session's close.
    """

    name: str
    paused: bool = False
    allowed_symbols: frozenset[str] = frozenset()
    allow_adding: bool = False
    bare_sell: Literal["reduce", "short"] = "reduce"
    entry_cutoff: timedelta = timedelta(minutes=5)
    freshness: timedelta = timedelta(minutes=5)

    def allows(self, symbol: str) -> bool:
        return ALL_SYMBOLS in self.allowed_symbols or symbol in self.allowed_symbols


@dataclass(frozen=True, slots=True)
class SignalView:
    """What the alert asked for. symbol is the underlying; intent is a value of ``domain.alerts.Intent``.

    quantity, previous_position and target_position are in the alert's own unit (shares of the underlying as a rule),
    the positions signed; contracts are derived from their ratio, never taken from them one for one. quantity_type None
    means units too. contract is the option that the alert itself names; long and short are then of that option.
    """

    intent: str
    symbol: str
    alert_time: datetime | None
    received_at: datetime
    max_lag: timedelta | None = None
    quantity: Decimal | None = None
    previous_position: Decimal | None = None
    target_position: Decimal | None = None
    quantity_type: str | None = None
    contract: OptionContract | None = None


class QuoteOpinion(Protocol):
    """What the quote gate made of a quote; ``domain.quote_gate.QuoteVerdict`` is one."""

    @property
    def good(self) -> bool: ...
    @property
    def code(self) -> str | None: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class DecisionView:
    """Everything one decision looks at. quote_verdict None means that nobody judged a quote, which opens nothing."""

    now: datetime
    signal: SignalView
    strategy: StrategyView
    book: BookView
    limits: Limits
    session: SessionState
    quote: Quote | None = None
    quote_verdict: QuoteOpinion | None = None
    denied_symbols: frozenset[str] = frozenset()
