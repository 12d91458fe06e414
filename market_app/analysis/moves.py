"""How far an underlying is expected to move, from the volatilities of its expirations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import numpy as np

from domain.options.expected import CONSTANT_MATURITY_YEARS, expected_day_move, expected_move, vol_at
from domain.options.expiry import last_trading_date
from domain.sessions import Product
from market_app import providers
from market_app.quoting import exchange_date


class HasVolatility(Protocol):
    @property
    def expiration(self) -> date: ...

    @property
    def years(self) -> float: ...

    @property
    def atm_vol(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Moves:
    """Volatilities at the money, fractions a year, and moves of one standard deviation, in price; None where unknown.

    vol: for thirty days, interpolated between expirations. near_vol: of the first expiration that ends after today. day: a
    whole session's move by near_vol. to_close: until today's close, by the options that end with it, or else by near_vol
    and the part of the session that is left.
    """

    vol: float | None
    near_vol: float | None
    day: float | None
    to_close: float | None


def moves(expirations: Iterable[HasVolatility], *, spot: float, now: datetime) -> Moves:
    """expirations: in order, as listed now."""
    today = exchange_date(now)
    known = [(row.expiration, row.years, row.atm_vol) for row in expirations if row.atm_vol is not None]
    years, vols = np.array([row[1] for row in known]), np.array([row[2] for row in known])
    near = next((vol for day, _, vol in known if last_trading_date(day) > today), None)
    to_close = None if near is None else expected_day_move(spot, near, part=_session_left(now))
    if known and last_trading_date(known[0][0]) == today:
        to_close = expected_move(spot, known[0][2], known[0][1])
    return Moves(
        vol=vol_at(years, vols, CONSTANT_MATURITY_YEARS),
        near_vol=near,
        day=None if near is None else expected_day_move(spot, near),
        to_close=to_close,
    )


def _session_left(now: datetime) -> float:
    """Part of today's session that is still to come, 0 to 1; 0 on a day without one."""
    hours = providers.current().calendar(Product.EQUITY_OPTION).hours(exchange_date(now))
    if hours is None:
        return 0.0
    return min(max((hours.closes_at - now) / (hours.closes_at - hours.opens_at), 0.0), 1.0)
