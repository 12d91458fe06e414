"""Recorded days in LEAN format, seen from a moment within them: only minutes that have ended by then are known.

A file is opened when something of its day is first asked for, a contract is parsed when it is first asked for. Outside
the regular session there are no quotes. A minute without a row says that nothing changed, so a quote's provider time is
the end of the last completed minute.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import numpy as np

from domain.errors import MarketDataUnavailable
from domain.options.expiry import last_trading_date
from domain.quotes import Bar, FeedClass, Quote
from domain.sessions import Product, SessionState
from domain.symbols.occ import OptionContract
from market_app import sessions
from market_app.interface import Activity, Calendar, Hours, as_contract, interval_not_served, no_data
from market_app.providers.lean_files import (
    MINUTE_MS,
    IntArray,
    MarketHours,
    QuoteRow,
    QuoteSeries,
    RecordedRates,
    contract_of,
    dollars,
    milliseconds,
    moment_of,
    only_member,
    open_interest_row,
    quote_series,
    read_zip,
    trade_rows,
)

HOURS_FILE: Final = "market-hours/market-hours-database.us-subset.json"
RATES_FILE: Final = "alternative/interest-rate/usa/interest-rate.csv"
LOOK_BACK: Final = timedelta(
    days=7
)  # how far an earlier recorded day may lie to still count as the bars before this one
_DAYS_KEPT: Final = 8
_DAY_S: Final = 86_400


class Lean:
    """Quotes, chains and bars of the days recorded in a folder with LEAN's layout."""

    name = "lean"
    feed = FeedClass.RECORDED

    def __init__(self, folder: Path) -> None:
        """Raises MarketDataUnavailable where the folder holds no market hours."""
        self.folder = folder
        try:
            self._hours = MarketHours(folder / HOURS_FILE)
        except FileNotFoundError:
            text = f"{folder / HOURS_FILE} does not exist: set LEAN_DATA_DIR to a folder in LEAN format"
            raise MarketDataUnavailable("market_data_failed", text) from None
        self._rates = RecordedRates(folder / RATES_FILE)
        self._calendar = Calendar("recorded", sessions.NEW_YORK, self._hours.hours)
        self._days = lru_cache(maxsize=_DAYS_KEPT)(self._read_day)

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        day, moment = _new_york_date(now), milliseconds(now)
        hours = self._hours.hours(day)
        in_session = hours is not None and hours.opens_at <= now < hours.closes_at
        minute = moment_of(day, moment - moment % MINUTE_MS)
        known, found = False, dict[str, Quote]()
        for symbol in symbols:
            contract = as_contract(symbol)
            recorded = self._days(symbol if contract is None else contract.root, day)
            if not (recorded.has_shares if contract is None else symbol in recorded.contracts):
                continue
            known = True
            quote = self._quote(recorded, symbol, moment, minute, now) if in_session else None
            if quote is not None:
                found[symbol] = quote
        if symbols and not known:
            raise no_data(", ".join(sorted(symbols)[:3]), day, self.name)
        return found

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        day = _new_york_date(now)
        recorded = self._days(underlying, day)
        if not recorded.contracts:
            raise no_data(f"{underlying} options", day, self.name)
        return [contract for contract in recorded.listed.values() if last_trading_date(contract.expiration) >= day]

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        """Open interest as published that morning, about 06:30 New York; volume of the minutes that have ended."""
        day, moment = _new_york_date(now), milliseconds(now)
        recorded = self._days(underlying, day)
        held = {symbol: count for symbol, (stamped, count) in recorded.open_interest.items() if stamped <= moment}
        traded = recorded.volumes(moment)
        if not held and not traded:
            raise no_data(f"{underlying} open interest and volume", day, self.name)
        known = held.keys() | traded.keys()
        return {symbol: Activity(held.get(symbol), traded.get(symbol)) for symbol in sorted(known)}

    def interest_rate(self, *, now: datetime) -> float | None:
        """The discount rate in force on that day, from the recording's own file."""
        return self._rates.on(_new_york_date(now))

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """From trades of regular sessions, of recorded days up to a week back too; daily bars from their own file."""
        if interval_s == _DAY_S:
            return self._daily_bars(symbol, count, now)
        if interval_s < 60 or interval_s % 60 or interval_s > _DAY_S:
            raise interval_not_served(interval_s, self.name)
        today, found = _new_york_date(now), list[Bar]()
        for day in reversed(self._days_with_trades(symbol, today)):
            found[:0] = self._bars_of(self._days(symbol, day), interval_s, now)
            if len(found) >= count:
                break
        if not found and not self._days(symbol, today).has_shares:
            raise no_data(symbol, today, self.name)
        return found[-count:]

    def calendar(self, product: Product) -> Calendar:
        return sessions.always_open("crypto") if product is Product.CRYPTO else self._calendar

    def session(self, product: Product, *, now: datetime) -> SessionState:
        return sessions.state(product, at=now, calendar=self.calendar(product))

    def closing_price(self, symbol: str, *, day: date, now: datetime) -> Decimal:
        hours, trades = self._hours.hours(day), self._days(symbol, day).trades
        if hours is None or now < hours.closes_at or not len(trades):
            raise no_data(f"{symbol} after the close", day, self.name)
        return dollars(int(trades[-1, 4]))

    def changed_at(self, symbol: str, *, now: datetime) -> datetime | None:
        """End of the minute in which the recording last noted a change of this quote; None before the first."""
        day, contract = _new_york_date(now), as_contract(symbol)
        row = self._days(symbol if contract is None else contract.root, day).quote_at(symbol, milliseconds(now))
        return None if row is None else moment_of(day, row.changed)

    def load_all(self, underlying: str, day: date) -> int:
        """Parse every file of a day now rather than when asked; returns the option quote rows read."""
        recorded = self._days(underlying, day)
        recorded.trades, recorded.series(underlying)
        return sum(len(recorded.series(symbol).rows) for symbol in recorded.contracts)

    def _read_day(self, underlying: str, day: date) -> RecordedDay:
        return RecordedDay(self.folder, underlying, day, self._hours.hours(day))

    def _quote(self, recorded: RecordedDay, symbol: str, moment: int, minute: datetime, now: datetime) -> Quote | None:
        """minute: end of the last completed one, up to which the recording says that its last row still held."""
        traded = recorded.last_trade(symbol, moment)
        last = None if traded is None else dollars(traded[1])
        row = recorded.quote_at(symbol, moment)
        if row is not None:
            bid, bid_size = _side(row.bid, row.bid_size)
            ask, ask_size = _side(row.ask, row.ask_size)
            return Quote(symbol, bid, ask, bid_size, ask_size, minute, now, self.name, self.feed, last)
        if traded is None or symbol in recorded.contracts:
            return None
        # Shares without recorded quotes: their last trade stands for both sides, as old as it is.
        return Quote(
            symbol, last, last, None, None, moment_of(recorded.day, traded[0]), now, self.name, self.feed, last
        )

    def _days_with_trades(self, symbol: str, today: date) -> list[date]:
        stamps = (path.name.split("_")[0] for path in self._days(symbol, today).share_files("trade"))
        days = (date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:])) for stamp in stamps)
        return sorted(day for day in days if today - LOOK_BACK <= day <= today)

    def _bars_of(self, recorded: RecordedDay, interval_s: int, now: datetime) -> list[Bar]:
        """Completed bars of one day, counted from the open; the day's last one ends with the session."""
        hours, trades = recorded.hours, recorded.trades
        if hours is None or not len(trades):
            return []
        opens = milliseconds(hours.opens_at)
        buckets = (trades[:, 0] - opens) // (interval_s * 1000)
        firsts = np.flatnonzero(np.diff(buckets, prepend=-1))
        bars = []
        for rows, number in zip(np.split(trades, firsts[1:]), buckets[firsts].tolist(), strict=True):
            start = hours.opens_at + timedelta(seconds=number * interval_s)
            if min(start + timedelta(seconds=interval_s), hours.closes_at) > now:
                break
            bars.append(_bar(start, rows))
        return bars

    def _daily_bars(self, symbol: str, count: int, now: datetime) -> list[Bar]:
        today = _new_york_date(now)
        archive = read_zip(self._days(symbol, today).daily_file)
        if archive is None:
            raise no_data(f"daily {symbol}", today, self.name)
        rows = trade_rows(only_member(archive).replace(b" 00:00", b""))
        stamp = int(f"{today:%Y%m%d}")  # today's bar is not known before the day is over
        chosen = rows[rows[:, 0] < stamp][-count:]
        return [_bar(moment_of(_date_of(int(row[0])), 0), row[None, :]) for row in chosen]


