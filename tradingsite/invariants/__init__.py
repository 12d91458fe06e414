"""What must be true of the rows at any moment, as SQL whose rows are the violations.

One file a group. The statements do not trust constraints or triggers: most of them are constraints as well, and the audit
is how we learn that one is missing. Each selects ``what`` (the row, in words) and ``found`` (the figures), and may use the
parameter ``%(now)s``.
"""

from __future__ import annotations

from typing import Final

from tradingsite.invariants import (
    a_signals,
    b_orders,
    c_fills,
    d_positions,
    e_ledger,
    f_exposure,
    g_trail,
    h_time,
    i_engines,
)
from tradingsite.invariants.invariant import Invariant

ALL: Final[tuple[Invariant, ...]] = (
    *a_signals.INVARIANTS,
    *b_orders.INVARIANTS,
    *c_fills.INVARIANTS,
    *d_positions.INVARIANTS,
    *e_ledger.INVARIANTS,
    *f_exposure.INVARIANTS,
    *g_trail.INVARIANTS,
    *h_time.INVARIANTS,
    *i_engines.INVARIANTS,
)
BY_CODE: Final[dict[str, Invariant]] = {invariant.code: invariant for invariant in ALL}

__all__ = ["ALL", "BY_CODE", "Invariant"]
