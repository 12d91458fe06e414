"""Every change of state of a position."""

from positions_app.services.evaluate import Leaving, evaluate_exits
from positions_app.services.holding import (
    Execution,
    Opening,
    add_to_position,
    begin_closing,
    exit_ended,
    lock_position,
    open_position,
    reduce_position,
)
from positions_app.services.refresh import refresh_marks
from positions_app.services.settle import expired_positions, settle_expired

__all__ = [
    "Execution",
    "Leaving",
    "Opening",
    "add_to_position",
    "begin_closing",
    "evaluate_exits",
    "exit_ended",
    "expired_positions",
    "lock_position",
    "open_position",
    "reduce_position",
    "refresh_marks",
    "settle_expired",
]
