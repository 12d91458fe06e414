"""The life of an order: the statuses, what each means, and the one table of legal steps.

PostgreSQL holds the same table in a trigger (orders_app migrations); a test walks every pair through both.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.errors import IllegalTransition


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"


class OrderStatus(StrEnum):
    PENDING_EXECUTION = "pending_execution"  # kept here, nothing sent
    SUBMITTING = "submitting"  # committed before the first byte leaves; its outcome is not known yet
    SUBMITTED = "submitted"  # the venue has it, it rests
    PARTIALLY_FILLED = "partially_filled"  # some of it is ours, the rest still rests
    FILLED = "filled"
    CANCELLED = "cancelled"  # taken back by us, or by the operator
    REJECTED = "rejected"  # the venue said no
    DENIED = "denied"  # our own gate said no before anything was sent
    EXPIRED = "expired"  # its session ended
    FAILED = "failed"  # tried as often as configured and given up
    DRY_RUN = "dry_run"  # made and priced, never sent, by the book's choice


S = OrderStatus

NEXT: Final[Mapping[OrderStatus, frozenset[OrderStatus]]] = {
    S.PENDING_EXECUTION: frozenset({S.SUBMITTING, S.DENIED, S.CANCELLED, S.EXPIRED, S.FAILED, S.DRY_RUN}),
    S.SUBMITTING: frozenset(
        {S.PENDING_EXECUTION, S.SUBMITTED, S.PARTIALLY_FILLED, S.FILLED, S.REJECTED, S.CANCELLED, S.EXPIRED, S.FAILED}
    ),
    S.SUBMITTED: frozenset({S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED, S.FAILED}),
    S.PARTIALLY_FILLED: frozenset({S.FILLED, S.CANCELLED, S.EXPIRED, S.FAILED}),
    **dict.fromkeys((S.FILLED, S.CANCELLED, S.REJECTED, S.DENIED, S.EXPIRED, S.FAILED, S.DRY_RUN), frozenset()),
}

LIVE: Final = frozenset(status for status, following in NEXT.items() if following)
FINAL: Final = frozenset(NEXT) - LIVE
AT_VENUE: Final = frozenset({S.SUBMITTING, S.SUBMITTED, S.PARTIALLY_FILLED})


def check_step(current: OrderStatus, following: OrderStatus) -> None:
    """Raises IllegalTransition unless the table holds this step."""
    if following not in NEXT[current]:
        raise IllegalTransition("illegal_transition", f"an order cannot go from {current} to {following}")
