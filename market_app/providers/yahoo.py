"""Yahoo's delayed quotes: needs no key, promises nothing. Unofficial, so everything in it is doubted.

Its option rows carry no time of their own: they are stamped with the time of the underlying's quote in the same answer.
Sizes come in lots of which nobody says how large they are, so none is told. Prices of charts are floats of four bytes
(269.769989), which are rounded to a hundredth of a cent.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from domain.quotes import Bar, FeedClass, Quote
from domain.sessions import Product, SessionState
from domain.symbols.instrument import BadSymbol
from domain.symbols.occ import OptionContract
from domain.symbols.spelling import Dialect, spelled
from market_app import sessions
from market_app.capabilities import Capability, Offer, batches
from market_app.interface import Activity, Calendar, as_contract, interval_not_served, no_data
from market_app.memory import Memory
from market_app.providers import reading
from market_app.providers.access import Access, Patience, ProviderTrouble, Trouble, deadline
from market_app.providers.wire import Wire
from market_app.providers.yahoo_session import Door

PER_CALL: Final = 100  # names in one address
ANSWER_KEPT: Final = timedelta(seconds=15)
EXPIRATIONS: Final = 12  # one request each, so the chain stops after the nearest
PATIENCE_FOLD: Final = 4  # one question with cookie, crumb and all expirations may take so many times one request
_RANGES: Final = {
    60: ("1m", "5d"),
    120: ("2m", "1mo"),
    300: ("5m", "1mo"),
    900: ("15m", "1mo"),
    reading.HALF_HOUR_S: ("30m", "1mo"),
    reading.HOUR_S: ("30m", "1mo"),
    reading.DAY_S: ("1d", "1y"),
}
_PLACES: Final = Decimal("0.0001")
_REGULAR: Final = "REGULAR"  # an adjusted contract delivers something else than a hundred shares
_TOO_MANY, _NOT_FOUND, _OK = 429, 404, 200
_REFUSED: Final = (301, 302, 303, 307, 308, 401, 402, 403)  # a redirect leads to a page that asks for consent


@dataclass(frozen=True, slots=True)
class _Options:
    """One request for a chain: contracts of one expiration by compact symbol, when they were true, and what else is listed."""

    rows: Mapping[str, Mapping[str, Any]]
    stamped: datetime | None
    expirations: Sequence[date]


class Yahoo:
    """Quotes, the nearest expirations and bars of US shares, ETFs and indices, about fifteen minutes late."""

    name = "yfinance"
    feed = FeedClass.DELAYED
    offers: Final[Mapping[Capability, Offer]] = {
        Capability.QUOTES: Offer(FeedClass.DELAYED, PER_CALL),
        Capability.OPTION_QUOTES: Offer(FeedClass.DELAYED, 500, "a request for each expiration"),
        Capability.CHAIN: Offer(FeedClass.DELAYED, 1, f"the nearest {EXPIRATIONS} expirations, a request for each"),
        Capability.ACTIVITY: Offer(FeedClass.DELAYED, 1, f"the nearest {EXPIRATIONS} expirations, a request for each"),
        Capability.BARS: Offer(FeedClass.DELAYED),
    }

    def __init__(self, access: Access | None = None) -> None:
        """access: its address only where another server stands in for Yahoo's."""
        self._access = access or Access("", patience=Patience(total_s=5.0))
        self._wire = Wire(self.name, self._access)  # names our troubles; the door does the asking
        self._door: Door | None = None
        self._answers: Memory[_Options] = Memory(entries=128)

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        """A hundred underlyings a request, and one for each expiration of contracts."""
        return reading.collected(self._wire, symbols, self._parts(symbols, now)) if symbols else {}

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        rows = (symbol for answer in self._nearest(underlying, now) for symbol in answer.rows)
        return reading.listing(self._wire, underlying, (reading.contract_on(underlying, row) for row in rows), now)

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        told = (
            (symbol, row.get("openInterest"), row.get("volume"))
            for answer in self._nearest(underlying, now)
            for symbol, row in answer.rows.items()
        )
        return reading.told_activity(self._wire, underlying, told, now)

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """Not adjusted for dividends, of the regular session. Minutes without a trade come as nulls, and are none."""
        if interval_s not in _RANGES:
            raise interval_not_served(interval_s, self.name)
        interval, span = _RANGES[interval_s]
        question = {"interval": interval, "range": span, "includePrePost": "false"}
        name = self._name(symbol)
        told = self._only(self._ask(f"/v8/finance/chart/{name}", question, "chart"), symbol)
        if reading.obj(told.get("meta")).get("symbol") != name:
            raise self._wire.trouble(Trouble.NONSENSE, f"a chart of something else than {symbol}")
        asked_s, _ = reading.asked_for(interval_s, count)
        found = list(_bars_in(told, asked_s))
        return reading.completed(self._wire, found, interval_s=interval_s, count=count, now=now, delay=reading.DELAY)

    def calendar(self, product: Product) -> Calendar:
        return sessions.exchange_calendar(product)

    def session(self, product: Product, *, now: datetime) -> SessionState:
        return sessions.state(product, at=now, calendar=self.calendar(product))

    def closing_price(self, symbol: str, *, day: date, now: datetime) -> Decimal:
        hours = self.calendar(Product.EQUITY).hours(day)
        if hours is not None and hours.closes_at + reading.DELAY <= now:
            for bar in self.bars(symbol, interval_s=reading.DAY_S, count=30, now=now):
                if bar.start.astimezone(sessions.NEW_YORK).date() == day:
                    return bar.close
        raise no_data(f"{symbol} after the close", day, self.name)

    def _parts(self, symbols: Collection[str], now: datetime) -> Iterator[dict[str, Quote]]:
        contracts = {symbol: contract for symbol in symbols if (contract := as_contract(symbol)) is not None}
        names = reading.names((symbol for symbol in symbols if symbol not in contracts), Dialect.YAHOO)
        for part in batches(names, PER_CALL):
            yield self._underlyings({name: names[name] for name in part}, now)
        groups: dict[tuple[str, date], list[str]] = {}
        for symbol, contract in contracts.items():
            if not reading.has_expired(symbol, now):
                groups.setdefault((contract.root, contract.expiration), []).append(symbol)
        for (root, expiration), wanted in groups.items():
            answer = self._options(root, expiration, now)
            told = {symbol: answer.rows[symbol] for symbol in wanted if symbol in answer.rows}
            quotes = (self._quote(symbol, row, answer.stamped, now) for symbol, row in told.items())
            yield {quote.symbol: quote for quote in quotes if quote is not None}

    def _underlyings(self, names: Mapping[str, str], now: datetime) -> dict[str, Quote]:
        rows = self._results(self._ask("/v7/finance/quote", {"symbols": ",".join(names)}, "quoteResponse"))
        told = ((names.get(reading.text(row.get("symbol"))), row) for row in rows)
        quotes = (
            self._quote(symbol, row, reading.moment(row.get("regularMarketTime")), now)
            for symbol, row in told
            if symbol is not None
        )
        return {quote.symbol: quote for quote in quotes if quote is not None}

    def _quote(self, symbol: str, row: Mapping[str, Any], stamped: datetime | None, now: datetime) -> Quote | None:
        last = row.get("regularMarketPrice", row.get("lastPrice"))
        found = reading.quote_of(
            symbol, self.name, stamped, now, self.feed, bid=row.get("bid"), ask=row.get("ask"), last=last
        )
        if found is None:
            return None
        return found._replace(bid=_rounded(found.bid), ask=_rounded(found.ask), last=_rounded(found.last))

    def _nearest(self, underlying: str, now: datetime) -> Iterator[_Options]:
        """The nearest expiration's contracts, which come with the list of all, and then those of the next ones."""
        first = self._options(underlying, None, now)
        yield first
        today = now.astimezone(sessions.NEW_YORK).date()
        told = {contract.expiration for symbol in first.rows if (contract := as_contract(symbol)) is not None}
        ahead = [day for day in sorted(set(first.expirations)) if day >= today]
        for day in ahead[:EXPIRATIONS]:
            if day not in told:
                yield self._options(underlying, day, now)

    def _options(self, root: str, expiration: date | None, now: datetime) -> _Options:
        """Kept some seconds: marking positions and asking for their Greeks is one request."""
        return self._answers.get(
            self, (root, expiration), at=now, keep=ANSWER_KEPT, build=lambda: self._asked_options(root, expiration)
        )

    def _asked_options(self, root: str, expiration: date | None) -> _Options:
        name = self._name(root)
        question = {} if expiration is None else {"date": _epoch(expiration)}
        told = self._only(self._ask(f"/v7/finance/options/{name}", question, "optionChain"), root)
        if told.get("underlyingSymbol") != name:
            raise self._wire.trouble(Trouble.NONSENSE, f"options on something else than {root}")
        rows = [
            row
            for part in reading.objects(told.get("options"))
            for side in ("calls", "puts")
            for row in reading.objects(part.get(side))
            if row.get("contractSize") == _REGULAR
        ]
        days = told.get("expirationDates")
        moments = map(reading.moment, days if isinstance(days, list) else [])
        stamped = reading.moment(reading.obj(told.get("quote")).get("regularMarketTime"))
        by_symbol = {reading.text(row.get("contractSymbol")): row for row in rows}
        return _Options(by_symbol, stamped, [moment.date() for moment in moments if moment is not None])

    def _ask(self, path: str, params: Mapping[str, Any], envelope: str) -> Any:
        """What the envelope holds. Raises ProviderTrouble, whatever yfinance or curl let through."""
        try:
            with deadline(PATIENCE_FOLD * self._access.patience.total_s):
                status, body = self._opened().get(path, params, with_crumb=envelope != "chart")
        except ProviderTrouble:
            raise
        except Exception as failed:
            raise self._failure(failed, path) from failed
        said = " ".join(body[:400].decode("utf-8", "replace").split())[:120]
        if status == _TOO_MANY:
            raise self._wire.trouble(Trouble.LIMITED, f"429 {said}")
        if status in _REFUSED:
            raise self._wire.trouble(Trouble.REFUSED, f"{status} {said}")
        if status == _NOT_FOUND:
            raise self._wire.trouble(Trouble.NO_DATA, f"404 {said}")
        if status != _OK:
            raise self._wire.trouble(Trouble.FAILED, f"{status} {said}")
        try:
            return reading.obj(json.loads(body)).get(envelope)
        except (ValueError, RecursionError) as broken:  # the latter of ten thousand brackets
            raise self._wire.trouble(Trouble.NONSENSE, f"{path} is no JSON: {said}") from broken

    def _opened(self) -> Door:
        if self._door is None:
            self._door = Door(self._access)
        return self._door

    def _failure(self, failed: Exception, path: str) -> ProviderTrouble:
        """By the names of the libraries' errors: their classes are not worth an import here."""
        kind = type(failed).__name__
        text = f"{path}: {kind} {str(failed)[:120]}"
        if kind == "YFRateLimitError":
            return self._wire.trouble(Trouble.LIMITED, text)
        slow = kind in ("Timeout", "ConnectTimeout", "ReadTimeout", "TimeoutError")
        return self._wire.trouble(Trouble.TIMED_OUT if slow else Trouble.FAILED, text)

    def _results(self, told: Any) -> list[Mapping[str, Any]]:
        results = reading.obj(told).get("result")
        if not isinstance(results, list):
            raise self._wire.trouble(Trouble.NONSENSE, "an answer without a list of results")
        rows = reading.objects(results)
        if results and not rows:
            raise self._wire.trouble(Trouble.NONSENSE, "results that are no objects")
        return rows

    def _only(self, told: Any, symbol: str) -> Mapping[str, Any]:
        rows = self._results(told)
        if not rows:
            raise self._wire.trouble(Trouble.NO_DATA, f"it knows nothing of {symbol}")
        return rows[0]

    def _name(self, symbol: str) -> str:
        try:
            return spelled(symbol, Dialect.YAHOO)
        except BadSymbol as unknown:
            raise self._wire.trouble(Trouble.NO_DATA, f"it has no name for {symbol[:20]!r}") from unknown


