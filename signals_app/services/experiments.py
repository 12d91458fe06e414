"""Experiments: starting and stopping them, and changing their split, for which it takes two people."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from books_app import clock
from books_app.audit import Trail
from domain.errors import RuleBroken
from signals_app.models import Experiment, SplitChange

Status = Experiment.Status


def lock_experiment(experiment_id: int) -> Experiment:
    """Under its row lock until the transaction ends. Raises RuleBroken ``not_found``."""
    found = Experiment.objects.select_for_update(of=("self",), no_key=True).filter(pk=experiment_id).first()
    if found is None:
        raise RuleBroken("not_found", f"there is no experiment {experiment_id}")
    return found


@transaction.atomic
def start(*, experiment_id: int, actor: str) -> Experiment:
    """From the next alert on it draws the engine. A running one is left as it is.

    Raises RuleBroken: experiment_ended, experiment_runs where the strategy has another running one.
    """
    experiment = lock_experiment(experiment_id)
    if experiment.status == Status.RUNNING:
        return experiment
    if experiment.status == Status.STOPPED:
        raise RuleBroken("experiment_ended", f"{experiment.name} has ended; its figures stand. Make a new one")
    experiment.status, experiment.starts_at = Status.RUNNING, clock.now()
    try:
        with transaction.atomic():
            experiment.save(update_fields=["status", "starts_at"])
    except IntegrityError as e:
        whose = experiment.strategy or "all strategies"
        raise RuleBroken("experiment_runs", f"another experiment of {whose} is running; stop it first") from e
    _note(experiment, actor, Status.DRAFT, Status.RUNNING, f"{experiment.percent_a} % to engine A")
    return experiment


@transaction.atomic
def stop(*, experiment_id: int, actor: str, reason: str) -> Experiment:
    """From the next alert on the strategy's own engine trades. Stopping twice is once; a draft cannot be stopped."""
    experiment = lock_experiment(experiment_id)
    if experiment.status == Status.RUNNING:
        experiment.status, experiment.stopped_at = Status.STOPPED, clock.now()
        experiment.stop_reason = reason[:200]
        experiment.save(update_fields=["status", "stopped_at", "stop_reason"])
        _note(experiment, actor, Status.RUNNING, Status.STOPPED, reason)
    return experiment


@transaction.atomic
def stop_engine(*, experiment_id: int, engine: str, reason: str) -> bool:
    """The guard: that engine trades no further alert of the experiment. False where it is stopped already.

    When both are stopped the guard ends the experiment and pauses its strategy: neither engine is worth its losses.
    """
    experiment = lock_experiment(experiment_id)
    if experiment.status != Status.RUNNING or engine in experiment.stopped_engines:
        return False
    experiment.stopped_engines = "".join(sorted({*experiment.stopped_engines, engine}))
    experiment.save(update_fields=["stopped_engines"])
    _note(experiment, "guard", "running", f"without {experiment.stopped_engines}", reason)
    return True


@transaction.atomic
def prepare_split(*, experiment_id: int, percent_a: int, why: str, actor: str) -> SplitChange:
    """Write down a change of the split for another person to confirm.

    Raises RuleBroken: bad_split, experiment_ended, split_change_open where one waits already.
    """
    experiment = lock_experiment(experiment_id)
    if experiment.status == Status.STOPPED:
        raise RuleBroken("experiment_ended", f"{experiment.name} has ended; there is nothing left to split")
    if not 0 <= percent_a <= 100 or percent_a == experiment.percent_a:
        raise RuleBroken("bad_split", f"{percent_a} is no other percentage than {experiment.percent_a}, 0 to 100")
    if experiment.changes.filter(confirmed_at=None, withdrawn_at=None).exists():
        raise RuleBroken("split_change_open", f"a change of {experiment.name} waits already: confirm or withdraw it")
    change = SplitChange.objects.create(
        experiment=experiment,
        percent_from=experiment.percent_a,
        percent_to=percent_a,
        why=why[:400],
        prepared_by=actor,
        prepared_at=clock.now(),
    )
    _note(experiment, actor, f"{experiment.percent_a} %", f"{percent_a} % prepared", why)
    return change


@transaction.atomic
def confirm_split(*, change_id: int, actor: str) -> Experiment:
    """Carry out what somebody else has prepared. Confirming twice is once.

    Raises RuleBroken: not_found, split_change_withdrawn, split_change_own, experiment_ended.
    """
    change = _lock_change(change_id)
    experiment = lock_experiment(change.experiment_id)
    if change.confirmed_at is not None:
        return experiment
    if change.withdrawn_at is not None:
        raise RuleBroken("split_change_withdrawn", "the change was withdrawn; prepare it again")
    if change.prepared_by == actor:
        raise RuleBroken("split_change_own", f"{actor} has prepared this change; another person confirms it")
    if experiment.status == Status.STOPPED:
        raise RuleBroken("experiment_ended", f"{experiment.name} has ended; there is nothing left to split")
    change.confirmed_by, change.confirmed_at = actor, clock.now()
    change.save(update_fields=["confirmed_by", "confirmed_at"])
    before, experiment.percent_a = experiment.percent_a, change.percent_to
    experiment.save(update_fields=["percent_a"])
    _note(experiment, actor, f"{before} %", f"{experiment.percent_a} %", f"prepared by {change.prepared_by}")
    return experiment


@transaction.atomic
def withdraw_split(*, change_id: int, actor: str) -> SplitChange:
    """Take back a change that waits. One that was confirmed cannot be; withdrawing twice is once."""
    change = _lock_change(change_id)
    if change.confirmed_at is not None:
        raise RuleBroken("split_change_confirmed", "the change is in force; prepare another one")
    if change.withdrawn_at is None:
        change.withdrawn_at = clock.now()
        change.save(update_fields=["withdrawn_at"])
        _note(change.experiment, actor, f"{change.percent_to} % prepared", "withdrawn", "")
    return change


def _lock_change(change_id: int) -> SplitChange:
    """Its experiment's lock comes first: both are taken by everybody who changes a split."""
    owner = SplitChange.objects.filter(pk=change_id).values_list("experiment_id", flat=True).first()
    if owner is None:
        raise RuleBroken("not_found", f"there is no change {change_id}")
    lock_experiment(owner)
    return SplitChange.objects.select_for_update(of=("self",), no_key=True).get(pk=change_id)


def _note(experiment: Experiment, actor: str, before: str, after: str, text: str) -> None:
    trail = Trail(actor)
    trail.note("experiment", experiment.pk, before[:20], after[:20], text=f"{experiment.name}: {text}")
    trail.write()
