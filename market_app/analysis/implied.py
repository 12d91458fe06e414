"""What the quotes of a chain imply: volatility, delta and gamma of each contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.options import bsm
from domain.options.expiry import years_until
from domain.options.normal import FloatArray
from domain.quote_gate import NO_QUOTE, OPTION_LIMITS, QuoteLimits, QuoteVerdict, first_fault
from domain.quotes import Quote
from domain.sessions import Product
from domain.symbols.occ import OptionContract, Right
from market_app import providers, services
from market_app.quoting import GOOD, Judged, exchange_date, expires_at, judged_quote, judged_quotes
from market_app.rates import risk_free_rate

# A market locked for longer than a moment is forbidden among the option exchanges. Where sides are carried forward it is
# the trace of one that went away, as recordings and feeds tell of a new price but not of a price that is gone.
LOCKED: Final = QuoteVerdict(False, None, "bid and ask are the same price")
ANY_SPREAD: Final = Decimal(2)  # of the middle: as wide as a quote with a bid can be


class Analysed(NamedTuple):
    """A contract and what its quote implies; None where the quote is bad or no volatility gives its middle."""

    contract: OptionContract
    judged: Judged
    years: float
    vol: float | None
    delta: float | None
    gamma: float | None


def spot_quote(underlying: str) -> Quote:
    """A quote of the underlying that passed the gate. Raises MarketDataUnavailable with the gate's code and figures."""
    judged = judged_quote(underlying)
    if judged.quote is None or not judged.good:
        text = f"{underlying} has no good quote now: {judged.verdict.text}"
        raise MarketDataUnavailable(judged.verdict.code or "quote_missing", text)
    return judged.quote


def analysed(contracts: Sequence[OptionContract], *, spot: float, rate: float | None = None) -> list[Analysed]:
    """Implied volatility, delta and gamma of each whose quote may be traded on, in the same order.

    rate: a fraction a year, market_app.rates decides if None. One batch of quotes, one vectorised pass.
    """
    return implied(contracts, judged_quotes([contract.symbol for contract in contracts]), spot=spot, rate=rate)


def implied(
    contracts: Sequence[OptionContract], found: Mapping[str, Judged], *, spot: float, rate: float | None = None
) -> list[Analysed]:
    """The same from quotes that were judged before. found: by compact symbol, every contract's."""
    if not contracts:
        return []
    now = clock.now()
    flat = risk_free_rate(now) if rate is None else rate
    ends = {contract.expiration: contract for contract in contracts}
    left = {day: years_until(expires_at(contract, contract.root), now) for day, contract in ends.items()}
    years = [left[contract.expiration] for contract in contracts]
    mids = [np.nan if (mid := found[contract.symbol].mid) is None else float(mid) for contract in contracts]
    terms = (signs(contracts), spot, strikes(contracts), years, flat, 0.0)
    vols = bsm.implied_volatility(mids, *terms)
    seen = bsm.greeks(*terms, vols)
    facts = zip(*(map(_or_none, part.tolist()) for part in (vols, seen.delta, seen.gamma)), strict=True)
    return [
        Analysed(contract, found[contract.symbol], life, *known)
        for contract, life, known in zip(contracts, years, facts, strict=True)
    ]


def standing_quotes(contracts: Iterable[OptionContract], *, now: datetime) -> dict[str, Judged]:
    """The quotes of a chain by the limits of a survey, which are others than a trade's.

    Both sides positive, the bid below the ask, from this session: a side holds until it changes, so no age within the
    session is too old, and no spread too wide, for what deep or far contracts weigh. Raises MarketDataUnavailable.
    """
    limits = _survey_limits(now)
    symbols = [contract.symbol for contract in contracts]
    quotes = services.quotes(symbols, now=now)
    return {symbol: _standing(quotes.get(symbol), now, limits) for symbol in symbols}


def signs(contracts: Iterable[OptionContract]) -> FloatArray:
    return np.array([1.0 if contract.right is Right.CALL else -1.0 for contract in contracts])


def strikes(contracts: Iterable[OptionContract]) -> FloatArray:
    return np.array([float(contract.strike) for contract in contracts])


def _survey_limits(now: datetime) -> QuoteLimits:
    hours = providers.current().calendar(Product.EQUITY_OPTION).hours(exchange_date(now))
    since_open = timedelta() if hours is None else now - hours.opens_at
    return QuoteLimits(
        max_age=max(since_open, OPTION_LIMITS.max_age),
        max_age_delayed=max(since_open, OPTION_LIMITS.max_age_delayed),
        max_spread=ANY_SPREAD,
        max_jump=None,
    )


def _standing(quote: Quote | None, now: datetime, limits: QuoteLimits) -> Judged:
    if quote is None:
        return Judged(None, NO_QUOTE)
    fault = first_fault(quote, now=now, limits=limits)
    return Judged(quote, fault or (LOCKED if quote.bid == quote.ask else GOOD))


def _or_none(number: float) -> float | None:
    return None if number != number else number
