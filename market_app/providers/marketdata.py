"""MarketData.app: columns instead of rows, and credits instead of requests: one for each symbol that comes with a price.

Success is 200, 203 (from a cache, with the same body) and 204 (the cache has nothing). One account serves one address:
all processes must leave through the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from domain.quotes import Bar, FeedClass, Quote
from domain.symbols.occ import OptionContract
from domain.symbols.roots import is_adjusted, ticker_of
from domain.symbols.spelling import Dialect
from domain.symbols.tables import INDICES
from market_app.capabilities import Capability, Offer, batches
from market_app.interface import Activity, as_contract, interval_not_served
from market_app.providers import reading
from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.wire import Wire

URL: Final = "https://api.marketdata.app/v1"
PER_CALL: Final = 100
CONTRACTS_PER_CALL: Final = 500
SINGLY: Final = 4  # so many contracts of one expiration cost less credits asked one by one than with all their chain
FRESH: Final = timedelta(minutes=10)  # a delayed price is a quarter of an hour old, whoever asks
_RESOLUTIONS: Final = {
    60: "1",
    180: "3",
    300: "5",
    900: "15",
    reading.HALF_HOUR_S: "30",
    2_700: "45",
    reading.HOUR_S: "30",
    reading.DAY_S: "D",
}
_STOCK_COLUMNS: Final = ("symbol", "bid", "ask", "bidSize", "askSize", "last", "updated")
_OPTION_COLUMNS: Final = ("optionSymbol", *_STOCK_COLUMNS[1:])
_ROW = dict[str, Any]


class MarketDataApp:
    """Shares are delayed on every plan. Options are real-time with an agreement: how old a quote is tells which it is."""

    name = "marketdata"
    offers: Final[Mapping[Capability, Offer]] = {
        Capability.QUOTES: Offer(FeedClass.DELAYED, PER_CALL, "a credit for each symbol"),
        Capability.OPTION_QUOTES: Offer(
            FeedClass.REAL_TIME, CONTRACTS_PER_CALL, "a request for each expiration, a credit for each of its contracts"
        ),
        Capability.CHAIN: Offer(FeedClass.REAL_TIME, 1, "one credit; standard contracts only"),
        Capability.ACTIVITY: Offer(FeedClass.REAL_TIME, 1, "one credit"),
        Capability.BARS: Offer(FeedClass.DELAYED, 1, "free plan: one year back"),
    }

    def __init__(self, access: Access) -> None:
        self._access = access
        self._wire = Wire(self.name, access, headers={"Authorization": f"Bearer {access.key}"})

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        return reading.collected(self._wire, symbols, self._answers(symbols, now)) if symbols else {}

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        """Standard contracts: of the others the answer does not tell what they deliver."""
        rows = self._chain(underlying, ("optionSymbol",))
        listed = (reading.contract_on(underlying, reading.text(row["optionSymbol"])) for row in rows)
        return reading.listing(self._wire, underlying, listed, now)

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        rows = self._chain(underlying, ("optionSymbol", "openInterest", "volume"))
        told = ((reading.text(row["optionSymbol"]), row["openInterest"], row["volume"]) for row in rows)
        return reading.told_activity(self._wire, underlying, told, now)

    def bars(self, symbol: str, *, interval_s: int, count: int, now: datetime) -> list[Bar]:
        """Regular sessions, a quarter of an hour late."""
        if interval_s not in _RESOLUTIONS:
            raise interval_not_served(interval_s, self.name)
        if symbol in INDICES:
            raise self._wire.trouble(Trouble.NO_DATA, f"{symbol} is an index, not a share of that name")
        asked_s, wanted = reading.asked_for(interval_s, count)
        spare = 2 + int(reading.DELAY.total_seconds()) // asked_s
        path = f"/stocks/candles/{_RESOLUTIONS[interval_s]}/{self._name(symbol)}/"
        body = self._ask(path, {"to": int(now.timestamp()), "countback": wanted + spare, "extended": "false"})
        rows = self._rows(body, ("t", "o", "h", "l", "c", "v"))
        found = [reading.bar_of(reading.moment(row["t"]), [row[name] for name in "ohlcv"]) for row in rows]
        return reading.completed(self._wire, found, interval_s=interval_s, count=count, now=now, delay=reading.DELAY)

    def _answers(self, symbols: Collection[str], now: datetime) -> Iterator[dict[str, Quote]]:
        contracts = {symbol: contract for symbol in symbols if (contract := as_contract(symbol)) is not None}
        others = [symbol for symbol in symbols if symbol not in contracts and symbol not in INDICES]
        shares = reading.names(others, Dialect.MARKETDATA)
        for part in batches(shares, PER_CALL):
            yield self._shares({name: shares[name] for name in part}, now)
        expirations: dict[tuple[str, date], list[str]] = {}
        for symbol, contract in contracts.items():
            expirations.setdefault((contract.root, contract.expiration), []).append(symbol)
        for (root, expiration), wanted in expirations.items():
            if len(wanted) <= SINGLY or is_adjusted(root):
                yield from (self._contract(symbol, now) for symbol in wanted)
            else:
                yield self._expiration(root, expiration, wanted, now)

    def _shares(self, names: Mapping[str, str], now: datetime) -> dict[str, Quote]:
        if len(names) == 1:
            path, question = f"/stocks/quotes/{next(iter(names))}/", None
        else:
            path, question = "/stocks/quotes/", {"symbols": ",".join(names)}
        rows = self._known_rows(path, question, _STOCK_COLUMNS, credits=len(names))
        asked = {names[name]: row for row in rows if (name := reading.text(row["symbol"])) in names}
        return self._quotes(asked, now, FeedClass.DELAYED)

    def _contract(self, symbol: str, now: datetime) -> dict[str, Quote]:
        rows = self._known_rows(f"/options/quotes/{symbol}/", None, _OPTION_COLUMNS)
        return self._quotes({row["optionSymbol"]: row for row in rows if row["optionSymbol"] == symbol}, now)

    def _expiration(self, root: str, expiration: date, wanted: Sequence[str], now: datetime) -> dict[str, Quote]:
        """One request; what it costs beyond the contracts that were asked for is charged when it is known."""
        path, question = f"/options/chain/{self._name(ticker_of(root))}/", {"expiration": expiration.isoformat()}
        rows = self._known_rows(path, question, _OPTION_COLUMNS, credits=len(wanted))
        self._access.meter.charge(max(len(rows) - len(wanted), 0))
        by_symbol = {reading.text(row["optionSymbol"]): row for row in rows}
        return self._quotes({symbol: by_symbol[symbol] for symbol in wanted if symbol in by_symbol}, now)

    def _quotes(self, rows: Mapping[str, _ROW], now: datetime, feed: FeedClass | None = None) -> dict[str, Quote]:
        """feed: of all of them; None where each one's age tells it."""
        found: dict[str, Quote] = {}
        for symbol, row in rows.items():
            stamped = reading.moment(row["updated"])
            fresh = stamped is not None and now - stamped < FRESH
            quote = reading.quote_of(
                symbol, self.name, stamped, now, feed or (FeedClass.REAL_TIME if fresh else FeedClass.DELAYED),
                bid=row["bid"], ask=row["ask"], bid_size=row["bidSize"], ask_size=row["askSize"], last=row["last"],
            )  # fmt: skip
            if quote is not None:
                found[symbol] = quote
        return found

    def _chain(self, underlying: str, columns: Sequence[str]) -> list[_ROW]:
        """All expirations. Without columns of prices the whole of it costs one credit."""
        question = {"expiration": "all", "columns": ",".join(columns)}
        return self._rows(self._ask(f"/options/chain/{self._name(underlying)}/", question), columns)

    def _known_rows(
        self, path: str, question: Mapping[str, Any] | None, columns: Sequence[str], *, credits: int = 1
    ) -> list[_ROW]:
        """No rows where nothing is known: there may be others to ask for."""
        try:
            return self._rows(self._ask(path, question, credits=credits), columns)
        except ProviderTrouble as trouble:
            if trouble.trouble is Trouble.NO_DATA:
                return []
            raise

    def _ask(self, path: str, question: Mapping[str, Any] | None, *, credits: int = 1) -> Mapping[str, Any]:
        code, answer = self._wire.get(path, question, credits=credits)
        body = reading.obj(answer)
        status = body.get("s", "ok")  # left out where columns are chosen
        if code in (204, 404) or status == "no_data":
            raise self._wire.trouble(Trouble.NO_DATA, f"{path} has no data")
        if status == "error":
            raise self._wire.trouble(Trouble.FAILED, f"{path}: {reading.text(body.get('errmsg'))[:80]}")
        if status != "ok" or not body:
            raise self._wire.trouble(Trouble.NONSENSE, f"{path} has status {str(status)[:20]!r}")
        return body

    def _rows(self, body: Mapping[str, Any], columns: Sequence[str]) -> list[_ROW]:
        """Rows of the columns; None in one that is not there, but the first must be."""
        parts = [body.get(name) for name in columns]
        length = len(parts[0]) if isinstance(parts[0], list) else -1
        if any(part is not None and (not isinstance(part, list) or len(part) != length) for part in parts):
            raise self._wire.trouble(Trouble.NONSENSE, f"columns {', '.join(columns)} do not fit each other")
        filled = ([None] * length if part is None else part for part in parts)
        return [dict(zip(columns, row, strict=True)) for row in zip(*filled, strict=True)]

    def _name(self, symbol: str) -> str:
        return reading.name_of(self._wire, symbol, Dialect.MARKETDATA)
