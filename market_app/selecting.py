"""Choosing a listed contract with the market of now.

Gathers what the selection in domain/ judges, in as few questions as there are kinds of answers: the chain, the spot, the
activity of the chain, and one batch of quotes for the contracts within reach.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.selection import (
    Activity,
    Candidate,
    ContractPolicy,
    Screened,
    Selection,
    Shelves,
    Sight,
    VolatilityRange,
    screen,
    select,
    shelved,
)
from domain.symbols.occ import OptionContract, Right
from market_app import providers, services
from market_app.memory import Derived, Memory
from market_app.quoting import exchange_date
from market_app.rates import risk_free_rate

if TYPE_CHECKING:
    from market_app.analysis import Analysed

HISTORY_KEPT: Final = timedelta(hours=1)
_DAYS_PER_YEAR: Final = 365


class _Told(NamedTuple):
    """Open interest and volume by compact symbol, and why they are missing, if they are."""

    activity: Mapping[str, Activity]
    note: str


_shelves: Derived[list[OptionContract], Shelves] = Derived(entries=64)
_told: Derived[Mapping[str, Activity], _Told] = Derived(entries=64)
_histories: Memory[VolatilityRange | None] = Memory(entries=256)


def selection_of(
    underlying: str, *, right: Right, policy: ContractPolicy, history: VolatilityRange | None = None
) -> Selection:
    """What the policy chooses of the underlying's chain now, or why nothing.

    history: the range of implied volatility to rank by; without it that term is neutral. Raises MarketDataUnavailable
    where there is no chain or no good quote of the underlying.
    """
    from market_app import analysis  # numpy: only where Greeks are asked for

    now = clock.now()
    shelves, quote, told = _shelved(underlying, now), analysis.spot_quote(underlying), _activity(underlying, now)
    assert quote.mid is not None  # a good quote has a middle
    sight = Sight(
        underlying=underlying,
        right=right,
        at=now,
        today=exchange_date(now),
        quote=quote,
        spot=quote.mid,
        activity=told.activity,
        activity_note=told.note,
        history=history,
    )
    screened, spot, rate = screen(shelves, sight, policy), float(quote.mid), risk_free_rate(now)
    rows = analysis.analysed([listed.contract for listed in screened.kept], spot=spot, rate=rate)
    return select(screened, _candidates(screened, rows, spot, rate), sight, policy)


def history_of(underlying: str) -> VolatilityRange | None:
    """The year's range of the volatility at the money, from the snapshots that were kept; asked once an hour."""
    from market_app.snapshots import volatility_range  # rows: a recorded day is looked at without a database

    now = clock.now()
    build = partial(volatility_range, underlying, now=now)
    return _histories.get(providers.current(), underlying, at=now, keep=HISTORY_KEPT, build=build)


def _candidates(screened: Screened, rows: Sequence[Analysed], spot: float, rate: float) -> list[Candidate]:
    return [
        Candidate(
            contract=listed.contract,
            days=listed.days,
            quote=row.judged.quote,
            fault=None if row.judged.good else row.judged.verdict.code,
            vol=row.vol,
            delta=row.delta,
            theta=_theta(row, spot, rate),
            open_interest=listed.open_interest,
            volume=listed.volume,
        )
        for listed, row in zip(screened.kept, rows, strict=True)
    ]


def _theta(row: Analysed, spot: float, rate: float) -> float | None:
    """Dollars per share and calendar day, from what is known already; None where there is no volatility.

    By the Black-Scholes-Merton equation, theta = r V - r S delta - vol² S² gamma / 2 a year, where V is the middle that the
    volatility was implied from; Hull, Options, Futures, and Other Derivatives, 10th ed., 19.7.
    """
    value = row.judged.mid
    if value is None or row.vol is None or row.delta is None or row.gamma is None:
        return None
    decay = (row.vol * spot) ** 2 * row.gamma / 2
    return (rate * (float(value) - spot * row.delta) - decay) / _DAYS_PER_YEAR


def _shelved(underlying: str, now: datetime) -> Shelves:
    """The chain, sorted once for as long as it is kept."""
    return _shelves.of(underlying, services.chain(underlying, now=now), shelved)


def _activity(underlying: str, now: datetime) -> _Told:
    """What a provider does not tell is unknown, and no reason by itself to choose nothing."""
    try:
        told = services.activity(underlying, now=now)
    except MarketDataUnavailable as unavailable:
        return _Told({}, f"open interest and volume are unknown: {unavailable.message}")
    return _told.of(underlying, told, lambda activity: _Told(activity, _what_is_missing(activity.values())))


def _what_is_missing(known: Collection[Activity]) -> str:
    """Of a whole chain; a single contract's blanks are seen in the table."""
    names = ("open interest", "volume")
    blank = [name for column, name in enumerate(names) if all(told[column] is None for told in known)]
    return f"{' and '.join(blank)} unknown" if blank else ""
