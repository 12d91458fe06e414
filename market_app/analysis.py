"""An option chain looked at as a whole: what its quotes imply, and what its open interest says of the dealers.

Nothing here decides or writes. Implied volatilities and Greeks are our own, by Black-Scholes-Merton without dividends,
from the middle of quotes that passed the gate; a contract without one has none and is counted, never guessed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from books_app import clock
from domain.errors import MarketDataUnavailable
from domain.options import bsm, exposure
from domain.options.expiry import last_trading_date, years_until
from domain.options.normal import FloatArray
from domain.quotes import Quote
from domain.symbols.occ import OptionContract, Right
from market_app import services
from market_app.quoting import RATE, Judged, exchange_date, expires_at, judged_quote, judged_quotes

NOT_PUBLISHED = "no open interest was published"
NOBODY_HOLDS_IT = "open interest is zero"
NO_VOLATILITY = "no volatility gives its middle price"


class Analysed(NamedTuple):
    """A contract and what its quote implies; None where the quote is bad or no volatility gives its middle."""

    contract: OptionContract
    judged: Judged
    years: float
    vol: float | None
    delta: float | None
    gamma: float | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Contracts that add nothing, and the open interest among them."""

    why: str
    contracts: int
    open_interest: int


@dataclass(frozen=True, slots=True)
class Expiration:
    """Open interest and exposure of one expiration. max_pain and put_call_ratio count contracts without a quote too."""

    expiration: date
    used: int
    call_interest: int
    put_interest: int
    put_call_ratio: float | None
    calls: float
    puts: float
    max_pain: float | None


@dataclass(frozen=True, slots=True)
class DealerGamma:
    """Gamma exposure of a chain at one moment; later is the same without the contracts that end today."""

    underlying: str
    at: datetime
    quote: Quote
    spot: float
    rate: float
    used: int
    whole: exposure.GammaProfile
    later: exposure.GammaProfile
    put_call_ratio: float | None
    expirations: tuple[Expiration, ...]
    left_out: tuple[LeftOut, ...]


def spot_quote(underlying: str) -> Quote:
    """A quote of the underlying that passed the gate. Raises MarketDataUnavailable with the gate's code and figures."""
    judged = judged_quote(underlying)
    if judged.quote is None or not judged.good:
        text = f"{underlying} has no good quote now: {judged.verdict.text}"
        raise MarketDataUnavailable(judged.verdict.code or "quote_missing", text)
    return judged.quote


def analysed(contracts: Sequence[OptionContract], *, spot: float, rate: float = RATE) -> list[Analysed]:
    """Implied volatility, delta and gamma of each, in one batch of quotes and one vectorised pass, in the same order."""
    if not contracts:
        return []
    now, found = clock.now(), judged_quotes([contract.symbol for contract in contracts])
    ends = {contract.expiration: contract for contract in contracts}
    left = {day: years_until(expires_at(contract, contract.root), now) for day, contract in ends.items()}
    years = [left[contract.expiration] for contract in contracts]
    mids = [np.nan if (mid := found[contract.symbol].mid) is None else float(mid) for contract in contracts]
    terms = (_signs(contracts), spot, _strikes(contracts), years, rate, 0.0)
    vols = bsm.implied_volatility(mids, *terms)
    seen = bsm.greeks(*terms, vols)
    implied = zip(*(map(_or_none, part.tolist()) for part in (vols, seen.delta, seen.gamma)), strict=True)
    return [
        Analysed(contract, found[contract.symbol], life, *facts)
        for contract, life, facts in zip(contracts, years, implied, strict=True)
    ]


