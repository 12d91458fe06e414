"""The deeds on experiments: start, stop, and a change of the split, which one person prepares and another one confirms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import HttpRequest
from django.urls import URLPattern

from books_app.web.changes import actor_of
from domain.flags import VARIANT_B
from signals_app.jury.force import flags_in_force
from signals_app.models import Experiment, SplitChange
from signals_app.services import experiments
from tradingsite.desk import Deed, ReasonForm, address_of, deed

PREPARES: Final = "signals_app.add_splitchange"
DECIDES: Final = "signals_app.change_splitchange"  # starts and stops as well: all of it says where alerts go


class StartExperiment(Deed):
    model, permission, button = Experiment, DECIDES, "Start the experiment"

    def question(self, row: Experiment) -> str:
        return f"Start {row.name}?"

    def facts(self, row: Experiment) -> Sequence[str]:
        whose = "every strategy that has none of its own" if row.strategy is None else f"strategy {row.strategy.name}"
        told = [
            f"From the next alert on it draws the engine for {whose}: {row.percent_a} % to A, {100 - row.percent_a} % to B.",
            f"Its terms are fixed then: {row.get_metric_display()}, margin {row.margin.normalize():f}, "
            f"at least {row.minimum_signals} alerts on {row.minimum_days} days, allowed loss {row.allowed_loss:,.2f}.",
        ]
        if not flags_in_force()[VARIANT_B].on:
            told.append(f"The flag {VARIANT_B} is off: engine A trades everything until it is switched on.")
        return told

    def act(self, request: HttpRequest, row: Experiment, given: dict[str, Any]) -> str:
        experiments.start(experiment_id=row.pk, actor=actor_of(request.user))
        return f"{row.name} runs."


class StopExperiment(Deed):
    model, permission, button, form_class = Experiment, DECIDES, "Stop the experiment", ReasonForm

    def question(self, row: Experiment) -> str:
        return f"Stop {row.name}?"

    def facts(self, row: Experiment) -> Sequence[str]:
        return (
            "From the next alert on the strategy's own engine trades; what is held goes on under its exit rules.",
            "A stopped experiment is never started again: its figures stand.",
        )

    def act(self, request: HttpRequest, row: Experiment, given: dict[str, Any]) -> str:
        experiments.stop(experiment_id=row.pk, actor=actor_of(request.user), reason=given["reason"])
        return f"{row.name} has ended."


class SplitForm(forms.Form):
    percent_a = forms.IntegerField(
        label="percent to engine A", min_value=0, max_value=100, help_text="Of the alerts; B trades the others."
    )
    why = forms.CharField(max_length=400, help_text="What the one who confirms it should know")


class PrepareSplit(Deed):
    model, permission, button, grave = Experiment, PREPARES, "Prepare the change", False
    form_class = SplitForm

    def question(self, row: Experiment) -> str:
        return f"Prepare another split of {row.name}?"

    def facts(self, row: Experiment) -> Sequence[str]:
        return (
            f"Engine A trades {row.percent_a} % of its alerts now.",
            "Nothing changes until another person confirms.",
        )

    def act(self, request: HttpRequest, row: Experiment, given: dict[str, Any]) -> str:
        change = experiments.prepare_split(
            experiment_id=row.pk, percent_a=given["percent_a"], why=given["why"], actor=actor_of(request.user)
        )
        return f"{change} is prepared. Another person confirms it."


class ConfirmSplit(Deed):
    model, permission, button = SplitChange, DECIDES, "Confirm the change"

    def back(self, row: SplitChange) -> str:
        return address_of(row.experiment)

    def question(self, row: SplitChange) -> str:
        return f"{row.experiment.name}: {row}?"

    def facts(self, row: SplitChange) -> Sequence[str]:
        return (
            f"Prepared by {row.prepared_by} at {row.prepared_at:%Y-%m-%d %H:%M} UTC: {row.why}",
            f"From the next alert on engine A trades {row.percent_to} % instead of {row.percent_from} %.",
        )

    def act(self, request: HttpRequest, row: SplitChange, given: dict[str, Any]) -> str:
        experiment = experiments.confirm_split(change_id=row.pk, actor=actor_of(request.user))
        return f"Engine A trades {experiment.percent_a} % of the alerts of {experiment.name}."


class WithdrawSplit(ConfirmSplit):
    permission, button, grave = PREPARES, "Withdraw the change", False

    def question(self, row: SplitChange) -> str:
        return f"Withdraw {row}?"

    def facts(self, row: SplitChange) -> Sequence[str]:
        return (f"Prepared by {row.prepared_by}: {row.why}", f"Engine A goes on with {row.percent_from} %.")

    def act(self, request: HttpRequest, row: SplitChange, given: dict[str, Any]) -> str:
        experiments.withdraw_split(change_id=row.pk, actor=actor_of(request.user))
        return f"{row} is withdrawn."


urlpatterns: list[URLPattern] = [
    deed("experiments/<int:pk>/start/", StartExperiment, "desk-start-experiment"),
    deed("experiments/<int:pk>/stop/", StopExperiment, "desk-stop-experiment"),
    deed("experiments/<int:pk>/prepare-split/", PrepareSplit, "desk-prepare-split"),
    deed("split-changes/<int:pk>/confirm/", ConfirmSplit, "desk-confirm-split"),
    deed("split-changes/<int:pk>/withdraw/", WithdrawSplit, "desk-withdraw-split"),
]
