"""Quotes already judged, and option facts that need a market around them: what orders, marks and exits ask."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.quote_gate import NO_QUOTE, OPTION_LIMITS, UNDERLYING_LIMITS, QuoteVerdict, first_fault
from domain.quotes import Quote
from domain.sessions import Product, SessionState
from domain.symbols.occ import OptionContract
from market_app import services
from market_app.interface import as_contract

ETF_UNDERLYINGS: Final = frozenset({"SPY", "QQQ", "IWM", "DIA"})  # their options trade until 16:15
GOOD: Final = QuoteVerdict(True, None, "good")


class Judged(NamedTuple):
    """A quote with what the gate made of it; quote is None when there was none."""

    quote: Quote | None
    verdict: QuoteVerdict

    @property
    def good(self) -> bool:
        return self.quote is not None and self.verdict.good

    @property
    def mid(self) -> Decimal | None:
        """Middle of a good quote; None where it is not."""
        return self.quote.mid if self.quote is not None and self.verdict.good else None


def judged_quotes(symbols: Collection[str]) -> dict[str, Judged]:
    """Every symbol asked for, from one batch. Never raises: a provider that fails makes every verdict a refusal."""
    now = clock.now()
    try:
        found = services.quotes(symbols, now=now)
    except MarketDataUnavailable as e:
        return {symbol: Judged(None, QuoteVerdict(False, e.code, e.message)) for symbol in symbols}
    return {symbol: judged(symbol, found.get(symbol), now=now) for symbol in symbols}


def judged_quote(symbol: str) -> Judged:
    return judged_quotes([symbol])[symbol]


def judged(symbol: str, quote: Quote | None, *, now: datetime) -> Judged:
    """By the limits of what the symbol names, a contract or an underlying."""
    if quote is None:
        return Judged(None, NO_QUOTE)
    limits = UNDERLYING_LIMITS if as_contract(symbol) is None else OPTION_LIMITS
    return Judged(quote, first_fault(quote, now=now, limits=limits) or GOOD)


def option_product(underlying: str) -> Product:
    return Product.ETF_OPTION if underlying in ETF_UNDERLYINGS else Product.EQUITY_OPTION


def option_session(underlying: str, now: datetime | None = None) -> SessionState:
    """Session of the options on this underlying, overrides included."""
    return services.session_state(option_product(underlying), now or clock.now())


def exchange_date(now: datetime) -> date:
    return services.local_date(Product.EQUITY_OPTION, now)


def expires_at(contract: OptionContract, underlying: str) -> datetime:
    """The moment trading in the contract ends, UTC."""
    return services.expires_at(contract, option_product(underlying))
