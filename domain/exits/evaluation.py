"""All rules on one position: every verdict, and the exit that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from .hard_fail import fault_of
from .registry import ExitRule
from .view import Exit, PositionView


class Outcome(StrEnum):
    """What a rule said."""

    HOLD = "hold"
    WAITING = "waiting"  # it looks at a mark or at Greeks and there are none to be trusted now
    EXIT = "exit"


class Verdict(NamedTuple):
    """One rule's answer for one position, as it is stored."""

    kind: str
    tier: int
    outcome: Outcome
    level: Decimal | None = None
    text: str = ""


class Evaluation(NamedTuple):
    """verdicts: one for each rule, in the order given. exit: the first that fired in the lowest tier."""

    verdicts: tuple[Verdict, ...]
    exit: Exit | None


class _Watch(NamedTuple):
    """The rules that can be asked in one state of the figures, and the evaluation when none of them fires."""

    asked: tuple[tuple[int, Callable[[PositionView], Exit | None]], ...]  # how each decides, with its place in the set
    quiet: Evaluation


class RuleSet:
    """Rules made ready for many positions: what they answer when nothing happens is made once and shared."""

    __slots__ = ("_marked", "_measured", "_unmarked", "rules")

    def __init__(self, rules: Iterable[ExitRule]) -> None:
        self.rules = tuple(rules)
        self._unmarked = self._watch(marked=False, measured=False)
        self._marked = self._watch(marked=True, measured=False)
        self._measured = self._watch(marked=True, measured=True)

    def evaluate(self, view: PositionView) -> Evaluation:
        """Ask every rule. Rules by mark wait for a good quote and for figures that are possible; others never wait."""
        watch = self._unmarked
        if view.quote_good and view.mark is not None and fault_of(view) is None:
            watch = self._marked if view.greeks is None or view.entry_greeks is None else self._measured
        fired = [(place, leaving) for place, decide in watch.asked if (leaving := decide(view)) is not None]
        if not fired:
            return watch.quiet
        verdicts = list(watch.quiet.verdicts)
        for place, leaving in fired:
            verdicts[place] = Verdict(leaving.kind, leaving.tier, Outcome.EXIT, leaving.level, leaving.text)
        return Evaluation(tuple(verdicts), min((leaving for _, leaving in fired), key=lambda leaving: leaving.tier))

    def _watch(self, *, marked: bool, measured: bool) -> _Watch:
        """marked: there is a good mark, and the figures are sound."""
        waits = [(rule.needs_mark and not marked) or (rule.needs_greeks and not measured) for rule in self.rules]
        asked = tuple(
            (place, rule.decide)
            for place, rule in enumerate(self.rules)
            if not waits[place] and not (rule.about_faults and marked)
        )
        verdicts = tuple(
            Verdict(rule.kind, rule.tier, Outcome.WAITING if waiting else Outcome.HOLD)
            for rule, waiting in zip(self.rules, waits, strict=True)
        )
        return _Watch(asked, Evaluation(verdicts, None))


def evaluate(rules: RuleSet | Sequence[ExitRule], view: PositionView) -> Evaluation:
    """One position under these rules. A RuleSet is the quickest; plain rules are made ready once and remembered."""
    ready = rules if isinstance(rules, RuleSet) else _ready(tuple(rules))
    return ready.evaluate(view)


@lru_cache(maxsize=256)
def _ready(rules: tuple[ExitRule, ...]) -> RuleSet:
    return RuleSet(rules)
