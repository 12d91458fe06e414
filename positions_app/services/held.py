"""Open positions as the exit rules read them: plain rows, as ten thousand model objects cost more than all the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from books_app.rows import fetched
from domain.exits import Greeks


class Held(NamedTuple):
    """The columns of one open position that rules and Greeks look at, named as in the table."""

    pk: int
    account_id: int
    strategy_id: int
    symbol: str
    underlying: str
    right: str
    strike: float  # for the Greeks only
    direction: str
    quantity: int
    entry_quantity: int
    entry_price: Decimal
    mark: Decimal | None
    best_mark: Decimal | None
    worst_mark: Decimal | None
    quote_good: bool
    opened_at: datetime
    expiration: date
    expires_at: datetime
    scaled_out: bool
    verdicts_digest: str
    entry_greeks_text: str | None  # a JSON list of five numbers, read without a parser

    @property
    def entry_greeks(self) -> Greeks | None:
        text = self.entry_greeks_text
        return None if text is None else _greeks_in(text)


@lru_cache(maxsize=32_768)
def _greeks_in(text: str) -> Greeks:
    """Read at the entry, and the same at every tick."""
    return Greeks._make(map(float, text[1:-1].split(",")))


_AS = {"pk": "id", "strike": "strike::float8", "right": '"right"', "entry_greeks_text": "entry_greeks::text"}
_COLUMNS = [_AS.get(name, name) for name in Held._fields]
_OPEN = f"SELECT {', '.join(_COLUMNS)} FROM positions_app_position WHERE status = 'open' {{}} ORDER BY id"  # noqa: S608
_CONTRACTS = "SELECT id, symbol FROM positions_app_position WHERE status <> 'closed' {} ORDER BY id"


def open_positions(only: Sequence[int] | None = None) -> list[Held]:
    """All of them, or of these, by primary key."""
    return list(map(Held._make, fetched(*_asked(_OPEN, only))))


def held_contracts(only: Sequence[int] | None = None) -> list[tuple[int, str]]:
    """Primary key and contract of every position that is not closed, or of these."""
    return fetched(*_asked(_CONTRACTS, only))


def _asked(query: str, only: Sequence[int] | None) -> tuple[str, Sequence[object]]:
    if only is None:
        return query.format(""), ()
    return query.format("AND id = ANY(%s)"), [list(only)]


def greeks_as_text(greeks: Greeks) -> str:
    """As ``entry_greeks`` reads it."""
    return f"[{','.join(map(repr, greeks))}]"
