"""Gamma exposure of a whole chain at one moment, and what its open interest, volume and volatilities say beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.options import exposure, flow
from domain.options.expected import at_the_money_vol, expected_move
from domain.options.expiry import last_trading_date
from domain.options.normal import FloatArray
from domain.quotes import FeedClass, Quote
from domain.sessions import Product
from domain.symbols.occ import OptionContract
from market_app import providers, services
from market_app.analysis.implied import Analysed, implied, signs, spot_quote, standing_quotes, strikes
from market_app.analysis.moves import Moves, moves
from market_app.interface import Activity
from market_app.quoting import exchange_date
from market_app.rates import risk_free_rate

NOT_PUBLISHED: Final = "no open interest was published"
NOBODY_HOLDS_IT: Final = "open interest is zero"
NO_VOLATILITY: Final = "no volatility gives its middle price"
INDICATIVE: Final = "the feed is indicative: its quotes are modified, and so is everything computed from them"
_UNKNOWN: Final = Activity(None, None)
_LONGEST_CLOSURE: Final = 14  # days in which a session is certain


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Contracts that add nothing, and the open interest among them."""

    why: str
    contracts: int
    open_interest: int


@dataclass(frozen=True, slots=True)
class Expiration:
    """One expiration. Interest, volume, ratios and max_pain count contracts without a quote too.

    calls and puts: exposure in dollars for a move of one percent; strikes: the same by strike. atm_vol: implied at the
    money, a fraction a year; expected_move: one standard deviation to its end, in price.
    """

    expiration: date
    years: float
    used: int
    call_interest: int
    put_interest: int
    put_call_ratio: float | None
    call_volume: int
    put_volume: int
    calls: float
    puts: float
    max_pain: float | None
    atm_vol: float | None
    expected_move: float | None
    strikes: tuple[exposure.Sums, ...]


@dataclass(frozen=True, slots=True)
class DealerGamma:
    """Gamma exposure of a chain at one moment; later is the same without the contracts that end today.

    oldest_quote and newest_quote: the provider's times of the option quotes that were used. interest_day: the session
    at whose close the open interest stood. flow is None where the source tells no volume.
    """

    underlying: str
    at: datetime
    quote: Quote
    spot: float
    rate: float
    listed: int
    used: int
    oldest_quote: datetime
    newest_quote: datetime
    interest_day: date
    whole: exposure.GammaProfile
    later: exposure.GammaProfile
    put_call_ratio: float | None
    flow: flow.Flow | None
    moves: Moves
    expirations: tuple[Expiration, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]

    @property
    def nearest_pain(self) -> Expiration | None:
        """The first expiration with a max pain."""
        return next((row for row in self.expirations if row.max_pain is not None), None)


def dealer_gamma(underlying: str, *, rate: float | None = None) -> DealerGamma:
    """Exposure of the whole chain, weighted with published open interest.

    rate: a fraction a year, market_app.rates decides if None. Raises MarketDataUnavailable where there is no good quote
    of the underlying, no open interest, or no contract with both open interest and an implied volatility.
    """
    now = clock.now()
    flat = risk_free_rate(now) if rate is None else rate
    quote = spot_quote(underlying)
    spot = float(quote.mid or 0)
    rows = _listed(underlying, spot=spot, rate=flat, now=now)
    used = [row for row in rows if row.seen.vol is not None and row.activity.open_interest]
    left_out = _left_out(rows)
    if not used:
        raise _nothing_used(underlying, len(rows), left_out)
    counted, today = _open_contracts(used), exchange_date(now)
    ends_later = np.array([last_trading_date(row.contract.expiration) > today for row in used])
    expirations = tuple(_expirations(rows, counted, spot=spot, rate=flat))
    oldest, newest = _quote_times(used)
    return DealerGamma(
        underlying=underlying,
        at=now,
        quote=quote,
        spot=spot,
        rate=flat,
        listed=len(rows),
        used=len(used),
        oldest_quote=oldest,
        newest_quote=newest,
        interest_day=_session_before(today),
        whole=exposure.profile(counted, spot, rate=flat),
        later=exposure.profile(counted.where(ends_later), spot, rate=flat),
        put_call_ratio=exposure.put_call_ratio(signs(row.contract for row in rows), _open_interest(rows)),
        flow=_flow(rows),
        moves=moves(expirations, spot=spot, now=now),
        expirations=expirations,
        left_out=left_out,
        warnings=(INDICATIVE,) if quote.feed is FeedClass.INDICATIVE else (),
    )


class _Listed(NamedTuple):
    """A listed contract: what its quote implies, and what is held and traded in it."""

    seen: Analysed
    activity: Activity

    @property
    def contract(self) -> OptionContract:
        return self.seen.contract


def _listed(underlying: str, *, spot: float, rate: float, now: datetime) -> list[_Listed]:
    activity, chain = services.activity(underlying, now=now), services.chain(underlying, now=now)
    seen = implied(chain, standing_quotes(chain, now=now), spot=spot, rate=rate)
    return [_Listed(row, activity.get(row.contract.symbol, _UNKNOWN)) for row in seen]


