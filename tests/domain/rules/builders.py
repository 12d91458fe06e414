"""Views for tests of Engine A and the gate: an ordinary case that each test changes in one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.positions import Direction
from domain.quote_gate import QuoteVerdict
from domain.rules import BookView, DecisionView, HeldPosition, Limits, SignalView, StrategyView, WorkingOrder
from domain.sessions import Product, SessionState

LONG, SHORT = Direction.LONG, Direction.SHORT
NOW = datetime(2015, 12, 24, 15, 0, tzinfo=UTC)
OPENS, CLOSES = datetime(2015, 12, 24, 14, 30, tzinfo=UTC), datetime(2015, 12, 24, 18, 0, tzinfo=UTC)
SESSION = SessionState(Product.EQUITY_OPTION, NOW, True, OPENS, CLOSES, "early close")
CLOSED = SessionState(Product.EQUITY_OPTION, NOW, False, OPENS + timedelta(days=1), CLOSES + timedelta(days=1))
GOOD_QUOTE = QuoteVerdict(True, None, "GOOG 749.50 / 749.60, 1 s old")


def held(
    position_id: int = 1, thesis: Direction = LONG, quantity: int = 2, *, underlying: str = "GOOG", **more: object
) -> HeldPosition:
    right = "C" if thesis is LONG else "P"
    fields = {"cost": Decimal(500), "status": "open", **more}
    return HeldPosition(position_id, f"{underlying}151231{right}00750000", underlying, thesis, quantity, **fields)


def order(
    order_id: int = 7, thesis: Direction = LONG, *, underlying: str = "GOOG", reserved: str = "300", **more: object
) -> WorkingOrder:
    fields = {"reduce_only": False, **more}
    return WorkingOrder(order_id, underlying, thesis, Decimal(reserved), **fields)


def book(*positions: HeldPosition, orders: tuple[WorkingOrder, ...] = (), **more: object) -> BookView:
    fields = {"name": "paper", "status": "active", "cash": Decimal(100_000), **more}
    return BookView(positions=positions, entry_orders=orders, **fields)


def signal(intent: str = "open_long", **more: object) -> SignalView:
    fields = {"symbol": "GOOG", "alert_time": NOW, "received_at": NOW, **more}
    return SignalView(intent, **fields)


def view(asked: SignalView | str = "open_long", in_book: BookView | None = None, **more: object) -> DecisionView:
    fields = {
        "now": NOW,
        "strategy": StrategyView("ema cross", allowed_symbols=frozenset({"GOOG"})),
        "limits": Limits(),
        "session": SESSION,
        "quote_verdict": GOOD_QUOTE,
        **more,
    }
    asked = signal(asked) if isinstance(asked, str) else asked
    return DecisionView(signal=asked, book=book() if in_book is None else in_book, **fields)
