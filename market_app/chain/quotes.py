"""Quotes kept for a moment, and one call for the many that ask the same.

Nothing is ever served beyond that moment and refreshed later, because fills and exits ask here too. That a symbol has no
quote is kept as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from domain.quotes import Quote
from market_app.chain.answers import Codec, KeptAnswers

KEPT: Final = timedelta(seconds=1)
ENTRIES: Final = 20_000

Fetch = Callable[[list[str]], Mapping[str, Quote]]


class QuoteCache:
    """Quotes by symbol in both tiers. Thread-safe."""

    def __init__(self, kept: timedelta = KEPT) -> None:
        self._kept_for = kept
        self._answers = KeptAnswers("quote", QUOTE, entries=ENTRIES)

    def quotes(self, symbols: Collection[str], now: datetime, fetch: Fetch) -> dict[str, Quote]:
        """Kept answers where they are fresh, the rest by one fetch for everybody who asks now.

        fetch: symbols to their quotes, those without left out; what it raises reaches its caller, and those who waited for
        it ask for themselves.
        """

        def ask(missing: list[str]) -> dict[str, Quote | None]:
            answers = fetch(missing)
            return {symbol: answers.get(symbol) for symbol in missing}

        found = self._answers.many(symbols, now, ask, self._until)
        return {symbol: quote for symbol, quote in found.items() if quote is not None}

    def _until(self, _quote: Quote | None, at: datetime) -> datetime:
        return at + self._kept_for


def _text(quote: Quote | None) -> str:
    return json.dumps(None if quote is None else quote.as_json())


def _read(text: str) -> Quote | None:
    told = json.loads(text)
    return None if told is None else Quote.from_json(told)


QUOTE: Final = Codec(_text, _read)
