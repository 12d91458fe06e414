"""A selection as it is kept beside an order or a refusal and shown to people: prices as decimal strings."""

from __future__ import annotations

from typing import Any, Final

from domain.selection.candidates import Candidate
from domain.selection.filters import FILTERS
from domain.selection.score import Ranked, Terms
from domain.selection.select import Selection
from domain.symbols.occ import Right

TERMS: Final = Terms._fields


def as_json(selection: Selection) -> dict[str, Any]:
    """Filters with their counts, the best rows, and what it was all looked at with."""
    sight, policy, winner = selection.sight, selection.policy, selection.winner
    return {
        "underlying": sight.underlying,
        "right": "call" if sight.right is Right.CALL else "put",
        "at": sight.at.isoformat(),
        "spot": str(sight.spot),
        "provider": sight.quote.provider,
        "feed": sight.quote.feed.value,
        "quote_time": sight.quote.provider_time.isoformat(),
        "policy": policy.name,
        "kind": policy.strike,
        "weights": {term: str(weight) for term, weight in policy.weights._asdict().items()},
        "how": selection.how,
        "chosen": None if winner is None else winner.candidate.contract.symbol,
        "listed": selection.listed,
        "removed": [
            {"filter": name, "count": count, "text": FILTERS[name]} for name, count in selection.removed.items()
        ],
        "passed": selection.passed,
        "best": [_row(row) for row in selection.best],
        "notes": list(selection.notes),
    }


def _row(row: Ranked) -> dict[str, Any]:
    return {
        **_facts(row.candidate),
        "terms": {term: round(value, 3) for term, value in row.terms._asdict().items()},
        "score": round(row.score, 4),
    }


def _facts(candidate: Candidate) -> dict[str, Any]:
    contract, quote = candidate.contract, candidate.quote
    assert quote is not None  # what is ranked has a good quote
    return {
        "symbol": contract.symbol,
        "expiration": contract.expiration.isoformat(),
        "days": candidate.days,
        "strike": f"{contract.strike.normalize():f}",
        "bid": str(quote.bid),
        "ask": str(quote.ask),
        "spread": round(candidate.spread, 4),
        "spread_ticks": candidate.spread_ticks,
        "delta": _rounded(candidate.delta, 4),
        "iv": _rounded(candidate.vol, 4),
        "theta": _rounded(candidate.theta, 4),
        "open_interest": candidate.open_interest,
        "volume": candidate.volume,
    }


def _rounded(number: float | None, places: int) -> float | None:
    return None if number is None else round(number, places)
