"""Questions to the market as the rest of the system puts them: asked of the current provider, remembered where right.

Chains, bars and activity are kept once: by the provider where it keeps its answers itself, as the chain of providers does
for all processes, else by this process. What is computed from them lives as long as the very answer it was computed from.
``now`` defaults to the clock of books_app, so that a replay sees its own day. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.options.expiry import last_trading_date
from domain.quote_gate import QuoteLimits, QuoteVerdict, Reference, judge
from domain.quotes import Bar, Quote
from domain.sessions import Product, SessionState
from domain.symbols.occ import OptionContract
from market_app import providers, sessions
from market_app.capabilities import Capability, LooksAgain
from market_app.interface import Activity, Hours, MarketData, OptionActivity, Witnesses
from market_app.keeping import ACTIVITY_KEPT, CHAIN_KEPT
from market_app.memory import Derived, KeepsAnswers, Memory
from market_app.queries import ailing_capabilities

LOOKED_AT: Final = "SPY"  # every provider has it
CANDLES: Final = 200  # enough for the longest average of an agent, and for an EMA 21 to have forgotten its seed
DAY_S: Final = 86_400
BARS_KEPT: Final = timedelta(minutes=1)  # and no longer than the minute: bars end with one
DAYS_KEPT: Final = timedelta(hours=1)  # and no longer than the hour: sessions end with one
_PLACES: Final = Decimal("0.0001")

_chains: Memory[list[OptionContract]] = Memory(entries=64)
_bars: Memory[list[Bar]] = Memory(entries=256)
_activities: Memory[dict[str, Activity]] = Memory(entries=64)
_indicators_of: Derived[list[Bar], Indicators] = Derived(entries=256)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Indicators:
    """Of the completed bars of the alert's interval; None where there are too few. atr14 is in price."""

    candles: int
    ema8: Decimal | None = None
    ema21: Decimal | None = None
    rsi14: Decimal | None = None
    atr14: Decimal | None = None


@dataclass(frozen=True, slots=True)
class MarketSnapshot:
    """What a decision saw of the market at one moment. note says why indicators are missing, if they are."""

    symbol: str
    at: datetime
    provider: str
    session: SessionState
    quote: Quote | None
    verdict: QuoteVerdict
    indicators: Indicators | None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """What is kept beside the decision, numbers as decimal strings."""
        seen = self.indicators
        names = ("ema8", "ema21", "rsi14", "atr14")
        return {
            "symbol": self.symbol,
            "at": self.at.isoformat(),
            "provider": self.provider,
            "session_open": self.session.open,
            "session_closes_at": self.session.closes_at.isoformat(),
            "session_note": self.session.note,
            "quote": None if self.quote is None else self.quote.as_json(),
            "quote_verdict": self.verdict.text,
            "candles": 0 if seen is None else seen.candles,
            **{name: _text(None if seen is None else getattr(seen, name)) for name in names},
            "indicators_note": self.note,
        }


