"""Massive, Polygon.io until 2025: snapshots of up to 250 shares and options in one request, contracts, and bars.

The free plan has contracts and bars of past days, five requests a minute; snapshots need a paid plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from domain.quotes import Bar, FeedClass, Quote
from domain.symbols.occ import OptionContract
from domain.symbols.spelling import Dialect
from market_app.capabilities import Capability, Offer, batches
from market_app.interface import Activity, interval_not_served
from market_app.providers import reading
from market_app.providers.access import Access, Trouble
from market_app.providers.wire import Wire

URL: Final = "https://api.massive.com"
PER_CALL: Final = 250
MOST_PAGES: Final = 120  # the largest chain, of the S&P 500, has some twenty thousand contracts
_PER_PAGE: Final = 250
_CONTRACTS_PER_PAGE: Final = 1_000
_MOST_AGGREGATES: Final = 50_000
_SPARE_MINUTES: Final = 1_200  # limit counts minutes, of which extended hours have 570 a day beside the session's 390
_INTERVALS: Final = {
    60: (1, "minute"),
    120: (2, "minute"),
    300: (5, "minute"),
    600: (10, "minute"),
    900: (15, "minute"),
    reading.HALF_HOUR_S: (30, "minute"),
    reading.HOUR_S: (30, "minute"),
    reading.DAY_S: (1, "day"),
}
_FEEDS: Final = {"REAL-TIME": FeedClass.REAL_TIME, "DELAYED": FeedClass.DELAYED}
_GOOD: Final = ("OK", "DELAYED")
_MARKET: Final = {"open": True, "closed": False, "extended-hours": False}


class Massive:
    """Each value says by its timeframe whether it is real-time; one that says nothing counts as delayed."""

    name = "massive"
    offers: Final[Mapping[Capability, Offer]] = {
        Capability.QUOTES: Offer(FeedClass.REAL_TIME, PER_CALL, "paid plans only"),
        Capability.OPTION_QUOTES: Offer(FeedClass.REAL_TIME, PER_CALL, "paid plans only"),
        Capability.CHAIN: Offer(FeedClass.REAL_TIME, 1, "a request for each thousand contracts"),
        Capability.ACTIVITY: Offer(FeedClass.REAL_TIME, 1, "paid plans only; a request for each 250 contracts"),
        Capability.BARS: Offer(FeedClass.REAL_TIME, 1, "free plan: past days"),
        Capability.SESSION: Offer(FeedClass.REAL_TIME),
    }

    def __init__(self, access: Access) -> None:
        self._wire = Wire(self.name, access, headers={"Authorization": f"Bearer {access.key}"})

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        """Shares, indices (last value only) and options alike, 250 in a request."""
        names = reading.names(symbols, Dialect.MASSIVE)
        parts = (self._snapshot({name: names[name] for name in part}, now) for part in batches(names, PER_CALL))
        return reading.collected(self._wire, symbols, parts) if symbols else {}

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        name = self._name(underlying).removeprefix("I:")  # as an index is named among contracts
        question = {"underlying_ticker": name, "expired": "false", "limit": _CONTRACTS_PER_PAGE}
        rows = (row for page in self._pages("/v3/reference/options/contracts", question) for row in page)
        listed = (
            reading.contract_on(underlying, _compact(row.get("ticker")), multiplier=row.get("shares_per_contract"))
            for row in rows
        )
        return reading.listing(self._wire, underlying, listed, now)

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        path = f"/v3/snapshot/options/{self._name(underlying)}"
        rows = (row for page in self._pages(path, {"limit": _PER_PAGE}) for row in page)
        told = (
            (
                _compact(reading.obj(row.get("details")).get("ticker")),
                row.get("open_interest"),
                reading.obj(row.get("day")).get("volume"),
            )
            for row in rows
        )
        return reading.told_activity(self._wire, underlying, told, now)

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """Adjusted for splits, regular sessions only."""
        if interval_s not in _INTERVALS:
            raise interval_not_served(interval_s, self.name)
        asked_s, wanted = reading.asked_for(interval_s, count)
        times, span = _INTERVALS[asked_s]
        name = self._name(symbol)
        start, end = (int(at.timestamp() * 1_000) for at in (now - reading.look_back(asked_s, wanted), now))
        limit = min(_SPARE_MINUTES + 3 * wanted * times, _MOST_AGGREGATES)
        question = {"adjusted": "true", "sort": "desc", "limit": limit}
        body = self._ask(f"/v2/aggs/ticker/{name}/range/{times}/{span}/{start}/{end}", question)
        if body.get("ticker", name) != name:
            raise self._wire.trouble(Trouble.NONSENSE, f"bars of {str(body.get('ticker'))[:20]} for {name}")
        found = [
            reading.bar_of(reading.moment(row.get("t"), per_second=reading.MILLISECONDS), [row.get(f) for f in "ohlcv"])
            for row in self._results(body)
        ]
        delay = reading.DELAY if body["status"] == "DELAYED" else timedelta()
        return reading.completed(self._wire, found, interval_s=interval_s, count=count, now=now, delay=delay)

    def market_open(self, *, now: datetime) -> bool:
        _, body = self._wire.get("/v1/marketstatus/now")
        word = reading.text(reading.obj(body).get("market"))
        if word not in _MARKET:
            raise self._wire.trouble(Trouble.NONSENSE, f"the market is {word[:20]!r}")
        return _MARKET[word]

    def _snapshot(self, names: Mapping[str, str], now: datetime) -> dict[str, Quote]:
        body = self._ask("/v3/snapshot", {"ticker.any_of": ",".join(names), "limit": PER_CALL})
        found: dict[str, Quote] = {}
        for row in self._results(body):
            symbol = names.get(reading.text(row.get("ticker")))
            quote = None if symbol is None else self._quote(symbol, row, now)
            if quote is not None:
                found[quote.symbol] = quote
        return found

    def _quote(self, symbol: str, row: Mapping[str, Any], now: datetime) -> Quote | None:
        """An index has a value, and no book."""
        book, trade = reading.obj(row.get("last_quote")), reading.obj(row.get("last_trade"))
        told = book or row
        stamped = reading.moment(told.get("last_updated"), per_second=reading.NANOSECONDS)
        feed = _FEEDS.get(reading.text(told.get("timeframe")), FeedClass.DELAYED)
        sides = {name: book.get(name) for name in ("bid", "ask", "bid_size", "ask_size")}
        return reading.quote_of(
            symbol, self.name, stamped, now, feed, **sides, last=trade.get("price", row.get("value"))
        )

    def _pages(self, path: str, question: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
        """All results, page by page. Of next_url only the query is used: the key goes nowhere but to our address."""
        params = dict(question)
        for _ in range(MOST_PAGES):
            body = self._ask(path, params)
            yield self._results(body)
            address = reading.text(body.get("next_url"))
            if not address:
                return
            params = dict(parse_qsl(urlsplit(address).query))
        raise self._wire.trouble(Trouble.NONSENSE, f"{path} has more than {MOST_PAGES} pages")

    def _ask(self, path: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        code, answer = self._wire.get(path, params)
        body = reading.obj(answer)
        status = reading.text(body.get("status"))
        if code == 404 or status == "NOT_FOUND":
            raise self._wire.trouble(Trouble.NO_DATA, f"{path} does not exist")
        if status not in _GOOD:
            raise self._wire.trouble(Trouble.NONSENSE, f"{path} has status {status[:20]!r}")
        return body

    def _results(self, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Empty where there are none; then the field is missing."""
        results = body.get("results", [])
        if not isinstance(results, list):
            raise self._wire.trouble(Trouble.NONSENSE, "results are no list")
        return reading.objects(results)

    def _name(self, symbol: str) -> str:
        return reading.name_of(self._wire, symbol, Dialect.MASSIVE)


def _compact(ticker: object) -> str:
    return reading.text(ticker).removeprefix("O:")
