"""Twelve Data: last prices and bars. It tells its errors with HTTP 200, and its numbers as texts.

There are no bids and offers: a quote holds the last price only, good as a second witness and never for an entry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from domain.quotes import Bar, FeedClass, Quote
from domain.symbols.spelling import Dialect
from market_app.capabilities import Capability, Offer, batches, kind_of
from market_app.interface import interval_not_served
from market_app.providers import reading
from market_app.providers.access import Access, Trouble
from market_app.providers.wire import Wire

URL: Final = "https://api.twelvedata.com"
PER_CALL: Final = 8  # a batch costs a credit for each symbol, and the free plan has eight a minute
MOST_BARS: Final = 5_000
_INTERVALS: Final = {
    60: "1min",
    300: "5min",
    900: "15min",
    reading.HALF_HOUR_S: "30min",
    2_700: "45min",
    reading.HOUR_S: "30min",
    reading.DAY_S: "1day",
}
_TROUBLES: Final = {
    400: Trouble.NO_DATA,  # a symbol that is missing or invalid: nothing else in our questions varies
    401: Trouble.REFUSED,
    403: Trouble.REFUSED,
    404: Trouble.NO_DATA,
    414: Trouble.NO_DATA,
    429: Trouble.LIMITED,
    500: Trouble.FAILED,
}
_FEEDS: Final = {True: FeedClass.REAL_TIME, False: FeedClass.END_OF_DAY}
_WITNESS: Final = "SPY"  # whose market is asked about when the session is


class TwelveData:
    """A price counts as real-time while the provider says that the market is open, else as the day's last."""

    name = "twelvedata"
    offers: Final[Mapping[Capability, Offer]] = {
        Capability.QUOTES: Offer(FeedClass.REAL_TIME, PER_CALL, "last price only: a witness, not for entries"),
        Capability.BARS: Offer(FeedClass.REAL_TIME),
        Capability.SESSION: Offer(FeedClass.REAL_TIME),
    }

    def __init__(self, access: Access) -> None:
        self._wire = Wire(self.name, access, headers={"Authorization": f"apikey {access.key}"})

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        return reading.collected(self._wire, symbols, self._answers(symbols, now)) if symbols else {}

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """Adjusted for splits, regular sessions only."""
        if interval_s not in _INTERVALS:
            raise interval_not_served(interval_s, self.name)
        asked_s, wanted = reading.asked_for(interval_s, count)
        name = reading.name_of(self._wire, symbol, Dialect.TWELVEDATA)
        question = {"symbol": name, "interval": _INTERVALS[interval_s], "timezone": "America/New_York"}
        question |= {"outputsize": str(min(wanted + 2, MOST_BARS))}
        body = self._ask("/time_series", question)
        values, told = body.get("values"), reading.obj(body.get("meta")).get("symbol")
        if not isinstance(values, list) or told != name:
            raise self._wire.trouble(Trouble.NONSENSE, f"no bars of {name}, but of {str(told)[:20]}")
        found = [
            reading.bar_of(self._start(row, asked_s), [row.get(f) for f in ("open", "high", "low", "close", "volume")])
            for row in reading.objects(values)
        ]
        return reading.completed(self._wire, found, interval_s=interval_s, count=count, now=now)

    def market_open(self, *, now: datetime) -> bool:
        answer = self._ask("/quote", {"symbol": _WITNESS}).get("is_market_open")
        if not isinstance(answer, bool):
            raise self._wire.trouble(Trouble.NONSENSE, "it does not say whether the market is open")
        return answer

    def _answers(self, symbols: Collection[str], now: datetime) -> Iterator[dict[str, Quote]]:
        shares = (symbol for symbol in symbols if kind_of(symbol) is Capability.QUOTES)
        names = reading.names(shares, Dialect.TWELVEDATA)
        for part in batches(names, PER_CALL):
            body = self._body("/quote", {"symbol": ",".join(part)}, credits=len(part))
            if len(part) == 1:
                body = {part[0]: body}
            elif reading.text(body.get("status")) == "error":
                self._refuse(body)
            rows = {name: reading.obj(body.get(name)) for name in part}
            quotes = (self._quote(names[name], row, now) for name, row in rows.items() if row.get("symbol") == name)
            found = {quote.symbol: quote for quote in quotes if quote is not None}
            yield found
            self._look_for_refusals(rows.values(), final=not found)

    def _quote(self, symbol: str, row: Mapping[str, Any], now: datetime) -> Quote | None:
        """Stamped with the last minute that it knows of; without one, with the opening of the day's bar."""
        stamped = reading.moment(row.get("last_quote_at", row.get("timestamp")))
        opened = row.get("is_market_open")
        feed = _FEEDS[opened] if isinstance(opened, bool) else FeedClass.DELAYED
        return reading.quote_of(symbol, self.name, stamped, now, feed, last=row.get("close"))

    def _start(self, row: Mapping[str, Any], interval_s: int) -> datetime | None:
        stamp = row.get("datetime")
        if interval_s < reading.DAY_S:
            return reading.clock(stamp)
        on = reading.day(stamp)
        return None if on is None else reading.midnight(on)

    def _ask(self, path: str, question: Mapping[str, str]) -> Mapping[str, Any]:
        body = self._body(path, question)
        if body.get("status") == "error":
            self._refuse(body)
        return body

    def _body(self, path: str, question: Mapping[str, str], *, credits: int = 1) -> Mapping[str, Any]:
        code, answer = self._wire.get(path, question, credits=credits)
        body = reading.obj(answer)
        if not body:
            raise self._wire.trouble(Trouble.NO_DATA if code == 404 else Trouble.NONSENSE, f"{path} holds no object")
        return body

    def _look_for_refusals(self, rows: Collection[Mapping[str, Any]], *, final: bool) -> None:
        """A limit ends the questions. Other errors may be about one symbol, unless nothing else was answered (final)."""
        for row in rows:
            trouble = _TROUBLES.get(_code(row), Trouble.FAILED)
            if row.get("status") == "error" and (
                trouble is Trouble.LIMITED or (final and trouble is not Trouble.NO_DATA)
            ):
                self._refuse(row)

    def _refuse(self, error: Mapping[str, Any]) -> None:
        code = _code(error)
        raise self._wire.trouble(
            _TROUBLES.get(code, Trouble.FAILED), f"{code} {reading.text(error.get('message'))[:80]}"
        )


def _code(error: Mapping[str, Any]) -> int:
    return reading.count(error.get("code")) or 0
