"""Experiments: an engine that loses more than it was allowed to trades no more of them, and what has an end ends."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import structlog
from celery import shared_task
from django.db import transaction

from books_app import clock
from domain.stats.guard import arm_stopped
from positions_app.figures import figures_of
from positions_app.models import Position
from signals_app.models import Experiment
from signals_app.services.experiments import lock_experiment, stop, stop_engine
from signals_app.services.plans import ENGINE_A, ENGINE_B
from signals_app.services.strategies import pause
from workers.schedule import once_per_tick

log = structlog.get_logger(__name__)

ACTOR = "guard"
ENGINES = (ENGINE_A, ENGINE_B)


@shared_task(name="workers.experiments.guard")
@once_per_tick("workers.experiments.guard")
def guard() -> str:
    """Two guards at once do it once: whoever comes second to an experiment's lock finds it done."""
    ended = [experiment for experiment in _running() if end_of_time(experiment)]
    stopped = [
        f"{experiment.name} {engine}" for experiment in _running() for engine in ENGINES if hold(experiment, engine)
    ]
    return f"ended: {', '.join(map(str, ended)) or 'none'}; engines stopped: {', '.join(stopped) or 'none'}"


def end_of_time(experiment: Experiment) -> bool:
    """Stop an experiment whose end has come."""
    if experiment.stops_at is None or experiment.stops_at > clock.now():
        return False
    stop(experiment_id=experiment.pk, actor=ACTOR, reason=f"its end was {experiment.stops_at:%Y-%m-%d %H:%M} UTC")
    return True


def hold(experiment: Experiment, engine: str) -> bool:
    """Stop one engine if it has ever lost what is allowed. False where it has not, or was stopped before."""
    if engine in experiment.stopped_engines:
        return False
    profits = list(profits_of(experiment, engine))
    if not arm_stopped(profits, experiment.allowed_loss):
        return False
    reason = f"engine {engine} has lost the allowed {experiment.allowed_loss:,.2f}, it stands at {sum(profits):+,.2f}"
    stopped, last = _stop(experiment, engine, reason)
    if stopped:
        log.error("engine_stopped", experiment=experiment.name, engine=engine, why=reason, none_left=last)
    return stopped


def profits_of(experiment: Experiment, engine: str) -> Iterable[Decimal]:
    """What that engine's trades on the real book have brought, the oldest closing first and all that is open at the end.

    After commissions. What is open counts with its mark; what was sold of it already counts here too.
    """
    traded = Position.objects.filter(
        signal__experiment=experiment, signal__engine=engine, signal__shadow_of__isnull=True
    )
    closed = traded.filter(status="closed").order_by("closed_at", "pk").values_list("realized", "commission")
    yield from (realized - commission for realized, commission in closed.iterator())
    yield sum((figures_of(position).total for position in traded.exclude(status="closed")), Decimal(0))


@transaction.atomic
def _stop(experiment: Experiment, engine: str, reason: str) -> tuple[bool, bool]:
    """Whether this call stopped it, and whether none is left: then the experiment ends and its strategy is paused."""
    if not stop_engine(experiment_id=experiment.pk, engine=engine, reason=reason):
        return False, False
    if lock_experiment(experiment.pk).stopped_engines != "".join(ENGINES):
        return True, False
    stop(experiment_id=experiment.pk, actor=ACTOR, reason="both engines have lost the allowed amount")
    if experiment.strategy_id is not None:
        pause(strategy_id=experiment.strategy_id, actor=ACTOR, reason=f"both engines of {experiment.name} are stopped")
    return True, True


def _running() -> list[Experiment]:
    return list(Experiment.objects.filter(status=Experiment.Status.RUNNING).order_by("pk"))