def dealer_gamma(underlying: str, *, rate: float = RATE) -> DealerGamma:
    """Exposure of the whole chain, weighted with published open interest.

    Raises MarketDataUnavailable where there is no good quote of the underlying, no open interest, or no contract with both
    open interest and an implied volatility.
    """
    now = clock.now()
    interest = services.open_interest(underlying, now=now)
    chain, quote = services.chain(underlying, now=now), spot_quote(underlying)
    spot = float(quote.mid or 0)
    held = analysed([contract for contract in chain if interest.get(contract.symbol)], spot=spot, rate=rate)
    used = [row for row in held if row.vol is not None]
    left_out = _left_out(chain, interest, held)
    if not used:
        why = "; ".join(f"{out.contracts}: {out.why}" for out in left_out)
        text = f"none of {len(chain)} contracts of {underlying} has open interest and a good quote ({why})"
        raise MarketDataUnavailable("no_market_data", text)
    counted, today = _open_contracts(used, interest), exchange_date(now)
    ends_later = np.array([last_trading_date(row.contract.expiration) > today for row in used])
    whole = exposure.profile(counted, spot, rate=rate)
    return DealerGamma(
        underlying=underlying,
        at=now,
        quote=quote,
        spot=spot,
        rate=rate,
        used=len(used),
        whole=whole,
        later=exposure.profile(counted.where(ends_later), spot, rate=rate),
        put_call_ratio=exposure.put_call_ratio(_signs(chain), _weights(chain, interest)),
        expirations=tuple(_expirations(chain, interest, counted, whole)),
        left_out=left_out,
    )


def _open_contracts(rows: Sequence[Analysed], interest: Mapping[str, int]) -> exposure.OpenContracts:
    contracts = [row.contract for row in rows]
    return exposure.OpenContracts(
        sign=_signs(contracts),
        strike=_strikes(contracts),
        years=np.array([row.years for row in rows]),
        vol=np.array([row.vol for row in rows], dtype=np.float64),
        weight=_weights(contracts, interest),
        multiplier=np.array([float(contract.multiplier) for contract in contracts]),
        expiration=_ordinals(contracts),
    )


def _left_out(
    chain: Iterable[OptionContract], interest: Mapping[str, int], held: Iterable[Analysed]
) -> tuple[LeftOut, ...]:
    """Most open interest first."""
    contracts, weight = Counter[str](), Counter[str]()
    for contract in chain:
        known = interest.get(contract.symbol)
        if not known:
            contracts[NOT_PUBLISHED if known is None else NOBODY_HOLDS_IT] += 1
    for row in held:
        if row.vol is None:
            why = NO_VOLATILITY if row.judged.good else f"quote refused: {row.judged.verdict.code}"
            contracts[why] += 1
            weight[why] += interest[row.contract.symbol]
    found = [LeftOut(why, count, weight[why]) for why, count in contracts.items()]
    return tuple(sorted(found, key=lambda out: (-out.open_interest, -out.contracts)))


def _expirations(
    chain: Iterable[OptionContract],
    interest: Mapping[str, int],
    counted: exposure.OpenContracts,
    whole: exposure.GammaProfile,
) -> Iterable[Expiration]:
    """All that are listed, those without any exposure too, in order."""
    listed: dict[date, list[OptionContract]] = defaultdict(list)
    for contract in chain:
        listed[contract.expiration].append(contract)
    exposed = {int(sums.key): sums for sums in whole.expirations}
    for day in sorted(listed):
        signs, weights = _signs(listed[day]), _weights(listed[day], interest)
        sums = exposed.get(day.toordinal(), exposure.Sums(day.toordinal(), 0.0, 0.0))
        yield Expiration(
            expiration=day,
            used=int((counted.expiration == day.toordinal()).sum()),
            call_interest=int(weights[signs > 0].sum()),
            put_interest=int(weights[signs < 0].sum()),
            put_call_ratio=exposure.put_call_ratio(signs, weights),
            calls=sums.calls,
            puts=sums.puts,
            max_pain=exposure.max_pain(signs, _strikes(listed[day]), weights, spot=whole.spot),
        )


def _signs(contracts: Iterable[OptionContract]) -> FloatArray:
    return np.array([1.0 if contract.right is Right.CALL else -1.0 for contract in contracts])


def _strikes(contracts: Iterable[OptionContract]) -> FloatArray:
    return np.array([float(contract.strike) for contract in contracts])


def _weights(contracts: Iterable[OptionContract], interest: Mapping[str, int]) -> FloatArray:
    return np.array([float(interest.get(contract.symbol, 0)) for contract in contracts])


def _ordinals(contracts: Iterable[OptionContract]) -> NDArray[np.int64]:
    return np.array([contract.expiration.toordinal() for contract in contracts], dtype=np.int64)


def _or_none(number: float) -> float | None:
    return None if number != number else number
