"""The paper venue: fills against the good quote of the moment, as deep as that quote is, and keeps nothing of its own.

Its memory is our order row, so an execution that was computed and never recorded has not happened: the next look computes
it anew from the quote of that later moment. The id of an execution is the quantity filled before it; two workers that look
at one order at once therefore report one and the same execution.
"""

from __future__ import annotations

from django.db.models import Sum

from books_app import clock
from books_app.models import Account
from domain.errors import VenueUnavailable
from domain.paper import FillPolicy, match
from domain.quote_gate import timeliness_fault
from domain.quotes import Quote
from domain.venues import ExecutionReport, Ticket, VenueReport
from market_app import quoting
from orders_app.models import Fill


def fill_policy(account: Account) -> FillPolicy:
    return FillPolicy(
        price=account.fill_price,  # type: ignore[arg-type]  # a constraint holds the column to the same three words
        slippage=account.slippage,
        commission=account.commission_per_contract,
    )


class PaperBroker:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._policy = fill_policy(account)

    def submit(self, ticket: Ticket) -> VenueReport:
        return self._look(ticket)

    def lookup(self, ticket: Ticket) -> VenueReport | None:
        return self._look(ticket) if ticket.venue_order_id else None

    def _look(self, ticket: Ticket) -> VenueReport:
        session = quoting.option_session(ticket.underlying)
        if not session.open:
            raise VenueUnavailable("market_closed", f"opens at {session.opens_at:%Y-%m-%d %H:%M} UTC {session.note}")
        quote = self._good_quote(ticket)
        execution = match(
            ticket.side,
            ticket.order_type,
            ticket.limit_price,
            ticket.remaining,
            quote,
            self._policy,
            taken=self._taken_of(quote, ticket),
        )
        venue_order_id = f"paper:{ticket.client_order_id}"
        if execution is None:
            return VenueReport(venue_order_id)
        report = ExecutionReport(
            venue_fill_id=f"{ticket.client_order_id}:{ticket.filled_quantity}",
            quantity=execution.quantity,
            price=execution.price,
            commission=execution.commission,
            executed_at=clock.now(),
            quote=quote.as_json(),
        )
        return VenueReport(venue_order_id, (report,))

    def _taken_of(self, quote: Quote, ticket: Ticket) -> int:
        """What this order had of the very same quote: a size is given out once, and rests until the market moves."""
        if not ticket.filled_quantity:
            return 0
        same = Fill.objects.filter(
            account=self._account,
            order__client_order_id=ticket.client_order_id,
            quote__provider_time=quote.provider_time.isoformat(),
        )
        return same.aggregate(total=Sum("quantity"))["total"] or 0

    def _good_quote(self, ticket: Ticket) -> Quote:
        """An entry is filled on prices of this moment only, as its book allows; an exit on those that there are."""
        judged = quoting.judged_quote(ticket.symbol)
        quote, verdict = judged.quote, judged.verdict
        if quote is not None and verdict.good and not ticket.reduce_only:
            verdict = timeliness_fault(quote, delayed_allowed=self._account.delayed_entries) or verdict
        if quote is None or not verdict.good:
            raise VenueUnavailable(verdict.code or "quote_missing", verdict.text)
        return quote
