"""Deciding on a signal: look at the market first, judge with every engine, then lock the signal and write down what was said.

One engine trades the alert on the strategy's book. Where both decide, the other one's decision goes the same way as a
shadow, on the shadow book.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from books_app import clock
from books_app.audit import Trail
from books_app.models import Account
from books_app.shadows import shadow_book
from domain.errors import RuleBroken
from domain.flags import LLM
from domain.positions import Direction
from domain.quote_gate import UNDERLYING_LIMITS
from domain.rules.engine import Verdict
from domain.rules.engine import decide as decide_by_rules
from domain.rules.plan import plan_for
from domain.rules.view import DecisionView
from domain.signals import SignalStatus
from market_app import quoting
from market_app import services as market
from market_app.services import MarketSnapshot
from risk_app.queries import Standing, standing_of
from signals_app.jury.force import InForce, in_force
from signals_app.models import Decision, Signal
from signals_app.services.plans import (
    ENGINE_A,
    ApprovedPlan,
    approved_plan,
    plan_as_json,
    plan_of,
    underlying_of,
)
from signals_app.services.routing import engine_for, other_engine
from signals_app.services.steps import SWEEP_AFTER, lock_signal, move
from signals_app.services.views import decision_view, seen_by, unsupported

if TYPE_CHECKING:
    from signals_app.jury.trial import Trial

S = SignalStatus


@dataclass(frozen=True, slots=True)
class Course:
    """One engine's way with an alert: the book that it decides for, and whether it trades there."""

    engine: str
    book: Account
    shadow: bool = False  # its decision is carried out on the shadow book
    carried: bool = True  # its decision is carried out at all


@dataclass(frozen=True, slots=True)
class Judged:
    """What one engine said on its course."""

    course: Course
    standing: Standing
    verdict: Verdict
    trial: Trial | None = None


def decide(*, signal_id: int) -> SignalStatus:
    """Both engines on one pending signal, as flags and experiment say. Safe to repeat: a decided one is left as it is."""
    decide_to_plans(signal_id=signal_id)
    return S(Signal.objects.values_list("status", flat=True).get(pk=signal_id))


def decide_to_plans(*, signal_id: int) -> list[ApprovedPlan]:
    """Decide, and hand the approved plans over without reading them again: the strategy's book first, then the shadow's.

    A signal that has been decided before gives its own plan, if there is still something to carry out.
    """
    signal = Signal.objects.select_related("strategy__selection_policy", "account").get(pk=signal_id)
    if signal.status != S.PENDING:
        known = approved_plan(signal_id)
        return [] if known is None else [known]
    underlying = underlying_of(signal)
    interval_s = _interval_seconds(signal)
    snapshot = market.snapshot(
        underlying,
        product=quoting.option_product(underlying),
        interval_s=interval_s,
        now=clock.now(),
        limits=UNDERLYING_LIMITS,
    )
    force = in_force(signal.strategy, now=snapshot.at)
    engine = engine_for(signal, force)
    judged = [
        _judged(course, signal, underlying, interval_s, snapshot, force) for course in _courses(signal, engine, force)
    ]
    return _write(signal, judged, snapshot, force)


def _interval_seconds(signal: Signal) -> int:
    interval = signal.alert.get("interval_s")
    return interval if isinstance(interval, int) else signal.strategy.interval_seconds


def _courses(signal: Signal, engine: str, force: InForce) -> list[Course]:
    """The engine that trades comes first."""
    traded = Course(engine, signal.account)
    if not force.jury:
        return [traded]
    if force.shadows:
        return [traded, Course(other_engine(engine), shadow_book(signal.account), shadow=True)]
    return [traded, Course(other_engine(engine), signal.account, carried=False)]


def _judged(
    course: Course, signal: Signal, underlying: str, interval_s: int, snapshot: MarketSnapshot, force: InForce
) -> Judged:
    standing = standing_of(course.book, now=snapshot.at)
    refused = unsupported(signal, snapshot)
    if refused is not None:
        return Judged(course, standing, refused)
    view = decision_view(signal, underlying, standing, snapshot)
    verdict = decide_by_rules(view)
    if course.engine == ENGINE_A:
        return Judged(course, standing, verdict)
    from domain.agents.verdict import with_jury  # numpy: only where a jury is heard

    trial = _tried(signal, view, snapshot, interval_s, force, advised=verdict.approved)
    return Judged(course, standing, with_jury(verdict, None if trial is None else trial.finding), trial)


