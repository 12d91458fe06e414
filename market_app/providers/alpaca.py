"""Alpaca through alpaca-py: shares, options, listed contracts with their open interest, bars and the exchange's clock.

The free feed of shares is IEX, one small venue in real time; the free feed of options is ``indicative``, whose quotes are
modified. alpaca-py has no time-outs, sends again by itself after 429 and 504, and reads answers without looking: it gets
our adapter below its sessions, its retries are taken away, and whatever it raises is said in our words. It is imported
with the first adapter, because it brings pandas: some 60 MB and two seconds of one core.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from time import time as unix_time
from typing import Any, Final

import requests

from domain.quotes import Bar, FeedClass, Quote
from domain.symbols.instrument import BadSymbol
from domain.symbols.occ import OptionContract
from domain.symbols.spelling import Dialect, spelled
from market_app.capabilities import Capability, Offer, batches
from market_app.interface import Activity, as_contract, interval_not_served
from market_app.providers import reading
from market_app.providers.access import Access, ProviderTrouble, Trouble, deadline
from market_app.providers.alpaca_shapes import NAME, OPTION_FEEDS, STOCK_FEEDS, feeds_of, moment, quote_of
from market_app.providers.wire import Wire, is_timeout, mount, seconds
from market_app.sessions import NEW_YORK

CONTRACTS_PER_PAGE: Final = 10_000
DAYS_LISTED: Final = 3 * 366  # without dates only the coming weekend's contracts are told
MOST_PAGES: Final = 50
MOST_BARS: Final = 10_000
PATIENCE_FOLD: Final = 4  # one question with all its pages may take this many times as long as one request
CLOCK_TOLERANCE: Final = timedelta(minutes=1)
_DELAY: Final = timedelta(minutes=16)  # SIP bars are free from a quarter of an hour on
_TIMEFRAMES: Final = {
    **{60 * minutes: (minutes, "Min") for minutes in (1, 2, 3, 5, 10, 15, 30)},
    reading.HOUR_S: (30, "Min"),
    reading.DAY_S: (1, "Day"),
}
_INVALID: Final = re.compile(r"invalid symbols?:? *([A-Z0-9.]+)", re.ASCII)
_NO_SUBSCRIPTION: Final = "subscription does not permit"
_SHOWN: Final = 120
_TOO_MANY, _NOT_FOUND, _BAD_REQUESTS = 429, 404, (400, 422)
_REFUSED: Final = (401, 402, 403)


class _BadSymbol(Exception):
    """Alpaca refuses a batch for one of its symbols."""

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol)
        self.symbol = symbol


class Alpaca:
    """One account. The trading API, where it has an address of its own, knows contracts and the clock."""

    name = NAME
    offers: Final[Mapping[Capability, Offer]] = {
        Capability.QUOTES: Offer(FeedClass.REAL_TIME, 200, "free plan: IEX only, one venue of many"),
        Capability.OPTION_QUOTES: Offer(FeedClass.REAL_TIME, 100, "free plan: indicative, with modified prices"),
        Capability.CHAIN: Offer(FeedClass.END_OF_DAY, 1, "a request for each ten thousand contracts"),
        Capability.ACTIVITY: Offer(FeedClass.END_OF_DAY, 1, "open interest a day old, no volume"),
        Capability.BARS: Offer(FeedClass.REAL_TIME, 1, "free plan: IEX only, so volume is a share of the market's"),
        Capability.SESSION: Offer(FeedClass.REAL_TIME),
    }

    def __init__(self, access: Access) -> None:
        """Raises ValueError for a feed that does not exist and for missing keys."""
        from alpaca.data.historical.option import OptionHistoricalDataClient
        from alpaca.data.historical.stock import StockHistoricalDataClient
        from alpaca.trading.client import TradingClient

        self._stock_feed, self._option_feed = feeds_of(access)
        self._patience_s = PATIENCE_FOLD * access.patience.total_s
        self._wire = Wire(self.name, access)  # names our troubles; the clients below do the asking
        self._stocks = _tamed(StockHistoricalDataClient, access)
        self._options = _tamed(OptionHistoricalDataClient, access)
        self._trading = _tamed(TradingClient, replace(access, url=access.trading_url or access.url))

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        """200 shares or 100 contracts a request. One that cannot be asked for or has no quote is left out."""
        return reading.collected(self._wire, symbols, self._batches(symbols, now)) if symbols else {}

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        """Tradable contracts; of adjusted ones, which deliver something else than a hundred shares, none."""
        listed = (
            None if row.get("tradable") is False else reading.contract_on(underlying, reading.text(row.get("symbol")))
            for row in self._contracts(underlying, now)
        )
        return reading.listing(self._wire, underlying, listed, now)

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        """Open interest at the close of the day before."""
        rows = self._contracts(underlying, now)
        told = ((reading.text(row.get("symbol")), row.get("open_interest"), None) for row in rows)
        return reading.told_activity(self._wire, underlying, told, now)

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """Adjusted for splits, of the regular session; minutes without a trade have none."""
        from alpaca.common.enums import Sort
        from alpaca.data.enums import Adjustment, DataFeed
        from alpaca.data.requests import StockBarsRequest
        from alpaca.data.timeframe import TimeFrame, TimeFrameUnit

        if interval_s not in _TIMEFRAMES:
            raise interval_not_served(interval_s, self.name)
        asked_s, wanted = reading.asked_for(interval_s, count)
        amount, unit = _TIMEFRAMES[interval_s]
        delayed = self._stock_feed == "delayed_sip"
        name = self._name(symbol)
        question = StockBarsRequest(
            symbol_or_symbols=name,
            timeframe=TimeFrame(amount, TimeFrameUnit(unit)),
            start=now - reading.look_back(asked_s, wanted),
            end=now - _DELAY if delayed else now,
            limit=min(3 * wanted + 40, MOST_BARS),  # hours before and after the session are in between
            sort=Sort.DESC,
            adjustment=Adjustment.SPLIT,
            feed=DataFeed.SIP if delayed else DataFeed(self._stock_feed),
        )
        rows = self._asked(symbol, lambda: _list(self._stocks.get_stock_bars(question).get(name, [])))
        found = (
            reading.bar_of(moment(told.get("t")), [told.get(figure) for figure in "ohlcv"])
            for told in map(reading.obj, rows)
        )
        return reading.completed(self._wire, found, interval_s=interval_s, count=count, now=now)

    def market_open(self, *, now: datetime) -> bool:
        """Raises NONSENSE where the exchange's clock is a minute away from ours, as an answer out of a cache is."""
        told = self._asked("clock", lambda: dict(self._trading.get_clock()))
        at, is_open = moment(told.get("timestamp")), told.get("is_open")
        if at is None or not isinstance(is_open, bool):
            raise self._wire.trouble(Trouble.NONSENSE, "its clock tells no time")
        if abs(at - now) > CLOCK_TOLERANCE:
            raise self._wire.trouble(Trouble.NONSENSE, f"its clock says {at.isoformat()} at {now.isoformat()}")
        return is_open

    def _batches(self, symbols: Collection[str], now: datetime) -> Iterator[dict[str, Quote]]:
        from alpaca.data.enums import DataFeed, OptionsFeed
        from alpaca.data.requests import OptionLatestQuoteRequest, StockLatestQuoteRequest

        def of_shares(part: list[str]) -> Any:
            question = StockLatestQuoteRequest(symbol_or_symbols=part, feed=DataFeed(self._stock_feed))
            return self._stocks.get_stock_latest_quote(question)

        def of_contracts(part: list[str]) -> Any:
            question = OptionLatestQuoteRequest(symbol_or_symbols=part, feed=OptionsFeed(self._option_feed))
            return self._options.get_option_latest_quote(question)

        names = reading.names(symbols, Dialect.ALPACA)
        contracts = [name for name in names if as_contract(name) is not None]
        shares = [name for name in names if as_contract(name) is None]
        for ask, feed, wanted, capability in (
            (of_shares, STOCK_FEEDS[self._stock_feed], shares, Capability.QUOTES),
            (of_contracts, OPTION_FEEDS[self._option_feed], contracts, Capability.OPTION_QUOTES),
        ):
            for part in batches(wanted, self.offers[capability].per_call):
                yield self._latest({name: names[name] for name in part}, ask, now, feed)

    def _latest(
        self, names: Mapping[str, str], ask: Callable[[list[str]], Any], now: datetime, feed: FeedClass
    ) -> dict[str, Quote]:
        """Raises NONSENSE where there are rows, and none of them is a quote of what was asked."""
        rows = self._without_bad_ones(list(names), ask)
        read = (quote_of(names[name], row, now=now, feed=feed) for name, row in rows.items() if name in names)
        quotes = {quote.symbol: quote for quote in read if quote is not None}
        if rows and not quotes:
            raise self._wire.trouble(Trouble.NONSENSE, f"{len(rows)} rows, none of them a quote of what was asked")
        return quotes

    def _without_bad_ones(self, names: list[str], ask: Callable[[list[str]], Any]) -> dict[str, Any]:
        """Rows by name. A batch that is refused for one symbol is asked again without it."""
        left = list(names)
        while left:
            try:
                rows: dict[str, Any] = self._asked(left[0], lambda: dict(ask(left)))
            except _BadSymbol as bad:
                if bad.symbol not in left:
                    raise self._wire.trouble(Trouble.FAILED, "refuses a symbol that was not asked for") from bad
                left.remove(bad.symbol)
            else:
                return rows
        return {}

    def _contracts(self, underlying: str, now: datetime) -> list[Mapping[str, Any]]:
        """Rows of the contracts on that underlying, over all pages."""
        name, today = self._name(underlying), now.astimezone(NEW_YORK).date()
        rows = self._asked(underlying, lambda: self._pages(name, today))
        return [row for row in reading.objects(rows) if row.get("underlying_symbol") == name]

    def _pages(self, name: str, today: date) -> list[Any]:
        from alpaca.trading.requests import GetOptionContractsRequest

        rows: list[Any] = []
        token: str | None = None
        for _ in range(MOST_PAGES):
            question = GetOptionContractsRequest(
                underlying_symbols=[name],
                expiration_date_gte=today,
                expiration_date_lte=today + timedelta(days=DAYS_LISTED),
                limit=CONTRACTS_PER_PAGE,
                page_token=token,
            )
            page = self._trading.get_option_contracts(question)
            rows += _list(page["option_contracts"])
            token = page.get("next_page_token")
            if not token:
                return rows
        raise self._wire.trouble(Trouble.NONSENSE, f"more than {MOST_PAGES} pages of contracts on {name}")

    def _name(self, symbol: str) -> str:
        try:
            return spelled(symbol, Dialect.ALPACA)
        except BadSymbol as unknown:
            raise self._wire.trouble(Trouble.NO_DATA, f"it has no name for {symbol[:20]!r}") from unknown

    def _asked(self, what: str, question: Callable[[], Any]) -> Any:
        """The answer, or ProviderTrouble, or _BadSymbol: the SDK lets through whatever it stumbles over."""
        from alpaca.common.exceptions import APIError

        try:
            with deadline(self._patience_s):
                return question()
        except ProviderTrouble:
            raise
        except APIError as refused:
            raise self._refusal(refused) from refused
        except requests.exceptions.JSONDecodeError as broken:
            raise self._wire.trouble(Trouble.NONSENSE, f"{what}: no JSON") from broken
        except requests.exceptions.RequestException as failed:
            cause = Trouble.TIMED_OUT if is_timeout(failed) else Trouble.FAILED
            raise self._wire.trouble(cause, f"{what}: {type(failed).__name__}") from failed
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as odd:
            raise self._wire.trouble(Trouble.NONSENSE, f"{what}: {type(odd).__name__} {str(odd)[:_SHOWN]}") from odd

    def _refusal(self, refused: Any) -> Exception:
        """By status and text: the SDK's ``code`` and ``message`` raise where the body is no JSON."""
        status = int(refused.status_code or 0)
        said = " ".join(str(refused).split())[:_SHOWN]
        if status == _TOO_MANY:
            wait = _retry_after(refused.response)
            return self._wire.trouble(Trouble.LIMITED, f"{status} {said}", retry_after_s=wait)
        if status in _REFUSED or _NO_SUBSCRIPTION in said:
            return self._wire.trouble(Trouble.REFUSED, f"{status} {said}")
        if status in _BAD_REQUESTS and (named := _INVALID.search(said)):
            return _BadSymbol(named[1])
        cause = Trouble.NO_DATA if status == _NOT_FOUND else Trouble.FAILED
        return self._wire.trouble(cause, f"{status} {said}")


def _tamed(client_class: Any, access: Access) -> Any:
    """A client that answers plain JSON, asks once, and cannot be held up."""
    client = client_class(access.key, access.secret, url_override=access.url, raw_data=True)
    client._retry, client._retry_codes = 0, []  # no argument sets them to nothing
    client._session.trust_env = False
    mount(client._session, access)
    return client


def _retry_after(response: Any) -> float | None:
    """Seconds: of Retry-After, else until X-RateLimit-Reset, which is in Unix seconds."""
    reset = seconds(response.headers.get("X-RateLimit-Reset"))
    until_reset = None if reset is None else max(reset - unix_time(), 0.0)
    told = seconds(response.headers.get("Retry-After"))
    return until_reset if told is None else told


def _list(value: Any) -> list[Any]:
    """Raises TypeError for anything else: an object in its place would read as its names."""
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list belongs")
    return value
