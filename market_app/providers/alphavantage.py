"""Alpha Vantage: yesterday's world, 25 times a day. The last resort for closing prices and daily bars.

Everything comes with HTTP 200; a limit, a bad key and a closed function are told by a text in place of the data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from domain.quotes import Bar, FeedClass, Quote
from domain.symbols.spelling import Dialect
from market_app.capabilities import Capability, Offer, kind_of
from market_app.interface import interval_not_served
from market_app.providers import reading
from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.wire import Wire

URL: Final = "https://www.alphavantage.co"
COMPACT_BARS: Final = 100  # what a short answer holds
_FIGURES: Final = ("1. open", "2. high", "3. low", "4. close", "5. volume")
_SAYS_LIMIT: Final = ("rate limit", "call frequency", "requests per", "request per")
_NOTES: Final = ("Information", "Note")


class AlphaVantage:
    """Quotes are prices of a day, not of a moment.

    GLOBAL_QUOTE tells only the trading day. Its price is stamped with that day's close; while the session still runs,
    with its opening, the earliest that it can be. Daily bars are as traded, not adjusted for splits.
    """

    name = "alphavantage"
    offers: Final[Mapping[Capability, Offer]] = {
        Capability.QUOTES: Offer(FeedClass.END_OF_DAY, 1, "last price of a day only: a witness, not for entries"),
        Capability.BARS: Offer(FeedClass.END_OF_DAY, 1, "days only, not adjusted for splits"),
        Capability.SESSION: Offer(FeedClass.REAL_TIME),
    }

    def __init__(self, access: Access) -> None:
        self._wire = Wire(self.name, access)
        self._key = access.key

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        """One request for each symbol."""
        return reading.collected(self._wire, symbols, self._answers(symbols, now)) if symbols else {}

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        if interval_s != reading.DAY_S:
            raise interval_not_served(interval_s, self.name)
        name = reading.name_of(self._wire, symbol, Dialect.ALPHAVANTAGE)
        length = "compact" if count < COMPACT_BARS else "full"
        body = self._ask("TIME_SERIES_DAILY", symbol=name, outputsize=length)
        series, told = body.get("Time Series (Daily)"), reading.obj(body.get("Meta Data")).get("2. Symbol")
        if not isinstance(series, dict) or told != name:
            raise self._wire.trouble(Trouble.NONSENSE, f"no daily bars of {name}, but of {str(told)[:20]}")
        days = {day: row for text, row in series.items() if (day := reading.day(text)) is not None}
        found = [
            reading.bar_of(reading.midnight(day), [reading.obj(row).get(figure) for figure in _FIGURES])
            for day, row in days.items()
        ]
        return reading.completed(self._wire, found, interval_s=interval_s, count=count, now=now)

    def market_open(self, *, now: datetime) -> bool:
        for row in reading.objects(self._ask("MARKET_STATUS").get("markets")):
            if row.get("region") == "United States" and row.get("market_type") == "Equity":
                status = row.get("current_status")
                if status in ("open", "closed"):
                    return bool(status == "open")
        raise self._wire.trouble(Trouble.NONSENSE, "it does not say whether the market is open")

    def _answers(self, symbols: Collection[str], now: datetime) -> Iterator[dict[str, Quote]]:
        shares = (symbol for symbol in symbols if kind_of(symbol) is Capability.QUOTES)
        for name, symbol in reading.names(shares, Dialect.ALPHAVANTAGE).items():
            row = self._ask("GLOBAL_QUOTE", symbol=name).get("Global Quote")
            if not isinstance(row, dict):
                raise self._wire.trouble(Trouble.NONSENSE, f"no quote of {name} in the answer")
            quote = self._quote(symbol, row, now) if row.get("01. symbol") == name else None
            yield {} if quote is None else {symbol: quote}

    def _quote(self, symbol: str, row: Mapping[str, Any], now: datetime) -> Quote | None:
        on = reading.day(row.get("07. latest trading day"))
        if on is None:
            return None
        stamped = reading.close_of(on) if reading.close_of(on) <= now else reading.opening_of(on)
        return reading.quote_of(symbol, self.name, stamped, now, FeedClass.END_OF_DAY, last=row.get("05. price"))

    def _ask(self, function: str, **question: str) -> Mapping[str, Any]:
        try:
            _, answer = self._wire.get("/query", {"function": function, **question, "apikey": self._key})
        except ProviderTrouble as trouble:
            raise trouble from None  # what caused it shows the address, and the key is a part of that
        body = reading.obj(answer)
        for name in _NOTES:
            if name in body:
                said = reading.text(body[name])
                limited = any(words in said.lower() for words in _SAYS_LIMIT)
                shown = said.replace(self._key, "...")[:80] if self._key else said[:80]
                raise self._wire.trouble(Trouble.LIMITED if limited else Trouble.REFUSED, shown)
        if "Error Message" in body:
            bad_key = "apikey" in reading.text(body["Error Message"]).lower()
            cause = Trouble.REFUSED if bad_key else Trouble.NO_DATA
            raise self._wire.trouble(cause, f"{function} is refused as invalid")
        if not body:
            raise self._wire.trouble(Trouble.NONSENSE, f"{function} holds no object")
        return body
