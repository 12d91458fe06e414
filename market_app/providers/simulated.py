"""The simulated market: the same seed, symbol and moment always give the same price. No price here is real.

It never closes, so that a demonstration works on a Saturday night: a session is a UTC day. Every quote carries the feed
class ``simulated``.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import repeat
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from domain.options import bsm
from domain.options.expiry import years_until
from domain.options.normal import FloatArray
from domain.quotes import Bar, FeedClass, Quote
from domain.sessions import Product, SessionState
from domain.symbols.occ import OptionContract, Right
from market_app import sessions
from market_app.interface import Activity, Calendar, as_contract, interval_not_served, no_data
from market_app.providers import paths
from market_app.providers.listing import UNDERLYINGS, contracts, third_friday

RATE: Final = 0.04
NOTE: Final = "simulated market, always open"
_EPOCH_DAY: Final = date(1970, 1, 1)
_MINUTE_S: Final = 60
_KNUTH: Final = 2_654_435_761  # his multiplicative hash
IntArray: TypeAlias = NDArray[np.int64]


class Simulated:
    """Quotes, chains and bars of the underlyings in ``listing``, as a function of seed, symbol and time."""

    name = "simulated"
    feed = FeedClass.SIMULATED

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        found: dict[str, Quote] = {}
        options: list[_Option] = []
        for symbol in symbols:
            if symbol in UNDERLYINGS:
                found[symbol] = self._underlying_quote(symbol, now)
            elif (option := _option(symbol)) is not None:
                options.append(option)
        if symbols and not found and not options:
            raise no_data(", ".join(sorted(symbols)[:3]), now.astimezone(UTC).date(), self.name)
        today = now.astimezone(UTC).date()
        alive = [option for option in options if option.expiration >= today]  # expired ones have no quote
        return found | self._option_quotes(alive, now) if alive else found

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        day = now.astimezone(UTC).date()
        if underlying not in UNDERLYINGS:
            raise no_data(underlying, day, self.name)
        path, _ = paths.day_path(self.seed, underlying, (day - _EPOCH_DAY).days)
        return list(contracts(underlying, day, float(path[0])))

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        if symbol not in UNDERLYINGS:
            raise no_data(symbol, now.astimezone(UTC).date(), self.name)
        if interval_s < _MINUTE_S or interval_s % _MINUTE_S or paths.DAY_S % interval_s:
            raise interval_not_served(interval_s, self.name)
        each = interval_s // _MINUTE_S
        last = int(now.timestamp() // interval_s) * each
        prices, traded = paths.minute_bars(self.seed, symbol, last - count * each, last)
        prices, traded = prices.reshape(count, -1), traded.reshape(count, each)
        columns = (prices[:, 0], prices.max(1), prices.min(1), prices[:, -1])
        opens, highs, lows, closes = (
            [_dollars(cents) for cents in _whole(100.0 * column).tolist()] for column in columns
        )
        start = datetime.fromtimestamp((last - count * each) * _MINUTE_S, UTC)
        starts = [start + timedelta(seconds=number * interval_s) for number in range(count)]
        return list(map(Bar, starts, opens, highs, lows, closes, _whole(traded.sum(1)).tolist()))

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        """As invented as the prices: open interest is the same all day, volume grows with the busy hours."""
        day = now.astimezone(UTC).date()
        listed = self.chain(underlying, now=now)
        path, _ = paths.day_path(self.seed, underlying, (day - _EPOCH_DAY).days)
        level, passed = float(path[0]), _busy_share(int(now.timestamp() // _MINUTE_S) % paths.MINUTES)
        held = [_open_contracts(c, level, day, _jitter(self.seed, c.symbol)) for c in listed]
        return {
            contract.symbol: Activity(count, int(passed * _day_volume(count, _jitter(self.seed, contract.symbol, day))))
            for contract, count in zip(listed, held, strict=True)
        }

    def calendar(self, product: Product) -> Calendar:
        return sessions.always_open(self.name, NOTE)

    def session(self, product: Product, *, now: datetime) -> SessionState:
        return sessions.state(product, at=now, calendar=self.calendar(product))

    def closing_price(self, symbol: str, *, day: date, now: datetime) -> Decimal:
        ends_at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1)
        if symbol not in UNDERLYINGS or now < ends_at:
            raise no_data(f"{symbol} after the close", day, self.name)
        path, _ = paths.day_path(self.seed, symbol, (day - _EPOCH_DAY).days)
        return _dollars(round(float(path[-1]) * 100.0))

    def _underlying_quote(self, symbol: str, now: datetime) -> Quote:
        moment = now.timestamp()
        cents = paths.price_at(self.seed, symbol, moment) * 100.0
        minute = int(moment // _MINUTE_S)
        width = max(1, round(cents * 4e-5)) + _jitter(symbol, minute) % 2
        bid = math.floor(cents - width / 2)
        lots = 1 + int(6 * paths.busy(minute % paths.MINUTES))
        bid_size, ask_size = (100 * (1 + _jitter(side, symbol, minute) % lots) for side in ("bid", "ask"))
        prices = (_dollars(bid), _dollars(bid + width))
        return Quote(symbol, *prices, bid_size, ask_size, now, now, self.name, self.feed, _dollars(round(cents)))

    def _option_quotes(self, wanted: list[_Option], now: datetime) -> dict[str, Quote]:
        """One vectorised pricing of all wanted contracts, whatever their underlyings."""
        spots = {root: paths.price_at(self.seed, root, now.timestamp()) for root in {option.root for option in wanted}}
        years = {expiration: _years(expiration, now) for expiration in {option.expiration for option in wanted}}
        spot = np.array([spots[option.root] for option in wanted])
        left = np.array([years[option.expiration] for option in wanted])
        bids, asks, sizes = _market(_Terms(*np.array([option.terms for option in wanted]).T), spot, left)
        minute = int(now.timestamp() // _MINUTE_S)
        draws = np.array([option.draw for option in wanted]) + minute * _KNUTH & 0xFFFFFFFF
        symbols = [option.symbol for option in wanted]
        made = map(
            Quote,
            symbols,
            [_dollars(bid) if bid > 0 else None for bid in bids.tolist()],  # below a cent nobody bids
            map(_dollars, asks.tolist()),
            [size or None for size in np.where(bids > 0, sizes + (draws >> 8) % sizes, 0).tolist()],
            (sizes + (draws >> 16) % sizes).tolist(),
            repeat(now),
            repeat(now),
            repeat(self.name),
            repeat(self.feed),
        )
        return dict(zip(symbols, made, strict=True))


class _Terms(NamedTuple):
    """What is fixed about contracts, one array each. sign: 1 for calls, -1 for puts; vol and dividend_yield a year."""

    sign: FloatArray
    strike: FloatArray
    vol: FloatArray
    dividend_yield: FloatArray


def _market(terms: _Terms, spot: FloatArray, years: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Bid and ask in cents, and a size, of each contract: a smile prices it, moneyness widens it and thins it out."""
    sign, strike, base_vol, dividend_yield = terms
    forward = spot * np.exp((RATE - dividend_yield) * years)
    away = np.clip(np.log(strike / forward) / (base_vol * np.sqrt(years)), -4.0, 4.0)  # standard deviations
    vol = base_vol * (1.0 + 0.1 * np.exp(-12.0 * years)) * (1.0 - 0.05 * away + 0.025 * away * away)
    value = 100.0 * bsm.price(sign, spot, strike, years, RATE, dividend_yield, vol)
    half = 0.4 + 0.006 * value * (1.0 + 0.25 * np.abs(away))
    bid, ask = np.floor(value - half), np.ceil(value + half)
    size = 2.0 + 60.0 * np.exp(-0.5 * away * away)
    return _whole(np.maximum(bid, 0.0)), _whole(np.maximum(ask, 1.0)), _whole(size)


