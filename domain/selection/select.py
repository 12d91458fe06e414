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
NO_DELTA: Final = "nearest strike, because no delta is known and the book allows it"
NOT_ALLOWED: Final = "the book does not allow the nearest strike"


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen from a chain, out of what, and why. passed + all of removed = listed.

    removed has every filter, in the order of FILTERS. best is the winner and those next to it: by score, or by nearness
    for a nearest strike. how says by which. notes tells what was not known.

    stand_in: where a delta was wanted and not one is known, the choice of the nearest strike instead. It is the book's to
    allow, so that whoever asks for the book takes it or leaves it.
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
    stand_in: Selection | None = None

    def chosen(self) -> Candidate:
        """The winner. Raises OrderDenied ``no_listed_contract``; MarketDataUnavailable where not one quote was good."""
        if self.winner is None:
            assert self.refusal is not None  # there is either the one or the other
            raise self.refusal
        return self.winner.candidate


class _Question(NamedTuple):
    """What every part of the answer is made of."""

    listed: int
    candidates: Sequence[Candidate]
    sight: Sight
    policy: ContractPolicy


class _Choice(NamedTuple):
    rows: Sequence[Ranked]  # best first
    winner: Ranked | None
    shortage: str = ""  # why there is none although some passed


def select(screened: Screened, candidates: Sequence[Candidate], sight: Sight, policy: ContractPolicy) -> Selection:
    """Choose one of the contracts that were looked at, or none. candidates are those of ``screened``, in any order."""
    question = _Question(screened.listed, candidates, sight, policy)
    passed, removed = sift(candidates, policy)
    removed.update(screened.removed)
    if policy.strike == "atm":
        return _answer(question, AT_THE_MONEY, passed, removed)
    if policy.strike == "otm":
        return _answer(question, f"{policy.otm_steps} beyond the nearest strike", passed, removed)
    unknown = bool(passed) and all(candidate.delta is None for candidate in passed)
    stand_in = _answer(question, NO_DELTA, passed, removed) if unknown else None
    inside = [candidate for candidate in passed if in_delta_band(candidate, policy)]
    outside = Counter(delta=len(passed) - len(inside))
    return _answer(question, BY_SCORE, inside, removed + outside, stand_in)


def _answer(
    question: _Question,
    how: str,
    passed: Sequence[Candidate],
    removed: Counter[str],
    stand_in: Selection | None = None,
) -> Selection:
    sight, policy = question.sight, question.policy
    choice = _choice(how, ranked(passed, sight, policy), sight, policy)
    counts = {name: removed[name] for name in FILTERS}
    lacking = 0 if stand_in is None else stand_in.passed
    return Selection(
        policy=policy,
        sight=sight,
        listed=question.listed,
        removed=counts,
        passed=len(passed),
        how=how,
        best=tuple(choice.rows[:BEST]),
        winner=choice.winner,
        notes=tuple(_notes(how, len(passed), lacking, sight)),
        refusal=None if choice.winner is not None else _refusal(question, choice, counts, lacking),
        stand_in=stand_in,
    )


def _choice(how: str, rows: Sequence[Ranked], sight: Sight, policy: ContractPolicy) -> _Choice:
    if how == BY_SCORE or not rows:
        return _Choice(rows, rows[0] if rows else None)
    nearest_first = _one_expiration(rows, sight, policy)
    if policy.strike != "otm":
        return _Choice(nearest_first, nearest_first[0])
    at = nearest_first[0].candidate.contract
    beyond = _beyond(nearest_first, at.right)
    if len(beyond) >= policy.otm_steps:
        winner = beyond[policy.otm_steps - 1]
        return _Choice([winner, *(row for row in nearest_first if row is not winner)], winner)
    short = (
        f"{len(beyond)} strikes that passed are out of the money of {at.symbol}, the policy asks for {policy.otm_steps}"
    )
    return _Choice(nearest_first, None, short)


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


def _notes(how: str, passed: int, lacking: int, sight: Sight) -> Iterable[str]:
    if how == NO_DELTA:
        yield f"none of {passed} contracts that passed has a delta: the nearest strike stands in"
    if lacking:
        yield _lack(lacking)
    if sight.activity_note:
        yield sight.activity_note
    if sight.history is None:
        yield "no history of implied volatility: its term is neutral"


def _lack(lacking: int) -> str:
    return f"none of {lacking} contracts that passed every other filter has a delta, and {NOT_ALLOWED}"


def _refusal(question: _Question, choice: _Choice, counts: Mapping[str, int], lacking: int) -> TradingError:
    """lacking: how many would have passed had they had a delta."""
    candidates, sight = question.candidates, question.sight
    faults = Counter(candidate.fault for candidate in candidates if candidate.fault is not None)
    if candidates and faults.total() == len(candidates):
        code, _ = faults.most_common(1)[0]
        text = f"none of {len(candidates)} contracts of {sight.underlying} that were looked at has a good quote"
        return MarketDataUnavailable(code, f"{text} ({_counted(faults)})")
    if choice.shortage:
        return OrderDenied("no_listed_contract", choice.shortage)
    name = "call" if sight.right is Right.CALL else "put"
    told = _counted({FILTERS[filter_]: count for filter_, count in counts.items() if count})
    text = f"of {question.listed} listed contracts of {sight.underlying} no {name} fits policy {question.policy.name}"
    parts = [f"{text}: {told}" if told else text, *([_lack(lacking)] if lacking else ())]
    return OrderDenied("no_listed_contract", "; ".join(parts))


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
