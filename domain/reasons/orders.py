"""Reason codes of orders: choosing, sizing, the gate, the venue, and why an order ended without being filled."""

from __future__ import annotations

from .reason import Reason

REASONS: tuple[Reason, ...] = (
    Reason(
        "bad_policy",
        "A selection, sizing or fill policy has a value that makes no sense.",
        "Correct the value that the message names, in the selection policy, the strategy or the book.",
        400,
    ),
    Reason(
        "no_listed_contract",
        "No contract of the listed chain fits the strategy's selection policy, or the one that the alert named is not listed.",
        "See in the signal's trail which filter took the contracts away, and open it in the strategy's selection policy.",
        422,
    ),
    Reason(
        "size_zero",
        "Sizing and limits leave room for less than one contract; the message has the arithmetic.",
        "Raise the sizing value, the exposure limits or the cash, or choose cheaper contracts.",
        422,
    ),
    Reason(
        "max_exposure_per_position",
        "The order costs more than one position of the book may.",
        "Lower the strategy's size, or raise the limit on the book's limits page in admin.",
        409,
    ),
    Reason(
        "insufficient_cash",
        "The order costs more than the cash that no other order counts on.",
        "Pay cash into the book, lower the size, or wait for exits to be filled.",
        409,
    ),
    Reason(
        "reversal_not_flat",
        "The other side is still held, so the reversal does not open yet.",
        "Nothing needs to be done while its exit order works; look at that order if it lasts.",
        409,
    ),
    Reason(
        "illegal_transition",
        "The row cannot go from the state it is in to the one that was asked for.",
        "Load the row again: something else has moved it in the meantime.",
        409,
    ),
    Reason(
        "overfill",
        "The venue reports more filled than was ordered.",
        "Compare the order with the venue's statement before anything else is traded in this book.",
        409,
    ),
    Reason(
        "order_not_live",
        "The order has ended, so it cannot be cancelled.",
        "Load the order again; if it was filled, close its position instead.",
        409,
    ),
    Reason(
        "no_quote_gave_up",
        "No good quote came in as many tries as are configured, so the order was given up.",
        "See the last quote's fault in the message; for an exit the next evaluation tries again with a new order.",
    ),
    Reason(
        "order_failed",
        "The order failed for a cause that is not the market's.",
        "Read the message and the log with the order's correlation id.",
    ),
    Reason(
        "order_expired",
        "The session ended before the order was filled.",
        "Nothing needs to be done; use a price nearer to the market if it should have been filled.",
    ),
    Reason(
        "cancelled_by_operator",
        "Somebody cancelled the order by admin, API or command.",
        "See the audit trail for who and when.",
    ),
    Reason(
        "cancelled_by_alert",
        "An alert that leaves, turns or cancels took back what was not filled of the entry.",
        "Nothing needs to be done: the alert's own trail tells what it did besides.",
    ),
    Reason(
        "position_closing",
        "The position is being left, so what was not filled of its entry was taken back.",
        "Nothing needs to be done: the position's exit reason tells why it is left.",
    ),
    Reason(
        "bad_limit",
        "A limit was given a value that it cannot have.",
        "Enter a number from 0 up, a whole one where the limit counts something.",
        400,
    ),
    Reason(
        "venue_rejected",
        "The venue refused the order; the message has its words.",
        "Mend what the venue names; the same order would be refused again.",
        422,
    ),
    Reason(
        "dry_run",
        "The book makes and prices orders and sends none.",
        "Turn dry run off in the book's settings to trade.",
    ),
)