@dataclass(frozen=True, slots=True)
class _Option:
    """What pricing needs of a contract, read from its symbol once. terms: as in _Terms; draw tells its sizes from others'."""

    symbol: str
    root: str
    expiration: date
    terms: tuple[float, float, float, float]
    draw: int


@lru_cache(maxsize=65_536)
def _option(symbol: str) -> _Option | None:
    contract = as_contract(symbol)
    if contract is None or contract.root not in UNDERLYINGS:
        return None
    sign = 1.0 if contract.right is Right.CALL else -1.0
    underlying = UNDERLYINGS[contract.root]
    terms = (sign, float(contract.strike), underlying.vol, underlying.dividend_yield)
    return _Option(symbol, contract.root, contract.expiration, terms, _jitter(symbol))


def _open_contracts(contract: OptionContract, level: float, day: date, draw: int) -> int:
    """A bell around the money, calls held above it and puts below, more on round strikes and monthly expirations."""
    underlying, strike = UNDERLYINGS[contract.root], contract.strike
    days = max((contract.expiration - day).days, 7)
    away = math.log(float(strike) / level) / (underlying.vol * math.sqrt(days / 365))  # standard deviations
    away += -0.5 if contract.right is Right.CALL else 0.5
    round_strike = 3.0 if strike % (10 * underlying.step) == 0 else 1.5 if strike % (2 * underlying.step) == 0 else 1.0
    monthly = 3.0 if contract.expiration == third_friday(contract.expiration.year, contract.expiration.month) else 1.0
    return round(400.0 * math.exp(-0.5 * away * away) * round_strike * monthly * (0.6 + draw % 1000 / 1250))


def _day_volume(held: int, draw: int) -> int:
    """Contracts traded in the whole day: as a rule a part of those held, now and then several times as many."""
    turnover = 0.02 + draw % 1000 / 2500
    return round((held + 5) * turnover * (8.0 if draw % 61 == 0 else 1.0))


@lru_cache(maxsize=paths.MINUTES)
def _busy_share(minutes: int) -> float:
    """Part of a day's trading that so many of its minutes bring; 0 at its start."""
    return sum(map(paths.busy, range(minutes))) / paths.MINUTES


def _years(expiration: date, now: datetime) -> float:
    """Until the end of the expiration's UTC day, the session in which it trades last."""
    return years_until(datetime.combine(expiration, datetime.min.time(), UTC) + timedelta(days=1), now)


def _whole(numbers: FloatArray) -> IntArray:
    return np.rint(numbers).astype(np.int64)


@lru_cache(maxsize=65_536)
def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _jitter(*parts: object) -> int:
    """A small whole number that looks random and is the same in every process."""
    return zlib.crc32(repr(parts).encode())
