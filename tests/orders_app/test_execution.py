"""Sending, resting, filling, cancelling and ending orders on the paper venue."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from books_app import clock
from books_app.models import Account
from domain.errors import OutcomeUnknown, OverfillError, RuleBroken, VenueRejected
from domain.orders import NEXT, OrderStatus
from domain.venues import ExecutionReport, Ticket, VenueReport
from orders_app.models import Fill, Order
from orders_app.services import apply_report, cancel_order, create_exit, execute_order, expire_order
from positions_app.models import Position
from risk_app.models import Reservation
from tests.factories import Desk, Floor, a_desk
from tests.trading import a_pending_order, entry_of, open_a_position, sweep, trade

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thin(floor: Floor) -> Desk:
    """A desk that wants three contracts in a market that shows two."""
    floor.market.size = 2
    return a_desk(sizing_value=3, limits={"max_exposure_per_position": 5000})


def test_a_partial_fill_rests_and_goes_on_when_the_market_shows_more(thin: Desk, floor: Floor) -> None:
    """The size of one quote is given out once; the rest waits for the next quote."""
    position = open_a_position(thin, floor)
    order = entry_of(position)
    assert (order.status, order.filled_quantity, position.quantity) == ("partially_filled", 2, 2)
    reservation = Reservation.objects.get(order=order)
    assert 0 < reservation.amount < reservation.initial_amount

    floor.clock.forward(6)
    sweep(floor)
    order.refresh_from_db()
    position.refresh_from_db()
    assert (order.status, position.quantity, position.entry_quantity) == ("filled", 3, 3)
    assert position.cost == sum(f.price * f.quantity * 100 for f in order.fills.all())


def test_the_same_quote_is_not_given_out_twice(thin: Desk, floor: Floor) -> None:
    """Looking again at once finds nothing left."""
    order = entry_of(open_a_position(thin, floor))
    assert execute_order(order_id=order.pk) == OrderStatus.PARTIALLY_FILLED
    assert Fill.objects.count() == 1


def test_an_execution_reported_twice_is_booked_once(thin: Desk, floor: Floor) -> None:
    """By the venue's own id."""
    order = entry_of(open_a_position(thin, floor))
    fill = order.fills.get()
    report = ExecutionReport(fill.venue_fill_id, fill.quantity, fill.price, fill.commission, fill.executed_at)
    apply_report(order_id=order.pk, report=VenueReport("paper:x", (report,)))

    assert Fill.objects.count() == 1
    assert Order.objects.get(pk=order.pk).filled_quantity == 2


def test_more_than_was_ordered_is_refused_whole(thin: Desk, floor: Floor) -> None:
    """Nothing of such a report is booked."""
    order = entry_of(open_a_position(thin, floor))
    cash = Account.objects.get(pk=thin.account.pk).cash
    report = ExecutionReport("odd", 5, Decimal(1), Decimal(0), clock.now())
    with pytest.raises(OverfillError):
        apply_report(order_id=order.pk, report=VenueReport("v", (report,)))

    assert Account.objects.get(pk=thin.account.pk).cash == cash


def test_an_ended_order_takes_no_report(desk: Desk, floor: Floor) -> None:
    """A late second worker finds the work done."""
    order = entry_of(open_a_position(desk, floor))
    report = ExecutionReport("late", 1, Decimal(1), Decimal(0), clock.now())
    assert apply_report(order_id=order.pk, report=VenueReport("v", (report,))).status == "filled"
    assert execute_order(order_id=order.pk) == OrderStatus.FILLED
    assert Fill.objects.count() == 1


def test_cancelling_takes_back_what_rests(thin: Desk, floor: Floor) -> None:
    """What was filled stays held; the reservation ends; a second cancel is told that it comes too late."""
    position = open_a_position(thin, floor)
    order = cancel_order(order_id=entry_of(position).pk, actor="user:anna", text="enough")

    assert (order.status, order.reason) == ("cancelled", "cancelled_by_operator")
    assert Reservation.objects.get(order=order).amount == 0
    position.refresh_from_db()
    assert (position.status, position.quantity) == ("open", 2)
    with pytest.raises(RuleBroken, match="order_not_live"):
        cancel_order(order_id=order.pk, actor="user:anna")


