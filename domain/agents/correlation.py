"""How much two underlyings move together."""

from __future__ import annotations

from typing import Final

import numpy as np

from domain.indicators.candles import Candles

DAYS: Final = 60
FEWEST: Final = 20


def correlation(one: Candles, other: Candles, days: int = DAYS) -> float | None:
    """Pearson's, of the logarithmic returns over the last bars that both have, -1 to 1.

    Bars are matched by their start; at most ``days`` returns are used. None with fewer than twenty, or where one of the
    two has not moved at all.
    """
    common, mine, theirs = np.intersect1d(one.start, other.start, assume_unique=True, return_indices=True)
    if len(common) <= FEWEST:
        return None
    a, b = (np.diff(np.log(c.close[at][-(days + 1) :])) for c, at in ((one, mine), (other, theirs)))
    if not a.std() or not b.std():
        return None
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1.0, 1.0))
