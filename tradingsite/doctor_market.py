"""The doctor's look at market data: calendar, prices, providers, session, stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from redis.exceptions import RedisError

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.feeds import FeedState
from domain.sessions import Product
from market_app import providers
from market_app import services as market
from market_app.chain.report import standings
from market_app.interface import TellsSession
from market_app.models import CapabilityHealth, TradingSession
from market_app.stream import board
from signals_app.models import Strategy
from tradingsite.findings import Finding, Level, judged

CALENDAR_REACHES: Final = timedelta(days=30)
SEED: Final = "run 'manage.py seed'"


def _calendar() -> Iterator[Finding]:
    wanted = clock.now().date() + CALENDAR_REACHES
    for name in TradingSession.Calendar.values:
        last = TradingSession.objects.filter(calendar=name).order_by("-date").values_list("date", flat=True).first()
        text = f"reaches {last}" if last else "has no rows"
        yield judged(
            last is None or last < wanted, f"calendar {name}", text, f"{SEED}: a day without rows counts as closed"
        )


def _market() -> Iterator[Finding]:
    named = [
        symbol
        for symbols in Strategy.objects.values_list("allowed_symbols", flat=True)
        for symbol in symbols
        if symbol != "*"
    ]
    symbol = named[0] if named else "SPY"
    provider = providers.current()
    try:
        quote = market.quote(symbol)
    except MarketDataUnavailable as e:
        level = Level.FAIL if e.code == "market_data_failed" else Level.WARN
        yield Finding(
            level,
            "market data",
            f"{provider.name}: {e.message}",
            "check the network and MARKET_PROVIDER; entries are refused without quotes",
        )
        return
    text = (
        f"{provider.name} has no quote of {symbol}"
        if quote is None
        else f"{symbol} {quote.bid} / {quote.ask} by {provider.name}, {quote.feed}"
    )
    yield judged(quote is None, "market data", text, "normal while the market is closed", level=Level.WARN)


def _providers() -> Iterator[Finding]:
    """Each provider of the chain: without a key it is left out, and that is said."""
    if providers.current().name != "chain":
        return
    for standing in standings():
        subject = f"provider {standing.provider}"
        if not standing.used_for:
            yield Finding(Level.OK, subject, "switched off in admin")
        elif not standing.has_key:
            fix = "set its key in .env, or switch it off in admin"
            yield Finding(Level.WARN, subject, "left out: it has no key", fix)
        elif standing.spent is None or standing.left_alone is None:
            yield Finding(Level.WARN, subject, "Redis is away: each process counts for itself", "start Redis")
        else:
            spent, terms = standing.spent, standing.terms
            used = (
                f"{spent.minute} of {terms.per_minute or 'any'} a minute, {spent.day} of {terms.per_day or 'any'} a day"
            )
            text = "; ".join((used, *(f"left alone for {what}" for what in standing.left_alone)))
            fix = "read the cause; it is tried again by itself"
            yield judged(bool(standing.left_alone), subject, text, fix, level=Level.WARN)
    for row in CapabilityHealth.objects.exclude(state=FeedState.HEALTHY):
        text = f"{row.state} since {row.since:%Y-%m-%d %H:%M:%S} UTC, by {row.provider or 'nobody'}. {row.text}"
        level = Level.FAIL if row.state == FeedState.DOWN else Level.WARN
        yield Finding(level, f"market data: {row.capability}", text, "read the cause; nothing needs to be restarted")


def _session() -> Iterator[Finding]:
    """The calendar beside a provider's own word: an unscheduled closure is in the one and not yet in the other."""
    provider = providers.current()
    if not isinstance(provider, TellsSession):
        return
    now = clock.now()
    ours = market.session_state(Product.EQUITY, now).open
    try:
        theirs = provider.market_open(now=now)
    except MarketDataUnavailable as e:
        yield Finding(
            Level.WARN, "session", f"no provider tells whether the market is open: {e.message}", "none needed"
        )
        return
    words = {True: "open", False: "closed"}
    text = f"{words[ours]} by the calendar, {words[theirs]} by the provider"
    fix = "if the provider is right, add a session override in admin: it counts from the next decision on"
    yield judged(ours is not theirs, "session", text, fix, level=Level.WARN)


def _stream() -> Iterator[Finding]:
    """The price stream, where one is to run, by its own word."""
    if not settings.CONFIG.PRICE_STREAM:
        return
    try:
        told = board.health()
    except RedisError as e:
        yield Finding(
            Level.WARN, "price stream", f"Redis did not answer: {type(e).__name__}", "start Redis; see REDIS_URL"
        )
        return
    if told is None:
        fix = "start manage.py stream; until then exits are looked at by the schedule alone"
        yield Finding(Level.FAIL, "price stream", "no process has told of itself lately", fix)
        return
    for name, feed in told["feeds"].items():
        silence = "no price yet" if feed["silence_s"] is None else f"last price {feed['silence_s']:.0f} s ago"
        state = feed["error"] or ("connected" if feed["connected"] else "not connected")
        text = f"{len(feed['symbols'])} symbols, {silence}, {state}"
        if feed["left_out"]:
            text += f"; over the limit and not streamed: {', '.join(feed['left_out'][:10])}"
        unwell = bool(feed["symbols"] and not feed["connected"]) or bool(feed["left_out"])
        fix = "read the cause; for more symbols raise PRICE_STREAM_SYMBOLS to what your plan allows"
        yield judged(unwell, f"price stream: {name}", text, fix, level=Level.WARN)


MARKET_CHECKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    _calendar,
    _market,
    _providers,
    _session,
    _stream,
)
