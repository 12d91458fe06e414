"""Greeks of many held contracts at once: our own Black-Scholes on the marks, one vectorised pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from domain.exits import Greeks
from domain.options.expiry import years_until
from market_app.rates import risk_free_rate
from positions_app.services.held import Held


def greeks_of(positions: Sequence[Held], spots: Mapping[str, Decimal], now: datetime) -> list[Greeks | None]:
    """One entry a position, in order; None where mark or spot is missing or no volatility gives that price."""
    import numpy as np  # only here: processes that never evaluate exits never load it

    from domain.options import bsm

    usable = [
        index for index, p in enumerate(positions) if p.quote_good and p.mark is not None and p.underlying in spots
    ]
    result: list[Greeks | None] = [None] * len(positions)
    if not usable:
        return result
    picked = [positions[index] for index in usable]
    years = {moment: years_until(moment, now) for moment in {p.expires_at for p in picked}}
    sign = np.array([1.0 if p.right == "C" else -1.0 for p in picked])
    level = {underlying: float(spot) for underlying, spot in spots.items()}
    spot = np.array([level[p.underlying] for p in picked])
    strike = np.array([p.strike for p in picked])
    left = np.array([years[p.expires_at] for p in picked])
    mark = np.array([float(p.mark or 0) for p in picked])
    rate = risk_free_rate(now)
    vol = bsm.implied_volatility(mark, sign, spot, strike, left, rate, 0.0)
    found = bsm.greeks(sign, spot, strike, left, rate, 0.0, vol)
    columns = zip(
        usable,
        found.delta.tolist(),
        found.gamma.tolist(),
        found.theta.tolist(),
        found.vega.tolist(),
        vol.tolist(),
        strict=True,
    )
    for index, delta, gamma, theta, vega, iv in columns:
        if iv == iv:  # NaN where there is none
            result[index] = Greeks(delta, gamma, theta, vega, iv)
    return result
