"""Every change of state of an order. Locks in the house's order: account, signal, order, position."""

from orders_app.services.cancel import cancel_order, expire_order
from orders_app.services.entry import Candidate, EntryRequest, Wish, create_entry, find_candidate
from orders_app.services.execute import count_failure, execute_order
from orders_app.services.exit import create_exit, request_exit
from orders_app.services.fill import apply_report
from orders_app.services.selection import keep_selection

__all__ = [
    "Candidate",
    "EntryRequest",
    "Wish",
    "apply_report",
    "cancel_order",
    "count_failure",
    "create_entry",
    "create_exit",
    "execute_order",
    "expire_order",
    "find_candidate",
    "keep_selection",
    "request_exit",
]
