"""The life of a signal: one accepted alert on its way to an order or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.errors import IllegalTransition


class SignalStatus(StrEnum):
    PENDING = "pending"  # stored, nothing decided
    APPROVED = "approved"  # an engine said yes, no order yet
    CLOSING = "closing"  # a reversal: what is held is being closed, the other side opens after that
    ORDERED = "ordered"  # at least one order carries it
    REJECTED = "rejected"  # refused, with the reason in the row
    DEAD = "dead"  # tried as often as allowed and given up; somebody must look


S = SignalStatus

NEXT: Final[Mapping[SignalStatus, frozenset[SignalStatus]]] = {
    S.PENDING: frozenset({S.APPROVED, S.REJECTED, S.DEAD}),
    S.APPROVED: frozenset({S.CLOSING, S.ORDERED, S.REJECTED, S.DEAD}),
    S.CLOSING: frozenset({S.ORDERED, S.REJECTED, S.DEAD}),
    **dict.fromkeys((S.ORDERED, S.REJECTED, S.DEAD), frozenset()),
}

LIVE: Final = frozenset(status for status, following in NEXT.items() if following)


def check_step(current: SignalStatus, following: SignalStatus) -> None:
    """Raises IllegalTransition unless the table holds this step."""
    if following not in NEXT[current]:
        raise IllegalTransition("illegal_transition", f"a signal cannot go from {current} to {following}")
