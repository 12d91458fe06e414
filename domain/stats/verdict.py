"""Which of two engines is better, said no sooner than the figures allow and no more often wrong than declared.

The figures are paired differences B minus A by day, followed with a confidence sequence. The first of three things to
happen decides: zero is left below the interval (B better), left above it (A better), or the interval lies within the
margin that was declared not to matter (no difference). A decision stands: it was right to make at the moment it was made
with the declared error, and later looks cannot unmake it. Two opposite proofs, though, show that the difference was not
constant, and then there is none to be decided on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.stats.intervals import check_level
from domain.stats.paired import Cluster, Pair, mean_difference, observations
from domain.stats.sequential import Look, looks


class Verdict(StrEnum):
    A_BETTER = "a_better"
    B_BETTER = "b_better"
    NO_DIFFERENCE = "no_difference"  # smaller than the margin, either way
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


@dataclass(frozen=True, slots=True)
class Terms:
    """What has to be declared before the first alert, or it proves nothing. Amounts in the unit of the outcomes.

    level: probability of a wrong "better" at any look. margin: a mean difference up to it does not matter. bound:
    observations are clipped to -bound..bound; four or five standard deviations of a day's mean difference clip next to
    nothing, and twice as much means waiting half as long again, or twice as long. minimum_signals, minimum_days: until
    both are reached there is no verdict. cluster: weeks when trades are held overnight, or the promise is not kept.
    Raises ValueError when margin is not above 0 and below bound, and for a level that is no probability.
    """

    level: float
    margin: float
    bound: float
    minimum_signals: int
    minimum_days: int
    cluster: Cluster
    unit: str

    def __post_init__(self) -> None:
        check_level(self.level)
        if not 0.0 < self.margin < self.bound:
            raise ValueError(f"a margin of {self.margin} is not between 0 and the bound of {self.bound}")

    def enough(self, look: Look) -> bool:
        return look.signals >= self.minimum_signals and look.days >= self.minimum_days


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict with everything it rests on, in the unit of the outcomes, differences as B minus A."""

    verdict: Verdict
    decided_on: date | None  # the first day on which it could be given
    signals: int
    days: int
    observations: int  # days, or weeks
    mean_difference: float | None  # every signal weighing the same, nothing clipped
    mean: float | None  # every observation weighing the same, clipped: what the interval is about
    lower: float  # of the open interval, which only ever shrinks; minus and plus the bound at the start
    upper: float
    e_b_better: float  # evidence now against "B is not better"; 1 is none
    e_a_better: float
    clipped: int  # observations beyond the bound
    contradictory: bool  # each has been shown better than the other at some time
    terms: Terms

    @property
    def e_different(self) -> float:
        """Evidence now against "the mean difference is zero", for ``families``: the mean of two e-values is one."""
        return 0.5 * self.e_a_better + 0.5 * self.e_b_better

    @property
    def text(self) -> str:
        """The verdict in one sentence with its figures and the interval as it is now."""
        return f"{self._finding()}; {self._standing()}."

    def _finding(self) -> str:
        terms = self.terms
        match self.verdict:
            case Verdict.A_BETTER | Verdict.B_BETTER:
                better = "A" if self.verdict is Verdict.A_BETTER else "B"
                small = f", though by less than the margin of {self._size(terms.margin)}" if self._is_small else ""
                return f"{better} is better{small}, decided on {self.decided_on}"
            case Verdict.NO_DIFFERENCE:
                return f"No difference within {self._size(terms.margin)}, decided on {self.decided_on}"
        if self.contradictory:
            return "Not enough evidence: each was shown better at some time, so the difference was not constant"
        if self.signals < terms.minimum_signals or self.days < terms.minimum_days:
            return (
                f"Not enough evidence: a verdict needs {terms.minimum_signals} signals "
                f"on {terms.minimum_days} days at least"
            )
        return "Not enough evidence"

    def _standing(self) -> str:
        seen = f"after {self.signals} signals on {self.days} days"
        if self.mean is None:
            return f"{seen} nothing is known"
        clipped = f", {self.clipped} of {self.observations} beyond ±{self._size(self.terms.bound)} counted as that"
        return (
            f"{seen} the mean difference B minus A is {self._signed(self.mean)}, and lies between "
            f"{self._signed(self.lower)} and {self._signed(self.upper)} with error {self.terms.level:.1%} over all looks"
            f"{clipped if self.clipped else ''}"
        )

    @property
    def _is_small(self) -> bool:
        return self.lower >= -self.terms.margin and self.upper <= self.terms.margin

    def _signed(self, amount: float) -> str:
        return f"{amount:+.3f} {self.terms.unit}"

    def _size(self, amount: float) -> str:
        return f"{amount:g} {self.terms.unit}"


def judge(
    pairs: Sequence[Pair],
    *,
    level: float = 0.05,
    margin: float,
    bound: float,
    minimum_signals: int,
    minimum_days: int,
    cluster: Cluster = Cluster.DAY,
    unit: str = "R",
) -> Judgement:
    """Compare two engines by the alerts that both saw; may be asked after every day. Keywords as in Terms.

    pairs: in any order, of complete days (or weeks) only, as ``settled`` gives them. Raises ValueError.
    """
    terms = Terms(level, margin, bound, minimum_signals, minimum_days, cluster, unit)
    course = looks(observations(pairs, cluster), level=level, bound=bound, margin=margin)
    verdict, decided_on = decide(course, terms)
    last = course[-1] if course else None
    return Judgement(
        verdict=verdict,
        decided_on=decided_on,
        signals=last.signals if last else 0,
        days=last.days if last else 0,
        observations=last.observations if last else 0,
        mean_difference=mean_difference(pairs),
        mean=last.mean if last else None,
        lower=last.lower if last else -bound,
        upper=last.upper if last else bound,
        e_b_better=last.e_positive if last else 1.0,
        e_a_better=last.e_negative if last else 1.0,
        clipped=last.clipped if last else 0,
        contradictory=bool(last and last.positive and last.negative),
        terms=terms,
    )


def decide(course: Sequence[Look], terms: Terms) -> tuple[Verdict, date | None]:
    """The first verdict that could be given, and on which day; a proof found before the minimum waits for it."""
    if course and course[-1].positive and course[-1].negative:
        return Verdict.NOT_ENOUGH_EVIDENCE, None
    for look in course:
        verdict = _verdict_at(look)
        if verdict is not None and terms.enough(look):
            return verdict, look.on
    return Verdict.NOT_ENOUGH_EVIDENCE, None


def _verdict_at(look: Look) -> Verdict | None:
    if look.positive:
        return Verdict.B_BETTER
    if look.negative:
        return Verdict.A_BETTER
    return Verdict.NO_DIFFERENCE if look.within_margin else None
