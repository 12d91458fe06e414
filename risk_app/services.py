"""Changes of what a book may do: its lock, its reservations, halting and resuming it."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from books_app import clock
from books_app.audit import Trail
from books_app.models import Account
from books_app.rows import locked_row
from domain.errors import RuleBroken
from risk_app.models import Reservation


def lock_account(account_id: int) -> Account:
    """A book under its row lock: the first lock of every transaction that spends or halts."""
    return locked_row(Account, account_id)


def reserve(*, order_id: int, account: Account, amount: Decimal) -> Reservation:
    """Hold exposure for an order. The caller has the book's row lock and has passed the gate under it."""
    return Reservation.objects.create(order_id=order_id, account=account, initial_amount=amount, amount=amount)


def shrink_reservation(*, order_id: int, remaining: Decimal) -> None:
    """Keep only what the unfilled part still needs; zero keeps the row until the order ends."""
    Reservation.objects.filter(order_id=order_id, released_at__isnull=True, amount__gt=remaining).update(
        amount=remaining
    )


def release_reservation(*, order_id: int) -> None:
    """Give back what is left, once: in the transaction that ends the order."""
    Reservation.objects.filter(order_id=order_id, released_at__isnull=True).update(amount=0, released_at=clock.now())


@transaction.atomic
def halt_book(*, account_id: int, reason: str, actor: str) -> Account:
    """Stop entries at once: after this commit no entry is made or sent, while exits go on. Halting twice is once."""
    account = lock_account(account_id)
    if account.status == Account.Status.HALTED:
        return account
    account.status, account.halted_at, account.halt_reason = Account.Status.HALTED, clock.now(), reason[:200]
    account.save(update_fields=["status", "halted_at", "halt_reason"])
    _note(account, "active", "halted", actor, reason)
    return account


@transaction.atomic
def resume_book(*, account_id: int, actor: str, reason: str = "") -> Account:
    """Allow entries again. Resuming an active book changes nothing."""
    account = lock_account(account_id)
    if account.status == Account.Status.ACTIVE:
        return account
    account.status, account.halted_at, account.halt_reason = Account.Status.ACTIVE, None, ""
    account.save(update_fields=["status", "halted_at", "halt_reason"])
    _note(account, "halted", "active", actor, reason)
    return account


def account_named(name: str) -> Account:
    """Raises RuleBroken ``not_found``."""
    account = Account.objects.filter(name=name).first()
    if account is None:
        raise RuleBroken("not_found", f"there is no book named {name!r}")
    return account


def _note(account: Account, before: str, after: str, actor: str, reason: str) -> None:
    trail = Trail(actor)
    trail.note("account", account.pk, before, after, text=reason)
    trail.write()
