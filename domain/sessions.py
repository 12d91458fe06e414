"""When a product trades. The answer comes from an exchange calendar and its override rows; here is only its shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Product(StrEnum):
    EQUITY = "equity"
    EQUITY_OPTION = "equity_option"
    ETF_OPTION = "etf_option"
    INDEX_OPTION = "index_option"
    CRYPTO = "crypto"


class Phase(StrEnum):
    """Part of a trading day. Only shares trade before and after the regular session, and overnight at some brokers."""

    PRE = "pre"
    REGULAR = "regular"
    POST = "post"
    OVERNIGHT = "overnight"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SessionState:
    """State of one product's regular session at one moment, all times UTC.

    opens_at and closes_at bound the session that is running, or the next one when ``open`` is False; ``note`` tells what is
    unusual (early close, holiday, an override's reason), empty on an ordinary day.
    """

    product: Product
    at: datetime
    open: bool
    opens_at: datetime
    closes_at: datetime
    note: str = ""

    @property
    def seconds_to_close(self) -> float:
        """Seconds until the running session ends; negative never: 0 when it is not open."""
        return (self.closes_at - self.at).total_seconds() if self.open else 0.0