def test_an_order_ends_with_its_session(thin: Desk, floor: Floor) -> None:
    """Not before; and once."""
    order = entry_of(open_a_position(thin, floor))
    assert expire_order(order_id=order.pk).status == "partially_filled"
    floor.clock.at = order.expires_at
    sweep(floor)
    order.refresh_from_db()

    assert (order.status, order.reason) == ("expired", "order_expired")
    assert expire_order(order_id=order.pk).status == "expired"


def test_without_a_good_quote_an_entry_waits_and_then_fails(desk: Desk, floor: Floor) -> None:
    """The pauses grow and are kept in the row; after the configured tries the order says why it failed."""
    order = a_pending_order(desk, floor)
    floor.market.silent = True
    pauses = []
    for _ in range(10):
        floor.clock.forward(61)
        sweep(floor)
        order.refresh_from_db()
        if order.status == "failed":
            break
        pauses.append((order.due_at - clock.now()).total_seconds())

    assert (order.status, order.reason) == ("failed", "no_quote_gave_up")
    assert pauses == [1, 2, 4, 8, 16]
    assert Reservation.objects.get(order=order).amount == 0


class OddVenue:
    """A venue that answers as a test tells it."""

    def __init__(self, on_submit: object, on_lookup: object = None) -> None:
        self.on_submit, self.on_lookup = on_submit, on_lookup
        self.submitted: list[Ticket] = []

    def submit(self, ticket: Ticket) -> VenueReport:
        self.submitted.append(ticket)
        return self._answer(self.on_submit)

    def lookup(self, ticket: Ticket) -> VenueReport | None:
        return self._answer(self.on_lookup)

    @staticmethod
    def _answer(answer: object) -> VenueReport:
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]


def test_a_venue_that_says_no_has_the_last_word(desk: Desk, floor: Floor) -> None:
    """Recorded with its reason; nothing is reserved any more."""
    order = a_pending_order(desk, floor)
    venue = OddVenue(VenueRejected("venue_rejected", "insufficient buying power"))
    assert execute_order(order_id=order.pk, broker_of=lambda account: venue) == OrderStatus.REJECTED
    assert execute_order(order_id=order.pk, broker_of=lambda account: venue) == OrderStatus.REJECTED
    assert len(venue.submitted) == 1
    assert Reservation.objects.get(order=order).amount == 0


def test_an_unknown_outcome_is_looked_up_and_never_sent_again(desk: Desk, floor: Floor) -> None:
    """The order stays submitting until the venue tells what it knows of our id."""
    order = a_pending_order(desk, floor)
    found = VenueReport("V-1")
    venue = OddVenue(OutcomeUnknown("outcome_unknown", "timed out"), found)
    assert execute_order(order_id=order.pk, broker_of=lambda account: venue) == OrderStatus.SUBMITTING
    floor.clock.forward(6)
    assert execute_order(order_id=order.pk, broker_of=lambda account: venue) == OrderStatus.SUBMITTED
    assert len(venue.submitted) == 1


def test_an_order_the_venue_never_saw_is_sent_again_under_its_id(desk: Desk, floor: Floor) -> None:
    """Only the venue's own word frees it, and the id stays the same."""
    order = a_pending_order(desk, floor)
    venue = OddVenue(OutcomeUnknown("outcome_unknown", "timed out"), None)
    execute_order(order_id=order.pk, broker_of=lambda account: venue)
    floor.clock.forward(6)
    assert execute_order(order_id=order.pk, broker_of=lambda account: venue) == OrderStatus.PENDING_EXECUTION
    venue.on_submit = VenueReport("V-1")
    assert execute_order(order_id=order.pk, broker_of=lambda account: venue) == OrderStatus.SUBMITTED
    assert {ticket.client_order_id for ticket in venue.submitted} == {order.client_order_id}


