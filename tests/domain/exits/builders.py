"""Positions for tests of the exit rules: a sound one that each test changes in one place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from domain.exits import Greeks, PositionView
from domain.positions import Direction
from domain.sessions import Product, SessionState

NOW = datetime(2015, 12, 24, 15, 0, tzinfo=UTC)
CLOSES = datetime(2015, 12, 24, 18, 0, tzinfo=UTC)
OPENED = datetime(2015, 12, 24, 14, 36, tzinfo=UTC)
SESSION = SessionState(Product.EQUITY_OPTION, NOW, True, datetime(2015, 12, 24, 14, 30, tzinfo=UTC), CLOSES)
CLOSED = SessionState(Product.EQUITY_OPTION, NOW, False, SESSION.opens_at, CLOSES)
ENTRY_GREEKS = Greeks(0.5, 0.02, -0.4, 0.35, 0.25)
PRICES = frozenset({"entry_price", "mark", "best_mark", "worst_mark"})


def position(**changes: object) -> PositionView:
    """Four calls bought at 4.00 and marked at 4.00; prices may be given as text."""
    fields: dict[str, object] = {
        "position_id": 1,
        "symbol": "GOOG151231C00750000",
        "direction": Direction.LONG,
        "quantity": 4,
        "entry_quantity": 4,
        "entry_price": "4.00",
        "mark": "4.00",
        "best_mark": None,
        "worst_mark": None,
        "quote_good": True,
        "opened_at": OPENED,
        "expiration": date(2015, 12, 31),
        "expires_at": datetime(2015, 12, 31, 21, 0, tzinfo=UTC),
        "session": SESSION,
        "now": NOW,
        "greeks": ENTRY_GREEKS,
        "entry_greeks": ENTRY_GREEKS,
        **changes,
    }
    for name in PRICES:
        if isinstance(fields[name], str):
            fields[name] = Decimal(fields[name])
    return PositionView(**fields)
