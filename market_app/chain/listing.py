"""What a provider lists, held against what can be listed: expirations are asked for, never computed, and then doubted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Final

import structlog

from domain.options.expirations import Doubt, cadence_of, judged
from domain.symbols.occ import OptionContract
from market_app import sessions
from market_app.interface import Calendar

log = structlog.get_logger(__name__)

# No class can expire then. An unusual weekday is only doubted: classes are given new ones several times a year.
IMPOSSIBLE: Final = frozenset({Doubt.PAST, Doubt.HOLIDAY, Doubt.WEEKEND, Doubt.SATURDAY_AFTER_2015})


def believable(
    underlying: str, contracts: Iterable[OptionContract], *, today: date, calendar: Calendar
) -> list[OptionContract]:
    """The contracts without those of impossible dates, in their order; each date left out is said in the log."""
    listed = list(contracts)
    dates = judged(
        (contract.expiration for contract in listed),
        cadence=cadence_of(underlying),
        today=today,
        is_trading_day=partial(sessions.is_trading_day, calendar=calendar),
    )
    impossible = {found.date: found.doubt for found in dates if found.doubt in IMPOSSIBLE}
    for day, doubt in impossible.items():
        log.warning("expiration_left_out", underlying=underlying, date=day.isoformat(), why=str(doubt))
    return [contract for contract in listed if contract.expiration not in impossible]
