"""The life of a position, and which way it points."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.errors import IllegalTransition


class Direction(StrEnum):
    """A holding's sign: long gains when the held instrument rises."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        return 1 if self is Direction.LONG else -1


class PositionStatus(StrEnum):
    OPEN = "open"  # held and guarded by the exit rules
    CLOSING = "closing"  # held, and an exit order is at work
    CLOSED = "closed"  # nothing held any more


P = PositionStatus

NEXT: Final[Mapping[PositionStatus, frozenset[PositionStatus]]] = {
    P.OPEN: frozenset({P.CLOSING, P.CLOSED}),  # straight to closed only by settlement at expiry
    P.CLOSING: frozenset({P.OPEN, P.CLOSED}),  # back to open when the exit order ended without taking everything
    P.CLOSED: frozenset(),
}


def check_step(current: PositionStatus, following: PositionStatus) -> None:
    """Raises IllegalTransition unless the table holds this step."""
    if following not in NEXT[current]:
        raise IllegalTransition("illegal_transition", f"a position cannot go from {current} to {following}")