class RecordedDay:
    """One underlying's files of one day, each read when first needed. Where there is no file there is just nothing."""

    def __init__(self, folder: Path, underlying: str, day: date, hours: Hours | None) -> None:
        self.day = day
        self.hours = hours
        self._underlying = underlying
        name = underlying.lower() if underlying.replace(".", "").isalnum() else "_"  # it becomes part of a path
        self._shares = folder / "equity/usa/minute" / name
        self._options = folder / "option/usa/minute" / name
        self.daily_file = folder / "equity/usa/daily" / f"{name}.zip"
        self._series: dict[str, QuoteSeries] = {}
        self._option_trades: dict[str, IntArray] = {}

    def share_files(self, kind: str) -> list[Path]:
        """Files of the underlying's recorded days, this one and others."""
        return list(self._shares.glob(f"*_{kind}.zip"))

    @cached_property
    def has_shares(self) -> bool:
        return any((self._shares / f"{self.day:%Y%m%d}_{kind}.zip").exists() for kind in ("quote", "trade"))

    @cached_property
    def listed(self) -> dict[str, OptionContract]:
        """Each contract that was quoted that day, in order, by the name of its file."""
        archive = self._option_quotes
        named = {} if archive is None else {name: contract_of(name) for name in archive.namelist()}
        return dict(sorted(named.items(), key=lambda item: item[1]))

    @cached_property
    def contracts(self) -> dict[str, str]:
        """File name of each contract that was quoted that day, by compact symbol."""
        return {contract.symbol: name for name, contract in self.listed.items()}

    @cached_property
    def trades(self) -> IntArray:
        """Minute trade rows of the underlying within the regular session."""
        archive = read_zip(self._shares / f"{self.day:%Y%m%d}_trade.zip")
        return self._within_session(None if archive is None else only_member(archive))

    @cached_property
    def open_interest(self) -> dict[str, tuple[int, int]]:
        """Moment of publication and contracts open, by compact symbol."""
        archive = read_zip(self._options / f"{self.day:%Y%m%d}_openinterest_american.zip")
        names = () if archive is None else archive.namelist()
        return {
            contract_of(name).symbol: open_interest_row(archive.read(name)) for name in names if archive is not None
        }

    def volumes(self, moment: int) -> dict[str, int]:
        """Contracts traded in the session's minutes that had ended by that moment, of every contract quoted that day.

        Empty where no trades were recorded, which is not the same as none having happened.
        """
        archive, _ = self._option_trade_files
        if archive is None:
            return {}
        return {symbol: self._volume(symbol, moment) for symbol in self.contracts}

    def series(self, symbol: str) -> QuoteSeries:
        """Carried quotes of the underlying or of one of ``contracts``; empty where none was recorded."""
        found = self._series.get(symbol)
        if found is None:
            text = self._quote_text(symbol)
            found = QuoteSeries(np.empty((0, 5), dtype=np.int64))
            if text is not None and self.hours is not None:
                found = quote_series(text, since=milliseconds(self.hours.opens_at))
            self._series[symbol] = found
        return found

    def quote_at(self, symbol: str, moment: int) -> QuoteRow | None:
        return self.series(symbol).known_at(moment)

    def last_trade(self, symbol: str, moment: int) -> tuple[int, int] | None:
        """End of its minute, and price, of the last trade known at that moment: a trade is not carried, it is dated."""
        rows = self.trades if symbol == self._underlying else self._option_trades_of(symbol)
        place = int(np.searchsorted(rows[:, 0], moment - MINUTE_MS, side="right")) - 1
        return None if place < 0 else (int(rows[place, 0]) + MINUTE_MS, int(rows[place, 4]))

    @cached_property
    def _option_quotes(self) -> ZipFile | None:
        return read_zip(self._options / f"{self.day:%Y%m%d}_quote_american.zip")

    @cached_property
    def _option_trade_files(self) -> tuple[ZipFile | None, frozenset[str]]:
        archive = read_zip(self._options / f"{self.day:%Y%m%d}_trade_american.zip")
        return archive, frozenset() if archive is None else frozenset(archive.namelist())

    def _quote_text(self, symbol: str) -> bytes | None:
        if symbol == self._underlying:
            archive = read_zip(self._shares / f"{self.day:%Y%m%d}_quote.zip")
            return None if archive is None else only_member(archive)
        name = self.contracts.get(symbol)
        return None if name is None or self._option_quotes is None else self._option_quotes.read(name)

    def _option_trades_of(self, symbol: str) -> IntArray:
        found = self._option_trades.get(symbol)
        if found is None:
            archive, names = self._option_trade_files
            name = self.contracts[symbol].replace("_quote_", "_trade_")
            found = self._within_session(archive.read(name) if archive is not None and name in names else None)
            self._option_trades[symbol] = found
        return found

    def _volume(self, symbol: str, moment: int) -> int:
        rows = self._option_trades_of(symbol)
        return int(rows[: np.searchsorted(rows[:, 0], moment - MINUTE_MS, side="right"), 5].sum())

    def _within_session(self, text: bytes | None) -> IntArray:
        if text is None or self.hours is None:
            return np.empty((0, 6), dtype=np.int64)
        rows = trade_rows(text)
        opens, closes = milliseconds(self.hours.opens_at), milliseconds(self.hours.closes_at)
        return rows[(rows[:, 0] >= opens) & (rows[:, 0] < closes)]


def _new_york_date(moment: datetime) -> date:
    return moment.astimezone(sessions.NEW_YORK).date()


def _date_of(stamp: int) -> date:
    return date(stamp // 10_000, stamp // 100 % 100, stamp % 100)


def _side(price: int, size: int) -> tuple[Decimal | None, int | None]:
    return (dollars(price), size) if price > 0 else (None, None)


def _bar(start: datetime, rows: IntArray) -> Bar:
    """One bar of several trade rows, in order of time."""
    prices = rows[0, 1], rows[:, 2].max(), rows[:, 3].min(), rows[-1, 4]
    opened, high, low, close = (dollars(int(price)) for price in prices)
    return Bar(start.astimezone(UTC), opened, high, low, close, int(rows[:, 5].sum()))
