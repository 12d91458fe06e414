"""Double-entry bookings. Each one sums to zero; the book's cash moves in the same transaction, under its row lock."""

from __future__ import annotations

from decimal import Decimal

from books_app import clock
from books_app.models import Account, LedgerEntry

Line = LedgerEntry.Line


def book_deposit(account: Account, *, booking: str, amount: Decimal) -> None:
    """Money paid into a new book; its cash column holds it already."""
    _write(account, booking, {Line.CASH: amount, Line.EQUITY: -amount})


def book_purchase(account: Account, *, booking: str, cost: Decimal, commission: Decimal) -> None:
    """Cash becomes holdings at cost, and commission."""
    spent = cost + commission
    _write(account, booking, {Line.CASH: -spent, Line.POSITIONS: cost, Line.COMMISSION: commission})
    _move_cash(account, -spent)


def book_sale(account: Account, *, booking: str, proceeds: Decimal, cost: Decimal, commission: Decimal) -> None:
    """Holdings at cost become cash; the difference is realized (a gain is a credit, so negative)."""
    received = proceeds - commission
    _write(
        account,
        booking,
        {
            Line.CASH: received,
            Line.POSITIONS: -cost,
            Line.COMMISSION: commission,
            Line.REALIZED: cost - proceeds,
        },
    )
    _move_cash(account, received)


def _write(account: Account, booking: str, amounts: dict[Line, Decimal]) -> None:
    now = clock.now()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(account=account, booking=booking, line=line, amount=amount, booked_at=now)
        for line, amount in amounts.items()
        if amount or line is Line.CASH
    )


def _move_cash(account: Account, amount: Decimal) -> None:
    account.cash += amount
    account.save(update_fields=["cash"])
