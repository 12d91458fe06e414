"""An alert that arrives while a worker holds its book: the sender must not wait for a decision."""

from __future__ import annotations

from threading import Event

from django.db import transaction
from django.http import HttpResponse

from books_app.models import Account
from books_app.rows import locked_row
from signals_app.models import Signal, Strategy
from tests.factories import Desk, Floor, a_desk
from tests.races.starting_gun import PATIENCE_S, at_once

STATEMENT_GIVES_UP_S = 1.0


def _while_locked(desk: Desk, *, wholly: bool) -> list[object]:
    """Book and strategy are locked until the sender has its answer, or until it must have given up."""
    is_locked, is_answered = Event(), Event()

    def hold() -> bool:
        with transaction.atomic():
            if wholly:
                Account.objects.select_for_update().get(pk=desk.account.pk)
                Strategy.objects.select_for_update().get(pk=desk.strategy.pk)
            else:
                locked_row(Account, desk.account.pk)
                locked_row(Strategy, desk.strategy.pk)
            is_locked.set()
            return is_answered.wait(STATEMENT_GIVES_UP_S if wholly else PATIENCE_S)

    def send() -> HttpResponse:
        is_locked.wait(PATIENCE_S)
        answer = desk.post(desk.alert())
        is_answered.set()
        return answer

    return at_once([hold, send])


def test_a_whole_row_lock_keeps_the_sender_waiting(floor: Floor) -> None:
    """Its row names the book by foreign key, and FOR UPDATE also guards the key."""
    answered_meanwhile, _ = _while_locked(a_desk(), wholly=True)

    assert answered_meanwhile is False


def test_under_our_locks_the_sender_is_answered_at_once(floor: Floor) -> None:
    """FOR NO KEY UPDATE lets in who only names the row."""
    answered_meanwhile, answer = _while_locked(a_desk(), wholly=False)

    assert answered_meanwhile is True
    assert isinstance(answer, HttpResponse)
    assert answer.status_code == 202
    assert Signal.objects.count() == 1
