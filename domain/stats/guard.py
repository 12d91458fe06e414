"""The guard that stops an engine which loses more than it was allowed to."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import accumulate


def arm_stopped(pnls: Iterable[Decimal], allowed_loss: Decimal) -> bool:
    """Whether an engine's profit since the experiment's start was ever down to the allowed loss or below.

    pnls: of its trades, oldest closing first, account currency; that of the open ones may come last, as one amount. An
    engine that was stopped stays so: later profits of trades still open do not let it back in. allowed_loss: above 0.
    Raises ValueError for one that is not, and for a profit that is not a number.
    """
    if not allowed_loss.is_finite() or allowed_loss <= 0:
        raise ValueError(f"an allowed loss of {allowed_loss} is not above 0")
    return any(_number(total) <= -allowed_loss for total in accumulate(pnls))


def _number(total: Decimal) -> Decimal:
    if not total.is_finite():
        raise ValueError(f"profits that add up to {total} cannot be guarded")
    return total