def _quote_times(rows: Iterable[_Listed]) -> tuple[datetime, datetime]:
    """The provider's time of the oldest and of the newest quote."""
    times = [row.seen.judged.quote.provider_time for row in rows if row.seen.judged.quote is not None]
    return min(times), max(times)


def _nothing_used(underlying: str, listed: int, left_out: Iterable[LeftOut]) -> MarketDataUnavailable:
    why = "; ".join(f"{out.contracts}: {out.why}" for out in left_out)
    text = f"none of {listed} contracts of {underlying} has open interest and a good quote ({why})"
    return MarketDataUnavailable("no_market_data", text)


def _open_contracts(rows: Sequence[_Listed]) -> exposure.OpenContracts:
    contracts = [row.contract for row in rows]
    return exposure.OpenContracts(
        sign=signs(contracts),
        strike=strikes(contracts),
        years=np.array([row.seen.years for row in rows]),
        vol=np.array([row.seen.vol for row in rows], dtype=np.float64),
        weight=_open_interest(rows),
        multiplier=np.array([float(contract.multiplier) for contract in contracts]),
        expiration=np.array([contract.expiration.toordinal() for contract in contracts], dtype=np.int64),
    )


def _left_out(rows: Iterable[_Listed]) -> tuple[LeftOut, ...]:
    """Most open interest first."""
    contracts, weight = Counter[str](), Counter[str]()
    for row in rows:
        held = row.activity.open_interest
        if held and row.seen.vol is not None:
            continue
        why = _why(row.seen, held)
        contracts[why] += 1
        weight[why] += held or 0
    found = [LeftOut(why, count, weight[why]) for why, count in contracts.items()]
    return tuple(sorted(found, key=lambda out: (-out.open_interest, -out.contracts)))


def _why(seen: Analysed, held: int | None) -> str:
    if not held:
        return NOT_PUBLISHED if held is None else NOBODY_HOLDS_IT
    verdict = seen.judged.verdict
    return NO_VOLATILITY if seen.judged.good else f"quote refused: {verdict.code or verdict.text}"


def _expirations(
    rows: Iterable[_Listed], counted: exposure.OpenContracts, *, spot: float, rate: float
) -> Iterator[Expiration]:
    """All that are listed, those without any exposure too, in order."""
    listed: dict[date, list[_Listed]] = defaultdict(list)
    for row in rows:
        listed[row.contract.expiration].append(row)
    exposed = exposure.exposures(counted, spot, rate=rate)
    for day in sorted(listed):
        mask = counted.expiration == day.toordinal()
        by_strike = exposure.sums(counted.strike[mask], counted.sign[mask], exposed[mask])
        yield _expiration(day, listed[day], by_strike, used=int(mask.sum()), spot=spot)


def _expiration(
    day: date, rows: Sequence[_Listed], by_strike: tuple[exposure.Sums, ...], *, used: int, spot: float
) -> Expiration:
    contracts = [row.contract for row in rows]
    sides, prices, held = signs(contracts), strikes(contracts), _open_interest(rows)
    traded = np.array([row.activity.volume or 0 for row in rows])
    vols = np.array([np.nan if row.seen.vol is None else row.seen.vol for row in rows])
    vol, years = at_the_money_vol(prices, vols, spot), rows[0].seen.years
    return Expiration(
        expiration=day,
        years=years,
        used=used,
        call_interest=int(held[sides > 0].sum()),
        put_interest=int(held[sides < 0].sum()),
        put_call_ratio=exposure.put_call_ratio(sides, held),
        call_volume=int(traded[sides > 0].sum()),
        put_volume=int(traded[sides < 0].sum()),
        calls=sum(sums.calls for sums in by_strike),
        puts=sum(sums.puts for sums in by_strike),
        max_pain=exposure.max_pain(sides, prices, held, spot=spot),
        atm_vol=vol,
        expected_move=None if vol is None else expected_move(spot, vol, years),
        strikes=by_strike,
    )


def _flow(rows: Sequence[_Listed]) -> flow.Flow | None:
    if all(row.activity.volume is None for row in rows):
        return None
    return flow.summarise(
        flow.Traded(row.contract, row.activity.volume, row.activity.open_interest, _number(row.seen.judged.mid))
        for row in rows
        if row.activity.volume is not None
    )


def _open_interest(rows: Iterable[_Listed]) -> FloatArray:
    """0 where it is not told."""
    return np.array([float(row.activity.open_interest or 0) for row in rows])


def _number(price: Decimal | None) -> float | None:
    return None if price is None else float(price)


def _session_before(today: date) -> date:
    """The last day before that had a session; the day before where the calendar does not reach."""
    hours = providers.current().calendar(Product.EQUITY_OPTION).hours
    days = [today - timedelta(days=back) for back in range(1, _LONGEST_CLOSURE)]
    try:
        return next(day for day in days if hours(day) is not None)
    except (MarketDataUnavailable, StopIteration):
        return days[0]
