"""Whether a price is believable beside the last good one: a broken feed multiplies prices, markets seldom do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from domain.quotes import Quote
from market_app.capabilities import Capability
from market_app.chain import shared

REMEMBERED: Final = timedelta(minutes=10)
WRITTEN_EVERY: Final = timedelta(seconds=5)
MOVED: Final = Decimal("0.01")  # of the price that the others know
_KEY: Final = f"{shared.PREFIX}last:"
_ENTRIES: Final = 50_000


class Bounds(NamedTuple):
    """factor: the middle may be so many times the last one, or a part of it; change: or so far away in price.

    agrees: how far two providers' middles may be apart, as a fraction, to tell of the same jump.
    """

    factor: Decimal
    change: Decimal
    agrees: Decimal

    def hold(self, middle: Decimal, last: Decimal) -> bool:
        return last / self.factor <= middle <= last * self.factor or abs(middle - last) <= self.change


BOUNDS: Final = {
    Capability.QUOTES: Bounds(Decimal("1.2"), Decimal("0.05"), Decimal("0.02")),
    Capability.OPTION_QUOTES: Bounds(Decimal(4), Decimal("0.50"), Decimal("0.25")),  # cheap ones double with a tick
}


class Belief:
    """The last good middles by symbol, this process's and, where it has none, those that others left in Redis."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[datetime, Decimal]] = {}
        self._written: dict[str, tuple[datetime, Decimal]] = {}  # to Redis, by this process

    def recall(self, symbols: Iterable[str], now: datetime) -> None:
        """Read in one round trip what others know of symbols that this process knows nothing of."""
        unknown = [symbol for symbol in symbols if not self._knows(symbol, now)]
        if not unknown:
            return
        try:
            texts = shared.fetch([_KEY + symbol for symbol in unknown])
        except shared.Alone:
            return
        for symbol, text in zip(unknown, texts, strict=True):
            if text is not None:
                self._last[symbol] = (now, Decimal(text))

    def believes(
        self, capability: Capability, quote: Quote, suspect: Quote | None, now: datetime, *, can_confirm: bool
    ) -> bool:
        """quote has passed the gate. suspect: another provider's quote that was not believed just now.

        A symbol that nobody has seen lately has nothing to be compared with, and is believed. When only this process has
        not seen it, because Redis is away, another provider has to confirm it where there is one (can_confirm).
        """
        middle, bounds = _middle(quote), BOUNDS[capability]
        if not self._knows(quote.symbol, now):
            if not (can_confirm and shared.away()):
                return True
        elif bounds.hold(middle, self._last[quote.symbol][1]):
            return True
        if suspect is None or suspect.provider == quote.provider:
            return False
        return abs(middle - _middle(suspect)) <= bounds.agrees * middle

    def remember(self, quotes: Iterable[Quote], now: datetime) -> None:
        """Keep accepted quotes here at once, in Redis every few seconds or when they have moved."""
        if len(self._last) > _ENTRIES:
            self._last.clear()
            self._written.clear()
        due = {}
        for quote in quotes:
            middle = _middle(quote)
            self._last[quote.symbol] = (now, middle)
            if self._is_news(quote.symbol, middle, now):
                self._written[quote.symbol] = (now, middle)
                due[_KEY + quote.symbol] = str(middle)
        if due:
            try:
                shared.keep(due, int(REMEMBERED.total_seconds() * 1000))
            except shared.Alone:
                return

    def _is_news(self, symbol: str, middle: Decimal, now: datetime) -> bool:
        written = self._written.get(symbol)
        return written is None or now - written[0] >= WRITTEN_EVERY or abs(middle - written[1]) > MOVED * written[1]

    def _knows(self, symbol: str, now: datetime) -> bool:
        kept = self._last.get(symbol)
        return kept is not None and now - kept[0] <= REMEMBERED


def _middle(quote: Quote) -> Decimal:
    middle = quote.mid
    assert middle is not None  # the gate refused anything else
    return middle
