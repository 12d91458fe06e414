"""Finnhub: last prices one by one, whether the market is open, and for paying customers bars.

There are no bids and offers: a quote holds the last price only, good as a second witness and never for an entry. An
unknown symbol is answered with zeros.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from domain.quotes import Bar, FeedClass, Quote
from domain.symbols.spelling import Dialect
from market_app.capabilities import Capability, Offer, kind_of
from market_app.interface import interval_not_served
from market_app.providers import reading
from market_app.providers.access import Access, Trouble
from market_app.providers.wire import Wire

URL: Final = "https://finnhub.io/api/v1"
_RESOLUTIONS: Final = {
    60: "1",
    300: "5",
    900: "15",
    reading.HALF_HOUR_S: "30",
    reading.HOUR_S: "30",
    reading.DAY_S: "D",
}


class Finnhub:
    """Last prices of the consolidated tape, stamped with the trade's time. Nothing in an answer names its symbol."""

    name = "finnhub"
    offers: Final[Mapping[Capability, Offer]] = {
        Capability.QUOTES: Offer(FeedClass.REAL_TIME, 1, "last price only: a witness, not for entries"),
        Capability.BARS: Offer(FeedClass.REAL_TIME, 1, "paid plans only"),
        Capability.SESSION: Offer(FeedClass.REAL_TIME),
    }

    def __init__(self, access: Access) -> None:
        self._wire = Wire(self.name, access, headers={"X-Finnhub-Token": access.key})

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        """One request for each symbol."""
        return reading.collected(self._wire, symbols, self._answers(symbols, now)) if symbols else {}

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """Regular sessions only. Days are labelled with midnight UTC by Finnhub, with midnight New York here."""
        if interval_s not in _RESOLUTIONS:
            raise interval_not_served(interval_s, self.name)
        asked_s, wanted = reading.asked_for(interval_s, count)
        name = reading.name_of(self._wire, symbol, Dialect.FINNHUB)
        start, end = (int(at.timestamp()) for at in (now - reading.look_back(asked_s, wanted), now))
        question = {"symbol": name, "resolution": _RESOLUTIONS[interval_s], "from": start, "to": end}
        body = self._ask("/stock/candle", question)
        if body.get("s") == "no_data":
            raise self._wire.trouble(Trouble.NO_DATA, f"no bars of {name}")
        columns = [body.get(column) for column in "tohlcv"]
        rows = list(zip(*(column for column in columns if isinstance(column, list)), strict=False))
        if len({len(column) if isinstance(column, list) else -1 for column in columns}) != 1 or not rows:
            raise self._wire.trouble(Trouble.NONSENSE, f"columns of bars of {name} do not fit each other")
        found = [reading.bar_of(_start(stamp, asked_s), figures) for stamp, *figures in rows]
        return reading.completed(self._wire, found, interval_s=interval_s, count=count, now=now)

    def market_open(self, *, now: datetime) -> bool:
        answer = self._ask("/stock/market-status", {"exchange": "US"}).get("isOpen")
        if not isinstance(answer, bool):
            raise self._wire.trouble(Trouble.NONSENSE, "it does not say whether the market is open")
        return answer

    def _answers(self, symbols: Collection[str], now: datetime) -> Iterator[dict[str, Quote]]:
        shares = (symbol for symbol in symbols if kind_of(symbol) is Capability.QUOTES)
        for name, symbol in reading.names(shares, Dialect.FINNHUB).items():
            row = self._ask("/quote", {"symbol": name})
            if not {"c", "t"} <= row.keys():
                raise self._wire.trouble(Trouble.NONSENSE, f"the quote of {name} has no price and no time")
            stamped = reading.moment(row["t"])
            quote = reading.quote_of(symbol, self.name, stamped, now, FeedClass.REAL_TIME, last=row["c"])
            yield {} if quote is None else {symbol: quote}

    def _ask(self, path: str, question: Mapping[str, Any]) -> Mapping[str, Any]:
        code, answer = self._wire.get(path, question)
        body = reading.obj(answer)
        if code == 404:
            raise self._wire.trouble(Trouble.NO_DATA, f"{path} does not exist")
        if not body:
            raise self._wire.trouble(Trouble.NONSENSE, f"{path} holds no object")
        if "error" in body:
            raise self._wire.trouble(Trouble.FAILED, reading.text(body["error"])[:80])
        return body


def _start(stamp: object, interval_s: int) -> datetime | None:
    at = reading.moment(stamp)
    return at if at is None or interval_s < reading.DAY_S else reading.midnight(at.astimezone(UTC).date())
