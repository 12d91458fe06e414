"""Venues behind one interface (domain.venues.Broker); a book's kind chooses which."""

from __future__ import annotations

from books_app.models import Account
from domain.venues import Broker
from orders_app.brokers.paper import PaperBroker


def broker_for(account: Account) -> Broker:
    """The venue of a book. Raises KeyError for a kind without one, which a constraint keeps out of the table."""
    return {Account.Kind.PAPER: PaperBroker, Account.Kind.SHADOW: PaperBroker}[Account.Kind(account.kind)](account)
