"""The choice itself, and the record that explains it, whether it found a contract or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.errors import MarketDataUnavailable, OrderDenied, TradingError
from domain.selection.candidates import Candidate, Sight
from domain.selection.filters import FILTERS, Screened, in_delta_band, sift
from domain.selection.policy import ContractPolicy
from domain.selection.score import Ranked, ranked
from domain.symbols.occ import Right

BEST: Final = 10  # rows of the table that is kept
BY_SCORE: Final = "best score"
AT_THE_MONEY: Final = "nearest strike"
NO_DELTA: Final = "nearest strike, because no delta is known and the policy allows it"


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen from a chain, out of what, and why. passed + all of removed = listed.

    removed has every filter, in the order of FILTERS. best is the winner and those next to it: by score, or by nearness
    for a nearest strike. how says by which. notes tells what was not known.
    """

    policy: ContractPolicy
    sight: Sight
    listed: int
    removed: Mapping[str, int]
    passed: int
    how: str
    best: tuple[Ranked, ...]
    winner: Ranked | None
    notes: tuple[str, ...]
    refusal: TradingError | None

    def chosen(self) -> Candidate:
        """The winner. Raises OrderDenied ``no_listed_contract``; MarketDataUnavailable where not one quote was good."""
        if self.winner is None:
            assert self.refusal is not None  # there is either the one or the other
            raise self.refusal
        return self.winner.candidate


class _Choice(NamedTuple):
    how: str
    rows: Sequence[Ranked]  # best first
    winner: Ranked | None
    shortage: str = ""  # why there is none although some passed


def select(screened: Screened, candidates: Sequence[Candidate], sight: Sight, policy: ContractPolicy) -> Selection:
    """Choose one of the contracts that were looked at, or none. candidates are those of ``screened``, in any order."""
    passed, removed = sift(candidates, policy)
    removed.update(screened.removed)
    how = _how(passed, policy)
    if how == BY_SCORE:
        inside = [candidate for candidate in passed if in_delta_band(candidate, policy)]
        removed["delta"] = len(passed) - len(inside)
        passed = inside
    choice = _choice(how, ranked(passed, sight, policy), sight, policy)
    counts = {name: removed[name] for name in FILTERS}
    return Selection(
        policy=policy,
        sight=sight,
        listed=screened.listed,
        removed=counts,
        passed=len(passed),
        how=choice.how,
        best=tuple(choice.rows[:BEST]),
        winner=choice.winner,
        notes=tuple(_notes(choice.how, passed, sight)),
        refusal=None if choice.winner is not None else _refusal(choice, screened, candidates, counts, sight, policy),
    )


def _how(passed: Sequence[Candidate], policy: ContractPolicy) -> str:
    if policy.strike == "delta":
        unknown = bool(passed) and all(candidate.delta is None for candidate in passed)
        return NO_DELTA if unknown and policy.nearest_allowed else BY_SCORE
    return AT_THE_MONEY if policy.strike == "atm" else f"{policy.otm_steps} beyond the nearest strike"


def _choice(how: str, rows: Sequence[Ranked], sight: Sight, policy: ContractPolicy) -> _Choice:
    if how == BY_SCORE or not rows:
        return _Choice(how, rows, rows[0] if rows else None)
    nearest_first = _one_expiration(rows, sight, policy)
    if policy.strike != "otm":
        return _Choice(how, nearest_first, nearest_first[0])
    at = nearest_first[0].candidate.contract
    beyond = _beyond(nearest_first, at.right)
    if len(beyond) >= policy.otm_steps:
        winner = beyond[policy.otm_steps - 1]
        return _Choice(how, [winner, *(row for row in nearest_first if row is not winner)], winner)
    short = (
        f"{len(beyond)} strikes that passed are out of the money of {at.symbol}, the policy asks for {policy.otm_steps}"
    )
    return _Choice(how, nearest_first, None, short)


def _one_expiration(rows: Sequence[Ranked], sight: Sight, policy: ContractPolicy) -> list[Ranked]:
    """Of the expiration that is wanted most, one contract a strike, the nearest to the spot first, then the lower.

    The nearest strike is of the earliest expiration; where it stands in for a delta, of the one nearest to the target.
    """

    def wanted(row: Ranked) -> tuple[int, int]:
        days = row.candidate.days
        return (abs(days - policy.target_days) if policy.strike == "delta" else 0, days)

    first = wanted(min(rows, key=wanted))
    by_strike: dict[object, Ranked] = {}
    for row in sorted((row for row in rows if wanted(row) == first), key=_by_root):
        by_strike.setdefault(row.candidate.contract.strike, row)
    return sorted(
        by_strike.values(),
        key=lambda row: (abs(row.candidate.contract.strike - sight.spot), row.candidate.contract.strike),
    )


def _by_root(row: Ranked) -> tuple[int, str]:
    return len(row.candidate.contract.root), row.candidate.contract.root


def _beyond(nearest_first: Sequence[Ranked], right: Right) -> list[Ranked]:
    """Out of the money of the first one: a call above it, a put below; the next step first."""
    at = nearest_first[0].candidate.contract.strike
    sign = 1 if right is Right.CALL else -1
    further = [row for row in nearest_first if sign * (row.candidate.contract.strike - at) > 0]
    return sorted(further, key=lambda row: sign * row.candidate.contract.strike)


def _notes(how: str, passed: Sequence[Candidate], sight: Sight) -> Iterable[str]:
    if how == NO_DELTA:
        yield f"none of {len(passed)} contracts that passed has a delta: the nearest strike stands in"
    if sight.activity_note:
        yield sight.activity_note
    if sight.history is None:
        yield "no history of implied volatility: its term is neutral"


def _refusal(
    choice: _Choice,
    screened: Screened,
    candidates: Sequence[Candidate],
    counts: Mapping[str, int],
    sight: Sight,
    policy: ContractPolicy,
) -> TradingError:
    faults = Counter(candidate.fault for candidate in candidates if candidate.fault is not None)
    if candidates and faults.total() == len(candidates):
        code, _ = faults.most_common(1)[0]
        text = f"none of {len(candidates)} contracts of {sight.underlying} that were looked at has a good quote"
        return MarketDataUnavailable(code, f"{text} ({_counted(faults)})")
    if choice.shortage:
        return OrderDenied("no_listed_contract", choice.shortage)
    name = "call" if sight.right is Right.CALL else "put"
    told = _counted({FILTERS[filter_]: count for filter_, count in counts.items() if count})
    text = f"of {screened.listed} listed contracts of {sight.underlying} no {name} fits policy {policy.name}"
    return OrderDenied("no_listed_contract", f"{text}: {told}" if told else text)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
