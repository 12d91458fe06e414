"""Whether a price is believable: beside the last good one, since a broken feed multiplies prices and markets seldom do, and
for an option beside its underlying, which bounds it even where nobody has seen it before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from domain.options.bounds import Breach, breach
from domain.quotes import Quote
from domain.symbols.occ import OptionContract
from domain.symbols.roots import ticker_of
from market_app.capabilities import Capability
from market_app.chain import shared
from market_app.interface import as_contract
from market_app.stream.board import streamed_quotes

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
        """Read in one round trip what others know of symbols and underlyings that this process knows nothing of.

        An underlying that the price stream tells of is asked for by nobody, so it is looked up there, in a second one.
        """
        wanted = list(symbols)
        underlyings = {ticker_of(contract.root) for symbol in wanted if (contract := _contract(symbol)) is not None}
        unknown = [symbol for symbol in dict.fromkeys([*wanted, *underlyings]) if not self._knows(symbol, now)]
        if not unknown:
            return
        try:
            texts = shared.fetch([_KEY + symbol for symbol in unknown])
        except shared.Alone:
            return
        for symbol, text in zip(unknown, texts, strict=True):
            if text is not None:
                self._last[symbol] = (now, Decimal(text))
        unseen = [symbol for symbol in underlyings if not self._knows(symbol, now)]
        for symbol, quote in streamed_quotes(unseen, now=now).items():
            self._last[symbol] = (now, _middle(quote))

    def believes(
        self, capability: Capability, quote: Quote, suspect: Quote | None, now: datetime, *, can_confirm: bool
    ) -> bool:
        """quote has passed the gate. suspect: another provider's quote that was not believed just now.

        A symbol that nobody has seen lately is compared with nothing but its underlying, if it is an option and that is
        known; unlikely beside it, it has to be confirmed like a jump, and what is impossible nobody can confirm. When only
        this process has not seen a symbol, because Redis is away, another provider has to confirm it where there is one
        (can_confirm).
        """
        middle, bounds, found = _middle(quote), BOUNDS[capability], self._breach(quote, now)
        if found is Breach.IMPOSSIBLE:
            return False
        if not self._knows(quote.symbol, now):
            if found is None and not (can_confirm and shared.away()):
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

    def _breach(self, quote: Quote, now: datetime) -> Breach | None:
        contract = _contract(quote.symbol)
        if contract is None or quote.bid is None or quote.ask is None:
            return None
        underlying = ticker_of(contract.root)
        spot = self._last[underlying][1] if self._knows(underlying, now) else None
        return breach(contract, quote.bid, quote.ask, spot, now.date())

    def _is_news(self, symbol: str, middle: Decimal, now: datetime) -> bool:
        written = self._written.get(symbol)
        return written is None or now - written[0] >= WRITTEN_EVERY or abs(middle - written[1]) > MOVED * written[1]

    def _knows(self, symbol: str, now: datetime) -> bool:
        kept = self._last.get(symbol)
        return kept is not None and now - kept[0] <= REMEMBERED


@lru_cache(maxsize=20_000)
def _contract(symbol: str) -> OptionContract | None:
    """A chain of thousands is read several times over."""
    return as_contract(symbol)


def _middle(quote: Quote) -> Decimal:
    middle = quote.mid
    assert middle is not None  # the gate refused anything else
    return middle
