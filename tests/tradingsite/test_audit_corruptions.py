"""Every check of the audit is seen to fail: one planted corruption each, caught by its own check."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from books_app import clock
from books_app.models import LedgerEntry
from orders_app.models import Order
from positions_app.models import Position
from risk_app.models import Reservation
from signals_app.models import Signal, WebhookEvent
from tests.factories import a_floor
from tests.tradingsite.world import live_through_some_days
from tradingsite.auditor import findings
from tradingsite.invariants import ALL


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Committed once for all tests here; each of them rolls back what it plants."""
    with django_db_blocker.unblock(), a_floor() as floor:
        try:
            live_through_some_days(floor)
            yield
        finally:
            call_command("flush", interactive=False, verbosity=0)


# One corruption each, planted past every trigger and constraint. {…} are looked up in the world.
CORRUPTIONS: dict[str, str] = {
    "A1": "UPDATE signals_app_signal SET reason = '' WHERE id = {rejected_signal}",
    "A2": "UPDATE signals_app_signal SET status = 'pending', due_at = due_at - interval '1 hour' WHERE id = {ordered_signal}",
    "A3": "UPDATE signals_app_signal SET dedupe_key = (SELECT dedupe_key FROM signals_app_signal WHERE id = {ordered_signal})",
    "A4": "UPDATE signals_app_webhookevent SET outcome = 'noted' WHERE id = {accepted_event}",
    "A5": "UPDATE signals_app_webhookevent SET duplicate_of_id = NULL WHERE outcome = 'duplicate'",
    "A6": "DELETE FROM signals_app_decision WHERE signal_id = {ordered_signal}",
    "A7": "UPDATE signals_app_signal SET status = 'rejected', reason = 'stale' WHERE id = {ordered_signal}",
    "A8": "UPDATE orders_app_order SET signal_id = NULL WHERE signal_id = {ordered_signal}",
    "B1": "UPDATE orders_app_order SET client_order_id = 'same'",
    "B2": "UPDATE orders_app_order SET signal_id = {ordered_signal} WHERE NOT reduce_only",
    "B3": "UPDATE orders_app_order SET terminal_at = NULL WHERE id = {filled_order}",
    "B4": "UPDATE orders_app_order SET limit_price = 'NaN', order_type = 'limit' WHERE id = {filled_order}",
    "B5": "UPDATE orders_app_order SET symbol = 'SPY260320C00600000' WHERE id = {filled_order}",
    "B6": "UPDATE orders_app_order SET due_at = due_at - interval '1 hour' WHERE id = {live_entry}",
    "B7": "DELETE FROM books_app_auditevent WHERE entity = 'order' AND entity_id = {filled_order}",
    "C1": "UPDATE orders_app_fill SET venue_fill_id = 'same'",
    "C2": "UPDATE orders_app_fill SET quantity = quantity + 1 WHERE order_id = {filled_order}",
    "C3": "UPDATE orders_app_order SET status = 'submitted' WHERE id = {filled_order}",
    "C4": "UPDATE orders_app_fill SET price = 'NaN' WHERE order_id = {filled_order}",
    "C5": "UPDATE orders_app_order SET average_price = average_price + 0.01 WHERE id = {filled_order}",
    "C6": "UPDATE orders_app_fill SET price = price / 2 WHERE order_id = {filled_order}",
    "D1": "UPDATE positions_app_position SET quantity = quantity + 1 WHERE id = {held_position}",
    "D2": "UPDATE positions_app_position SET entry_price = entry_price + 0.01 WHERE id = {held_position}",
    "D3": "UPDATE orders_app_fill SET quantity = quantity + 1 WHERE order_id = {exit_order}",
    "D4": "UPDATE orders_app_order SET quantity = quantity + 5 WHERE id = {live_exit}",
    "D5": "UPDATE orders_app_order SET side = 'buy' WHERE id = {exit_order}",
    "D6": "UPDATE positions_app_position SET cost = 'NaN' WHERE id = {held_position}",
    "D7": "UPDATE positions_app_position SET status = 'open' WHERE status = 'closing'",
    "D8": "UPDATE orders_app_order SET position_id = (SELECT position_id FROM orders_app_order WHERE id = {live_exit})"
    " WHERE id = {live_entry}",
    "D9": "UPDATE positions_app_position SET best_mark = worst_mark - 1 WHERE id = {held_position}",
    "E1": "UPDATE books_app_ledgerentry SET amount = amount + 0.01 WHERE booking = {booking} AND line = 'positions'",
    "E2": "UPDATE books_app_account SET cash = cash + 0.00000001",
    "E3": "DELETE FROM books_app_ledgerentry WHERE booking = {booking}",
    "E4": "UPDATE positions_app_position SET realized = realized + 0.01 WHERE id = {held_position}",
    "E5": "UPDATE positions_app_position SET commission = commission + 0.01 WHERE id = {held_position}",
    "E6": "UPDATE books_app_ledgerentry SET amount = 'NaN' WHERE booking = {booking} AND line = 'commission'",
    "F1": "UPDATE risk_app_reservation SET amount = 50000, initial_amount = 50000 WHERE order_id = {live_entry}",
    "F2": "UPDATE risk_app_reservation SET released_at = NULL WHERE order_id = {filled_order}",
    "F3": "UPDATE risk_app_reservation SET amount = 1 WHERE order_id = {filled_order}",
    "F4": "UPDATE risk_app_reservation SET initial_amount = 5000 WHERE order_id = {filled_order}",
    "F5": "UPDATE positions_app_position SET status = 'open' WHERE status = 'closed'",
    "F6": "UPDATE books_app_auditevent SET id = -1 WHERE entity = 'account' AND to_state = 'halted'",
    "G1": "UPDATE books_app_auditevent SET from_state = 'submitted'"
    " WHERE entity = 'order' AND entity_id = {filled_order} AND to_state = 'submitting'",
    "G2": "UPDATE signals_app_signal SET status = 'dead', reason = 'x' WHERE id = {rejected_signal}",
    "G3": "UPDATE books_app_auditevent SET to_state = 'dead'"
    " WHERE entity = 'order' AND entity_id = {filled_order} AND to_state = 'submitting'",
    "G4": "UPDATE books_app_auditevent SET from_state = 'closed' WHERE entity = 'position' AND to_state = 'closing'",
    "G5": "DELETE FROM books_app_auditevent WHERE entity = 'fill'",
    "H1": "INSERT INTO workers_schedulerun (name, tick_at, started_at, outcome, result)"
    " SELECT name, tick_at, started_at, 'running', '' FROM workers_schedulerun",
    "H2": "UPDATE orders_app_order SET submitted_at = created_at - interval '1 second' WHERE id = {filled_order}",
    "H3": "UPDATE books_app_auditevent SET at = at - interval '1 day'"
    " WHERE entity = 'order' AND entity_id = {filled_order} AND to_state = 'submitting'",
    "I1": "UPDATE signals_app_signal SET leg = leg + 1 WHERE shadow_of_id IS NOT NULL",
    "I2": "UPDATE signals_app_signal SET shadow_of_id = NULL WHERE shadow_of_id IS NOT NULL",
    "I3": "UPDATE books_app_account SET slippage = 0.01 WHERE kind = 'shadow'",
    "I4": "UPDATE orders_app_order SET quote_seen_id = NULL WHERE quote_seen_id IS NOT NULL",
    "I5": "UPDATE signals_app_agentvote SET support = support - 40",
    "I6": "UPDATE signals_app_juryrecord SET action = 'skip'",
    "I7": "DELETE FROM signals_app_juryrecord",
}


