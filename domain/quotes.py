"""A price as a provider told it, with everything needed to doubt it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple


class FeedClass(StrEnum):
    REAL_TIME = "real_time"
    DELAYED = "delayed"
    INDICATIVE = "indicative"
    END_OF_DAY = "end_of_day"
    RECORDED = "recorded"
    SIMULATED = "simulated"


class Quote(NamedTuple):
    """Best bid and offer of one instrument. Prices per share (options too), sizes in shares or contracts.

    provider_time is the provider's clock (staleness is judged on it), received_at is ours; both UTC. None on a side means
    that nobody bids or offers there. A tuple, because thousands are made at once: a frozen dataclass takes five times as long.
    """

    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    bid_size: int | None
    ask_size: int | None
    provider_time: datetime
    received_at: datetime
    provider: str
    feed: FeedClass
    last: Decimal | None = None

    @property
    def mid(self) -> Decimal | None:
        if self.bid is None or self.ask is None:
            return None
        return (self.bid + self.ask) / 2

    def as_json(self) -> dict[str, object]:
        """What is kept beside a fill or a decision, numbers as decimal strings."""
        return {
            "symbol": self.symbol,
            "bid": None if self.bid is None else str(self.bid),
            "ask": None if self.ask is None else str(self.ask),
            "bid_size": self.bid_size,
            "ask_size": self.ask_size,
            "last": None if self.last is None else str(self.last),
            "provider_time": self.provider_time.isoformat(),
            "received_at": self.received_at.isoformat(),
            "provider": self.provider,
            "feed": self.feed.value,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Quote:
        """What as_json wrote. Raises ValueError for anything else."""
        try:
            bid, ask, last = (None if told[name] is None else Decimal(told[name]) for name in ("bid", "ask", "last"))
            return cls(
                told["symbol"],
                bid,
                ask,
                told["bid_size"],
                told["ask_size"],
                datetime.fromisoformat(told["provider_time"]),
                datetime.fromisoformat(told["received_at"]),
                told["provider"],
                FeedClass(told["feed"]),
                last,
            )
        except (LookupError, TypeError, ArithmeticError) as e:
            raise ValueError(f"no quote: {str(told)[:80]}") from e


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, labelled by its start (UTC). Prices in quote currency, volume in shares."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