def _bars_in(told: Mapping[str, Any], interval_s: int) -> Iterator[Bar | None]:
    """Columns as bars; None for one that cannot be. The running bar of a day session is stamped with its last trade."""
    quotes = reading.objects(reading.obj(told.get("indicators")).get("quote"))
    columns: list[Any] = [
        quotes[0].get(name) if quotes else None for name in ("open", "high", "low", "close", "volume")
    ]
    stamps = told.get("timestamp")
    if stamps is None:
        return
    if not all(isinstance(column, list) for column in (stamps, *columns)):
        yield None
        return
    for stamp, *figures in map(list, zip(stamps, *columns, strict=False)):
        if all(figure is None for figure in figures) and stamp is not None:
            continue
        start = reading.moment(stamp)
        if start is not None and interval_s >= reading.DAY_S:
            start = reading.midnight(start.astimezone(sessions.NEW_YORK).date())
        elif start is not None and start.timestamp() % 60:
            continue
        bar = reading.bar_of(start, figures)
        yield None if bar is None else replace(bar, **{side: _rounded(getattr(bar, side)) for side in _SIDES})


_SIDES: Final = ("open", "high", "low", "close")


def _rounded(price: Decimal | None) -> Any:
    """NaN stays what it is: the quote gate says so."""
    return price if price is None or not price.is_finite() else price.quantize(_PLACES)


def _epoch(day: date) -> int:
    """Midnight UTC, by which Yahoo names an expiration."""
    return int(datetime.combine(day, time(), UTC).timestamp())
