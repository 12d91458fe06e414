"""Rows of figures for the answers of a provider, already spoiled by the fault that the request is to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.symbols.occ import OptionContract
from tests.fakes import faults, market
from tests.fakes.faults import Fault, Row
from tests.fakes.market import Market


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as a route sees it. parts: what the route's pattern caught in the path."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    parts: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None


class Rows:
    """What a provider knows of the market, as late as it knows it."""

    def __init__(self, clock: Market | None = None) -> None:
        self.market = clock or Market()
        self.late_by = timedelta()

    @property
    def day(self) -> date:
        """Today in New York."""
        return self.market.now().astimezone(market.NEW_YORK).date()

    def quote_row(self, symbol: str, asked: Asked, *, late_by: timedelta | None = None) -> Row:
        """symbol, bid, ask, bid_size, ask_size, last, time, volume, previous_close.

        Of an option also contract, underlying, risk, open_interest. KeyError for what is not listed.
        """
        about = another(symbol, self.day) if asked.fault is Fault.WRONG_SYMBOL else symbol
        late = self.late_by if late_by is None else late_by
        late += faults.LATE_BY if asked.fault is Fault.STALE else timedelta()
        truth = market.true_quote(about, self.market.now() - late)
        row: Row = {name: getattr(truth, name) for name in ("symbol", "bid", "ask", "bid_size", "ask_size", "last")}
        stamped = self.market.now() + faults.EARLY_BY if asked.fault is Fault.FUTURE else truth.at
        row |= {"time": stamped, "volume": 1_000_000, "previous_close": truth.last - 1}
        if about not in market.UNDERLYINGS:
            row |= _details(market.contract_of(about, self.day))
        return faults.spoiled(asked.fault, row)

    def contract_rows(self, underlying: str, asked: Asked, *, with_adjusted: bool = False) -> list[Row]:
        """A quote row for each contract on an underlying."""
        contracts = [*market.listed(underlying, self.day)]
        if with_adjusted and underlying == "AAPL":
            contracts += market.adjusted(self.day)
        return [self.quote_row(contract.symbol, asked) for contract in contracts]

    def bar_rows(self, symbol: str, interval_s: int, start: datetime, end: datetime, asked: Asked) -> list[Row]:
        """time, open, high, low, close, volume; oldest first. The last one may still be running."""
        about = another(symbol, self.day) if asked.fault is Fault.WRONG_SYMBOL else symbol
        now = self.market.now() - self.late_by
        bars = market.true_bars(about, interval_s, start, min(end, now + timedelta(microseconds=1)))
        rows: list[Row] = [
            {
                "symbol": about, "time": bar.start, "open": bar.open, "high": bar.high, "low": bar.low,
                "close": bar.close, "volume": bar.volume,
            }
            for bar in bars
        ]  # fmt: skip
        if asked.fault is Fault.FUTURE and rows:
            ahead = max(faults.LATE_BY, timedelta(seconds=3 * interval_s))
            rows.append({**rows[-1], "time": rows[-1]["time"] + ahead})
        return [faults.spoiled(asked.fault, row) for row in rows]


def another(symbol: str, day: date) -> str:
    """What nobody asked for, of the same kind."""
    other = "F" if not symbol.startswith("F") else "MSFT"
    return other if symbol in market.UNDERLYINGS else market.listed(other, day)[0].symbol


def _details(contract: OptionContract) -> Row:
    activity = market.true_activity(contract.symbol)
    return {
        "contract": contract,
        "underlying": market.underlying_of(contract.root),
        "risk": market.risk(contract),
        "open_interest": activity.open_interest,
        "volume": activity.volume,
    }
