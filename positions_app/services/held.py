"""Open positions as the exit rules read them: plain rows, as ten thousand model objects cost more than all the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import TextField
from django.db.models.functions import Cast

from domain.exits import Greeks
from domain.positions import PositionStatus
from positions_app.models import Position


class Held(NamedTuple):
    """The columns of one open position that rules and Greeks look at, named as in the table."""

    pk: int
    account_id: int
    strategy_id: int
    symbol: str
    underlying: str
    right: str
    strike: Decimal
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
        return None if text is None else Greeks._make(map(float, text[1:-1].split(",")))


def open_positions(only: Sequence[int] | None = None) -> list[Held]:
    """All of them, or of these, by primary key."""
    rows = Position.objects.filter(status=PositionStatus.OPEN).order_by("pk")
    if only is not None:
        rows = rows.filter(pk__in=only)
    text = Cast("entry_greeks", TextField())
    return list(map(Held._make, rows.values_list(*Held._fields[:-1], text)))


def greeks_as_text(greeks: Greeks) -> str:
    """As ``entry_greeks`` reads it."""
    return f"[{','.join(map(repr, greeks))}]"
