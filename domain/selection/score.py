"""What a contract is worth to a buyer: terms between 0 and 1, of which the weighted mean is the score.

Every term looks at its contract alone, never at the others: a contract that no filter lets through cannot change the
order of those that passed. The scales below are conventions, chosen so that ordinary contracts differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from domain.selection.candidates import Candidate, Sight, VolatilityRange
from domain.selection.policy import ContractPolicy

NEUTRAL: Final = 0.5  # of a term about which nothing is known
HALF_OPEN_INTEREST: Final = 500  # contracts at which that part of liquidity is a half; it nears 1 far above
HALF_VOLUME: Final = 100
HALF_SIZE: Final = 10  # contracts on the thinner side of the quote
WORST_DECAY: Final = 0.20  # of the premium a day, at which nothing is left of that term
PLACES: Final = 9  # scores that agree in so many places are equal


class Terms(NamedTuple):
    """Each from 0, bad, to 1, good; in the order of ``Weights``."""

    delta: float
    spread: float
    liquidity: float
    theta: float
    volatility: float
    days: float


class Ranked(NamedTuple):
    """A contract that passed the filters, and its score between 0 and 1."""

    candidate: Candidate
    terms: Terms
    score: float


def ranked(candidates: Iterable[Candidate], sight: Sight, policy: ContractPolicy) -> list[Ranked]:
    """Best first. Equal scores: the lower strike, then the shorter root, then the earlier expiration."""
    shares = policy.weights.shares
    found = []
    for candidate in candidates:
        terms = terms_of(candidate, policy, sight.history)
        score = sum(share * term for share, term in zip(shares, terms, strict=True))
        found.append(Ranked(candidate, terms, round(score, PLACES)))
    return sorted(found, key=_best_first)


def terms_of(candidate: Candidate, policy: ContractPolicy, history: VolatilityRange | None) -> Terms:
    """Of a contract with a good quote."""
    delta, vol = candidate.delta, candidate.vol
    return Terms(
        delta=NEUTRAL if delta is None else policy.nearness_of_delta(delta),
        spread=_left_of(candidate.spread, float(policy.max_spread)),
        liquidity=_liquidity(candidate),
        theta=_patience(candidate),
        volatility=NEUTRAL if vol is None or history is None else 1.0 - history.rank(vol),
        days=policy.nearness_of_days(candidate.days),
    )


def _liquidity(candidate: Candidate) -> float:
    """Mean of what is known of open interest, volume and the quote's sizes, each nearing 1 the more there is."""
    quote = candidate.quote
    sizes = () if quote is None else (quote.bid_size, quote.ask_size)
    thinner = min((size for size in sizes if size is not None), default=None)
    known = [
        amount / (amount + half)
        for amount, half in (
            (candidate.open_interest, HALF_OPEN_INTEREST),
            (candidate.volume, HALF_VOLUME),
            (thinner, HALF_SIZE),
        )
        if amount is not None
    ]
    return sum(known) / len(known) if known else NEUTRAL


def _patience(candidate: Candidate) -> float:
    """How little of the premium a day costs."""
    middle = None if candidate.quote is None else candidate.quote.mid
    if candidate.theta is None or not middle:
        return NEUTRAL
    return _left_of(max(-candidate.theta, 0.0) / float(middle), WORST_DECAY)


def _left_of(part: float, whole: float) -> float:
    return max(1.0 - part / whole, 0.0)


def _best_first(row: Ranked) -> tuple[object, ...]:
    contract = row.candidate.contract
    return (-row.score, contract.strike, len(contract.root), contract.root, contract.expiration)