_reading: ContextVar[dict[str, Quote] | None] = ContextVar("reading", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Within it every quote is asked for once: what two books do on one alert, they do on the same quotes.

    For as long as one alert is worked on, which is shorter than any limit on a quote's age; the gate judges it all the same.
    """
    token = _reading.set({})
    try:
        yield
    finally:
        _reading.reset(token)


def quotes(symbols: Collection[str], *, now: datetime | None = None) -> dict[str, Quote]:
    """Latest quotes by symbol, unjudged; symbols without one are left out. Raises MarketDataUnavailable."""
    if not symbols:
        return {}
    at, read = now or clock.now(), _reading.get()
    if read is None:
        return providers.current().quotes(symbols, now=at)
    unread = [symbol for symbol in symbols if symbol not in read]
    if unread:
        read.update(providers.current().quotes(unread, now=at))
    return {symbol: read[symbol] for symbol in symbols if symbol in read}


def option_quotes(contracts: Iterable[OptionContract], *, now: datetime | None = None) -> dict[OptionContract, Quote]:
    """Latest quotes in one batch, unjudged; contracts without one are left out. Raises MarketDataUnavailable."""
    wanted = {contract.symbol: contract for contract in contracts}
    return {wanted[symbol]: quote for symbol, quote in quotes(wanted.keys(), now=now).items()}


def quote(symbol: str, *, now: datetime | None = None) -> Quote | None:
    """Latest quote of one symbol, unjudged. Raises MarketDataUnavailable."""
    return quotes([symbol], now=now).get(symbol)


def has_witnesses() -> bool:
    """Whether more than one provider can be asked for a price."""
    return isinstance(providers.current(), Witnesses)


def witness(beside: Quote, *, now: datetime | None = None) -> Quote | None:
    """A good quote of the same symbol by another provider; None where nobody else has one, or only one is asked."""
    provider = providers.current()
    if not isinstance(provider, Witnesses):
        return None
    return provider.witness(beside.symbol, now=now or clock.now(), beside=beside.provider)


def chain(underlying: str, *, now: datetime | None = None) -> list[OptionContract]:
    """Listed contracts that have not expired, ordered by expiration, right, strike; at most five minutes old.

    Raises MarketDataUnavailable. The list is shared: do not change it.
    """
    at, provider = now or clock.now(), providers.current()
    key = (underlying, _local_day(Product.EQUITY_OPTION, at))
    return _kept(_chains, provider, key, at, CHAIN_KEPT, lambda: provider.chain(underlying, now=at))


def bars(symbol: str, *, interval_s: int, count: int = CANDLES, now: datetime | None = None) -> list[Bar]:
    """Last completed bars, oldest first. Raises MarketDataUnavailable. The list is shared: do not change it."""
    at, provider = now or clock.now(), providers.current()
    keep = DAYS_KEPT if interval_s >= DAY_S else BARS_KEPT
    key = (symbol, interval_s, count, at.timestamp() // keep.total_seconds())
    return _kept(
        _bars, provider, key, at, keep, lambda: provider.bars(symbol, interval_s=interval_s, count=count, now=at)
    )


def activity(underlying: str, *, now: datetime | None = None) -> dict[str, Activity]:
    """Open interest of the previous close and today's volume by compact symbol, at most two minutes old.

    Raises MarketDataUnavailable where neither is told. The dictionary is shared: do not change it.
    """
    at, provider = now or clock.now(), providers.current()
    if not isinstance(provider, OptionActivity):
        text = f"{provider.name} tells neither open interest nor volume, of {underlying} neither"
        raise MarketDataUnavailable("no_market_data", text)
    asked: OptionActivity = provider
    key = (underlying, _local_day(Product.EQUITY_OPTION, at))
    return _kept(_activities, provider, key, at, ACTIVITY_KEPT, lambda: asked.activity(underlying, now=at))


def look_again() -> list[str]:
    """Ask for every kind of data that was not served as it should be; names them. What still fails says so by itself."""
    provider = providers.current()
    if not isinstance(provider, LooksAgain):
        return []
    ailing = [Capability(row) for row in ailing_capabilities()]
    for capability in ailing:
        try:
            provider.look_again(capability, LOOKED_AT, now=clock.now())
        except MarketDataUnavailable:
            continue  # the provider has told of it already
    return [capability.value for capability in ailing]


def sessions_between(product: Product, since: datetime, until: datetime) -> list[Hours]:
    """Regular sessions of the days of both moments and those between, oldest first. Raises MarketDataUnavailable."""
    calendar = providers.current().calendar(product)
    first, last = (moment.astimezone(calendar.zone).date() for moment in (since, until))
    return sessions.hours_between(first, last, calendar)


def session_state(product: Product, now: datetime | None = None) -> SessionState:
    """Session of a product after overrides; closed, with the cause in its note, where the calendar does not reach."""
    return providers.current().session(product, now=now or clock.now())


def local_date(product: Product, now: datetime | None = None) -> date:
    """Today on the clock of the market that trades this product."""
    return _local_day(product, now or clock.now())


def expires_at(contract: OptionContract, product: Product = Product.EQUITY_OPTION) -> datetime:
    """The close of the contract's last session, UTC; 16:00 New York of that day where the calendar does not reach."""
    day = last_trading_date(contract.expiration)
    try:
        hours = providers.current().calendar(product).hours(day)
    except MarketDataUnavailable:
        hours = None
    if hours is not None:
        return hours.closes_at
    return datetime.combine(day, sessions.REGULAR_CLOSE, sessions.NEW_YORK).astimezone(UTC)


def closing_price(symbol: str, *, day: date, now: datetime | None = None) -> Decimal:
    """Last price of an underlying's regular session on a day that is over. Raises MarketDataUnavailable."""
    return providers.current().closing_price(symbol, day=day, now=now or clock.now())


def snapshot(
    symbol: str, *, product: Product, interval_s: int | None, now: datetime, limits: QuoteLimits
) -> MarketSnapshot:
    """Session, judged quote and indicators of an underlying at one moment. Never raises for want of data.

    The quote's reference for a jump is the close of the last bar. Missing bars leave a note, not a refusal.
    """
    seen, close, note = _seen(symbol, interval_s, now)
    found, verdict = _judged(symbol, now, limits, Reference(close, None if seen is None else seen.atr14))
    return MarketSnapshot(
        symbol=symbol,
        at=now,
        provider=providers.current().name,
        session=session_state(product, now),
        quote=found,
        verdict=verdict,
        indicators=seen,
        note=note,
    )


def _judged(symbol: str, now: datetime, limits: QuoteLimits, reference: Reference) -> tuple[Quote | None, QuoteVerdict]:
    """A jump is judged again beside a second provider's quote, where there is one to ask."""
    try:
        found = quote(symbol, now=now)
    except MarketDataUnavailable as unavailable:
        return None, QuoteVerdict(False, unavailable.code, unavailable.message)
    verdict = judge(found, now=now, limits=limits, reference=reference)
    if found is not None and verdict.code == "quote_jump":
        seen = witness(found, now=now)
        if seen is not None:
            return found, judge(found, now=now, limits=limits, reference=replace(reference, witness=seen))
    return found, verdict


def _seen(symbol: str, interval_s: int | None, now: datetime) -> tuple[Indicators | None, Decimal | None, str]:
    """Indicators and the close of the last completed bar, computed once for these bars; or a note why there are none."""
    if interval_s is None:
        return None, None, "the alert names no interval in seconds"
    try:
        candles = bars(symbol, interval_s=interval_s, now=now)
    except MarketDataUnavailable as unavailable:
        return None, None, unavailable.message
    if not candles:
        return None, None, f"no completed bar of {interval_s} s yet"
    return _indicators_of.of((symbol, interval_s), candles, _indicators), candles[-1].close, ""


def _indicators(candles: list[Bar]) -> Indicators:
    from domain import indicators  # numpy: only where prices are looked at

    closes = [float(bar.close) for bar in candles]
    highs, lows = [float(bar.high) for bar in candles], [float(bar.low) for bar in candles]

    def or_none(function: Any, *arguments: Any) -> Decimal | None:
        try:
            return Decimal(function(*arguments)).quantize(_PLACES)
        except (indicators.InsufficientHistory, indicators.BarsWithHoles):
            return None

    return Indicators(
        candles=len(candles),
        ema8=or_none(indicators.ema, closes, 8),
        ema21=or_none(indicators.ema, closes, 21),
        rsi14=or_none(indicators.rsi, closes),
        atr14=or_none(indicators.atr, highs, lows, closes),
    )


def _kept(
    memory: Memory[Answer],
    provider: MarketData,
    key: Hashable,
    at: datetime,
    keep: timedelta,
    ask: Callable[[], Answer],
) -> Answer:
    """From this process's memory, or by the provider that keeps its answers itself."""
    if isinstance(provider, KeepsAnswers):
        return ask()
    return memory.get(provider, key, at=at, keep=keep, build=ask)


def _local_day(product: Product, at: datetime) -> date:
    return at.astimezone(providers.current().calendar(product).zone).date()


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
