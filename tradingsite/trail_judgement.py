"""One engine's decision, unpacked for reading: its rules, its limits and how much of them was used, why it refused."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from books_app.web.reasons import known, page_of
from domain.reasons import Reason
from signals_app.models import Decision
from tradingsite.trail_engines import Jury, course_of, jury_of

LIMITS_IN_USE: Final = {  # limit: what of the book it is compared with
    "max_open_positions": "open_positions",
    "max_exposure": "exposure",
    "max_daily_loss": "loss_today",
    "max_orders_per_minute": "orders_last_minute",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was refused or ended, with the words of the registry."""

    code: str
    text: str
    reason: Reason | None

    @property
    def docs(self) -> str:
        return page_of(self.code)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What one rule of a decision found."""

    code: str
    passed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """One limit, and how much of it was used when the decision was made."""

    code: str
    used: str
    limit: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """One engine's decision, unpacked for reading. course: what became of it; jury: of engine B, where one was heard."""

    decision: Decision
    rules: tuple[RuleLine, ...]
    uses: tuple[Use, ...]
    refusal: Refusal | None
    course: str
    jury: Jury | None = None

    @property
    def market(self) -> dict[str, Any]:
        return dict(self.decision.seen.get("market") or {})

    @property
    def book(self) -> dict[str, Any]:
        return dict(self.decision.seen.get("book") or {})

    @property
    def passed(self) -> int:
        return sum(rule.passed for rule in self.rules)


def judgement_of(decision: Decision, engine: str, *, shadowed: bool) -> Judgement:
    return Judgement(
        decision=decision,
        rules=tuple(RuleLine(code, bool(passed), text) for code, passed, text in decision.rules),
        uses=tuple(_uses(decision.seen)),
        refusal=refusal_of(decision.reason, decision.text),
        course=course_of(decision, engine, shadowed=shadowed),
        jury=jury_of(decision),
    )


def _uses(seen: dict[str, Any]) -> list[Use]:
    limits, book = seen.get("limits") or {}, seen.get("book") or {}
    found = []
    for code, limit in limits.items():
        used = book.get(LIMITS_IN_USE.get(code, ""))
        percent = None
        if used is not None and Decimal(str(limit)):
            percent = min(int(100 * Decimal(str(used)) / Decimal(str(limit))), 100)
        found.append(Use(code, "" if used is None else plain(used), plain(limit), percent))
    return found


def refusal_of(code: str, text: str) -> Refusal | None:
    return Refusal(code, text, known(code)) if code else None


def plain(number: object) -> str:
    """A decimal without the zeros that fill up its column."""
    return f"{Decimal(str(number)).normalize():f}"