TABLE = re.compile(r"(?:UPDATE|INTO|FROM) (\w+)")  # the first one named is the one that is changed


def test_every_invariant_has_its_planted_corruption() -> None:
    """A check that was never seen to fail proves nothing."""
    assert list(CORRUPTIONS) == [invariant.code for invariant in ALL]


@pytest.mark.django_db
@pytest.mark.parametrize("code", CORRUPTIONS)
def test_a_corruption_is_caught_by_its_own_check(world: None, code: str) -> None:
    """With triggers, constraints and unique indexes out of the way, the audit still notices."""
    with transaction.atomic():
        _take_guards_away(TABLE.findall(CORRUPTIONS[code])[0])
        with connection.cursor() as cursor:
            cursor.execute(CORRUPTIONS[code].format(**_rows_of_the_world()))
            assert cursor.rowcount > 0
            broken = {finding.invariant.code for finding in findings(cursor, ALL, now=clock.now()) if not finding.holds}
        transaction.set_rollback(True)

    assert code in broken


def _rows_of_the_world() -> dict[str, object]:
    filled = Order.objects.filter(status="filled", reduce_only=False, signal__status="ordered").earliest("pk")
    booking = LedgerEntry.objects.filter(booking=f"fill:{filled.fills.get().pk}").first()
    assert booking is not None
    return {
        "filled_order": filled.pk,
        "ordered_signal": filled.signal_id,
        "accepted_event": WebhookEvent.objects.filter(outcome="accepted").earliest("pk").pk,
        "rejected_signal": Signal.objects.filter(status="rejected").earliest("pk").pk,
        "exit_order": Order.objects.filter(status="filled", reduce_only=True).earliest("pk").pk,
        "live_entry": Reservation.objects.filter(released_at__isnull=True).earliest("pk").order_id,
        "live_exit": Order.objects.get(status="pending_execution", reduce_only=True).pk,
        "held_position": Position.objects.filter(status="open").earliest("pk").pk,
        "booking": f"'{booking.booking}'",
    }


def _take_guards_away(table: str) -> None:
    """Until the transaction is rolled back: no trigger fires, and the table has no check and no unique index left."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            """
            SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I', conrelid::regclass, conname)
            FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype IN ('c', 'u')
            UNION ALL
            SELECT format('DROP INDEX %%I', indexrelid::regclass) FROM pg_index
            WHERE indrelid = %(table)s::regclass AND indisunique AND NOT indisprimary
                AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
            """,
            {"table": table},
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
