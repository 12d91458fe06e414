"""Cboe's delayed quotes: one file for each underlying with all its options, free and without a key. Undocumented.

The file says when it was made; what it shows is a quarter of an hour older. That is the provider time of its quotes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from domain.quotes import FeedClass, Quote
from domain.symbols.occ import OptionContract
from domain.symbols.roots import ticker_of
from domain.symbols.spelling import Dialect
from market_app.capabilities import Capability, Offer
from market_app.interface import Activity, as_contract
from market_app.providers import reading
from market_app.providers.access import Access, ProviderTrouble, Trouble
from market_app.providers.wire import Wire

URL: Final = "https://cdn.cboe.com/api/global/delayed_quotes"
CONTRACTS_PER_CALL: Final = 10_000
_NO_SUCH_FILE: Final = "AccessDenied"  # what the store behind the address says of a name that it does not have


class _File(NamedTuple):
    """shown: the moment that the figures belong to; None where the file does not say when it was made."""

    shown: datetime | None
    underlying: Mapping[str, Any]
    options: list[Mapping[str, Any]]


class Cboe:
    """Every value is delayed. Adjusted contracts have quotes, but are not in the chain: what they deliver is not told."""

    name = "cboe"
    offers: Final[Mapping[Capability, Offer]] = {
        Capability.QUOTES: Offer(FeedClass.DELAYED, 1, "underlyings with options listed there"),
        Capability.OPTION_QUOTES: Offer(FeedClass.DELAYED, CONTRACTS_PER_CALL, "a request for each underlying"),
        Capability.CHAIN: Offer(FeedClass.DELAYED),
        Capability.ACTIVITY: Offer(FeedClass.DELAYED),
    }

    def __init__(self, access: Access) -> None:
        self._wire = Wire(self.name, access)

    def quotes(self, symbols: Collection[str], *, now: datetime) -> dict[str, Quote]:
        return reading.collected(self._wire, symbols, self._answers(symbols, now)) if symbols else {}

    def chain(self, underlying: str, *, now: datetime) -> list[OptionContract]:
        rows = self._file(underlying).options
        listed = (reading.contract_on(underlying, reading.text(row.get("option"))) for row in rows)
        return reading.listing(self._wire, underlying, listed, now)

    def activity(self, underlying: str, *, now: datetime) -> dict[str, Activity]:
        rows = self._file(underlying).options
        told = ((reading.text(row.get("option")), row.get("open_interest"), row.get("volume")) for row in rows)
        return reading.told_activity(self._wire, underlying, told, now)

    def _answers(self, symbols: Collection[str], now: datetime) -> Iterator[dict[str, Quote]]:
        wanted: dict[str, set[str]] = {}
        for symbol in symbols:
            contract = as_contract(symbol)
            wanted.setdefault(symbol if contract is None else ticker_of(contract.root), set()).add(symbol)
        for underlying, asked in wanted.items():
            try:
                file = self._file(underlying)
            except ProviderTrouble as trouble:
                if trouble.trouble is not Trouble.NO_DATA:
                    raise
                continue
            rows = {reading.text(row.get("option")): row for row in file.options} | {underlying: file.underlying}
            quotes = (self._quote(symbol, rows[symbol], file.shown, now) for symbol in asked if symbol in rows)
            yield {quote.symbol: quote for quote in quotes if quote is not None}

    def _quote(self, symbol: str, row: Mapping[str, Any], shown: datetime | None, now: datetime) -> Quote | None:
        sides = {name: row.get(name) for name in ("bid", "ask", "bid_size", "ask_size")}
        last = row.get("last_trade_price", row.get("current_price"))
        return reading.quote_of(symbol, self.name, shown, now, FeedClass.DELAYED, **sides, last=last)

    def _file(self, underlying: str) -> _File:
        """Raises ProviderTrouble, NO_DATA where there is none of that name."""
        name = reading.name_of(self._wire, underlying, Dialect.CBOE)
        try:
            code, answer = self._wire.get(f"/options/{name}.json")
        except ProviderTrouble as trouble:
            if trouble.trouble is Trouble.REFUSED and _NO_SUCH_FILE in trouble.message:
                raise self._wire.trouble(Trouble.NO_DATA, f"no file of {name}") from trouble
            raise
        if code == 404:
            raise self._wire.trouble(Trouble.NO_DATA, f"no file of {name}")
        body = reading.obj(answer)
        data = reading.obj(body.get("data"))
        options = data.get("options")
        told = {reading.text(part.get("symbol")).lstrip("_^") for part in (body, data) if "symbol" in part}
        if not isinstance(options, list) or told != {
            name.lstrip("_")
        }:  # an index is _SPX in one place, ^SPX in another
            raise self._wire.trouble(Trouble.NONSENSE, f"the file of {name} is not one on its options")
        made = reading.clock(body.get("timestamp"), utc=True)
        return _File(made and made - reading.DELAY, data, reading.objects(options))
