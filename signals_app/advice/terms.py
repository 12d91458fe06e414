"""Which language model is asked, at what price, and how long an answer may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import Final

from django.conf import settings

MILLION: Final = 1_000_000
LAST_PLACE: Final = Decimal("1e-8")  # of the columns that hold money


@dataclass(frozen=True, slots=True)
class Terms:
    """As the settings LLM_* say. Prices in USD for a million tokens, daily_cost in USD, url without a slash at its end."""

    url: str
    key: str = field(repr=False)
    model: str
    timeout_s: float
    daily_cost: Decimal
    price_in: Decimal
    price_out: Decimal

    @classmethod
    def of_settings(cls) -> Terms:
        return cls(**settings.LANGUAGE_MODEL)

    @property
    def complete(self) -> bool:
        return bool(self.url and self.model)

    def cost(self, tokens_in: int, tokens_out: int) -> Decimal:
        """USD, rounded up to the last place that is kept."""
        exact = (self.price_in * tokens_in + self.price_out * tokens_out) / MILLION
        return exact.quantize(LAST_PLACE, ROUND_UP)
