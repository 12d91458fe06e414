"""Reading a book as its limits see it: what is held, what is reserved, what was lost today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from books_app.models import Account
from books_app.rows import fetched
from domain import pnl
from domain.orders import LIVE
from domain.positions import Direction
from domain.rules.view import BookView, HeldPosition, Limits, WorkingOrder

NEW_YORK = ZoneInfo("America/New_York")
WHOLE_NUMBERS = ("max_open_positions", "max_positions_per_symbol", "max_orders_per_minute")


# Everything that limits are about, in one statement: it is read twice on the way of every alert, once under the book's
# row lock. Amounts travel as text, because JSON numbers would become floats. An order is known by its table, not by
# import: orders stand above this floor. At most one live exit exists for a position (a unique index).
_STANDING = """
    SELECT
        (SELECT -COALESCE(sum(amount), 0) FROM books_app_ledgerentry
          WHERE account_id = %(book)s AND line IN ('realized', 'commission') AND booked_at >= %(day)s),
        (SELECT count(*) FROM orders_app_order
          WHERE account_id = %(book)s AND purpose = 'entry' AND created_at > %(minute)s),
        (SELECT json_agg(json_build_array(id, symbol, underlying, thesis, quantity, cost::text, status,
                CASE WHEN status = 'closing' THEN (
                    SELECT quantity - filled_quantity FROM orders_app_order AS leaving
                    WHERE leaving.position_id = held.id AND leaving.reduce_only AND leaving.status = ANY(%(live)s)
                ) END,
                direction, entry_price::text, mark::text, multiplier) ORDER BY id)
           FROM positions_app_position AS held WHERE account_id = %(book)s AND status <> 'closed'),
        (SELECT json_agg(json_build_array(order_id, underlying, thesis, amount::text, position_id) ORDER BY order_id)
           FROM risk_app_reservation AS kept JOIN orders_app_order AS entry ON entry.id = kept.order_id
          WHERE kept.account_id = %(book)s AND kept.released_at IS NULL),
        (SELECT json_agg(json_build_array(code, value::text) ORDER BY account_id NULLS FIRST) FROM risk_app_risklimit
          WHERE account_id = %(allowed)s OR account_id IS NULL),
        (SELECT json_agg(symbol) FROM risk_app_symbolrule WHERE account_id = %(allowed)s OR account_id IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A book, and what it may do: its own limits, else those for every book, else the built-in defaults."""

    book: BookView
    limits: Limits
    denied_symbols: frozenset[str]


def standing_of(account: Account, *, now: datetime) -> Standing:
    """As the rules see it. Exact only while the caller holds the book's row lock."""
    day, minute = start_of_day(now), now - timedelta(minutes=1)
    allowed = account.shadow_of_id or account.pk  # a shadow has its book's limits, and a use of them of its own
    about = {"book": account.pk, "allowed": allowed, "day": day, "minute": minute, "live": sorted(LIVE)}
    (found,) = fetched(_STANDING, about)
    realized_today, orders_last_minute, positions, entries, limits, denied = found
    held = [_held(*row) for row in positions or ()]
    book = BookView(
        name=account.name,
        status=account.status,
        cash=account.cash,
        positions=tuple(view for view, _ in held),
        entry_orders=tuple(_entry_order(*row) for row in entries or ()),
        realized_today=realized_today,
        unrealized=sum((unrealized for _, unrealized in held), Decimal(0)),
        orders_last_minute=orders_last_minute,
    )
    return Standing(book, _limits(limits or ()), frozenset(denied or ()))


def _limits(rows: Iterable[tuple[str, str]]) -> Limits:
    """From [code, value], a book's own after those for every book."""
    values = {code: int(Decimal(value)) if code in WHOLE_NUMBERS else Decimal(value) for code, value in rows}
    return Limits(**values)  # type: ignore[arg-type]  # the codes are the field names, held together by a test


def start_of_day(now: datetime) -> datetime:
    """Midnight in New York: the daily loss counts one exchange day."""
    return now.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)


def _held(
    position_id: int,
    symbol: str,
    underlying: str,
    thesis: str,
    quantity: int,
    cost: str,
    status: str,
    exiting: int | None,
    direction: str,
    entry_price: str,
    mark: str | None,
    multiplier: int,
) -> tuple[HeldPosition, Decimal]:
    """A row of _BOOK as the rules see it, and its open profit or loss."""
    view = HeldPosition(
        position_id=position_id,
        symbol=symbol,
        underlying=underlying,
        thesis=Direction(thesis),
        quantity=quantity,
        cost=Decimal(cost),
        status=status,
        exiting=exiting or 0,
    )
    if mark is None:
        return view, Decimal(0)
    return view, pnl.unrealized(Direction(direction), quantity, Decimal(entry_price), Decimal(mark), multiplier)


def _entry_order(order_id: int, underlying: str, thesis: str, reserved: str, position_id: int | None) -> WorkingOrder:
    return WorkingOrder(
        order_id=order_id,
        underlying=underlying,
        thesis=Direction(thesis),
        reserved=Decimal(reserved),
        reduce_only=False,
        position_id=position_id,
    )