def _tried(
    signal: Signal, view: DecisionView, snapshot: MarketSnapshot, interval_s: int, force: InForce, *, advised: bool
) -> Trial | None:
    """What the jury makes of an alert that would open something; None where there is nothing to vote on, or to see.

    advised: a language model may be asked, which costs money: not for an alert that a rule has refused.
    """
    thesis = _thesis(view)
    if thesis is None or not snapshot.session.open:
        return None
    from signals_app.jury import sight, trial

    seen = sight.look(snapshot, thesis=thesis, interval_s=interval_s, book=view.book, limits=view.limits)
    if advised and force.on(LLM):
        seen = sight.with_advice(seen, signal.pk)
    return trial.try_alert(seen, force)


def _thesis(view: DecisionView) -> Direction | None:
    try:
        plan = plan_for(view)
    except RuleBroken:
        return None
    return plan.thesis if plan.opens else None


@transaction.atomic
def _write(unlocked: Signal, judged: list[Judged], snapshot: MarketSnapshot, force: InForce) -> list[ApprovedPlan]:
    """Nothing where another worker has decided meanwhile."""
    signal = lock_signal(unlocked.pk)
    if signal.status != S.PENDING:
        return []
    signal.strategy = unlocked.strategy
    signal.engine = judged[0].course.engine
    signal.experiment_id = None if force.split is None or not force.jury else force.split.experiment_id
    plans, paired = [], any(said.course.shadow for said in judged)
    for said in judged:
        decision = _write_decision(signal, said, snapshot)
        carried = _carry(signal, said, decision)
        if carried is not None and said.verdict.approved:
            plans.append(plan_of(decision, carried, paired=paired))
    return plans


def _carry(signal: Signal, said: Judged, decision: Decision) -> Signal | None:
    """The row of work behind the decision, moved to what was decided; None where it is only kept."""
    verdict, course = said.verdict, said.course
    if not course.carried:
        return None
    trail = Trail(f"engine {course.engine}", signal.correlation_id)
    following = S.APPROVED if verdict.approved else S.REJECTED
    reason = "" if verdict.approved else verdict.reason or ""
    carried = _shadow_of(signal, said, following, reason, trail) if course.shadow else signal
    text, data = verdict.text, {"decision": decision.pk}
    if course.shadow:
        trail.note("signal", carried.pk, S.PENDING, following, reason=reason, text=text, data=data)
    else:
        move(signal, following, trail, reason=reason, text=text, data=data)
    trail.write()
    return carried


def _shadow_of(signal: Signal, said: Judged, status: SignalStatus, reason: str, trail: Trail) -> Signal:
    """A second row of work for the same alert, on the shadow book: inserted where its engine's decision has brought it."""
    now = clock.now()
    shadow = Signal(
        **{name: getattr(signal, name) for name in _SAME},
        shadow_of=signal,
        account=said.course.book,
        engine=said.course.engine,
        dedupe_key=f"shadow-of-{signal.pk}",
        status=status,
        reason=reason,
        reason_text=said.verdict.text[:400] if reason else "",
        due_at=now + SWEEP_AFTER,
        updated_at=now,
    )
    shadow.save(force_insert=True)
    trail.note("signal", shadow.pk, "", S.PENDING, data={"shadow_of": signal.pk})
    return shadow


_SAME = (
    "strategy",
    "event_id",
    "leg",
    "experiment_id",
    "correlation_id",
    "symbol",
    "asset_class",
    "intent",
    "alert",
    "alert_time",
    "received_at",
    "signal_price",
)


def _write_decision(signal: Signal, said: Judged, snapshot: MarketSnapshot) -> Decision:
    verdict = said.verdict
    decision = Decision.objects.create(
        signal=signal,
        engine=said.course.engine,
        verdict=Decision.Verdict.APPROVED if verdict.approved else Decision.Verdict.REJECTED,
        reason=verdict.reason or "",
        text=verdict.text[:400],
        plan=None if verdict.plan is None else plan_as_json(verdict.plan),
        rules=[[result.code, result.passed, result.text] for result in verdict.results],
        seen=seen_by(snapshot, said.standing),
        decided_at=clock.now(),
    )
    if said.trial is not None:
        from signals_app.jury.trial import keep

        keep(said.trial, decision)
    return decision