def never_arrives(order: Order, floor: Floor, *, rounds: int) -> Order:
    """Sent, lost on the way, looked up and not found, again and again."""
    venue = OddVenue(OutcomeUnknown("outcome_unknown", "timed out"), None)
    for _ in range(rounds):
        execute_order(order_id=order.pk, broker_of=lambda account: venue)
        floor.clock.forward(6)
        execute_order(order_id=order.pk, broker_of=lambda account: venue)
    order.refresh_from_db()
    return order


def test_an_entry_that_never_arrives_is_given_up(desk: Desk, floor: Floor, settings: object) -> None:
    """After the configured tries, with nothing reserved any more: no order is sent for ever."""
    settings.ORDER_MAX_ATTEMPTS = 3  # type: ignore[attr-defined]
    order = never_arrives(a_pending_order(desk, floor), floor, rounds=5)

    assert (order.status, order.reason, order.attempts) == ("failed", "order_failed", 3)
    assert Reservation.objects.get(order=order).amount == 0


def test_an_exit_that_never_arrives_is_sent_again(desk: Desk, floor: Floor, settings: object) -> None:
    """What is held must be left: an exit is not given up."""
    settings.ORDER_MAX_ATTEMPTS = 3  # type: ignore[attr-defined]
    position = open_a_position(desk, floor)
    leaving = create_exit(position_id=position.pk, reason="operator", text="", actor="test")

    order = never_arrives(Order.objects.get(pk=leaving.pk), floor, rounds=5)

    assert (order.status, order.attempts) == ("pending_execution", 5)


def test_no_plain_update_can_skip_the_table(desk: Desk, floor: Floor) -> None:
    """The trigger and the table of the domain hold the same steps, pair by pair."""
    order = entry_of(open_a_position(desk, floor))
    for current, following in ((a, b) for a in NEXT for b in NEXT if a != b):
        legal = following in NEXT[current]
        with transaction.atomic():
            point = transaction.savepoint()
            _force(order, current)
            try:
                with transaction.atomic():
                    Order.objects.filter(pk=order.pk).update(status=following, terminal_at=_ended(following))
                passed = True
            except IntegrityError as e:
                assert "legal_step" in str(e)
                passed = False
            transaction.savepoint_rollback(point)
        assert passed is legal, (current, following)


def _ended(status: OrderStatus) -> object:
    from domain.orders import FINAL

    return clock.now() if status in FINAL else None


def _force(order: Order, status: OrderStatus) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE orders_app_order SET status = %s, terminal_at = %s WHERE id = %s",
            [status, _ended(status), order.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_ledgers_are_append_only(desk: Desk, floor: Floor) -> None:
    """A fill is never changed and never deleted."""
    fill = entry_of(open_a_position(desk, floor)).fills.get()
    for change in (lambda: Fill.objects.filter(pk=fill.pk).update(quantity=9), fill.delete):
        with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
            change()


def test_nothing_is_filled_while_the_market_is_closed(thin: Desk, floor: Floor) -> None:
    """An override row that closes the day stops the paper venue at once."""
    from market_app.models import SessionOverride

    order = entry_of(open_a_position(thin, floor))
    SessionOverride.objects.create(date=floor.clock.at.date(), closed=True, reason="storm")
    floor.clock.forward(6)
    sweep(floor)

    assert Order.objects.get(pk=order.pk).filled_quantity == 2


def test_positions_and_orders_of_an_alert_share_its_correlation(desk: Desk, floor: Floor) -> None:
    """One id from webhook to exit."""
    signal = trade(desk, floor)
    ids = {signal.event.correlation_id, Order.objects.get().correlation_id, Position.objects.get().correlation_id}

    assert ids == {signal.correlation_id}
    assert timedelta(0) <= Order.objects.get().created_at - signal.received_at
