"""Experiments: a draft is edited, a running one is only read; starting, stopping and changing the split are deeds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books_app.fields import MONEY_LIMIT
from books_app.web.admin import AuditedAdmin, ReadOnlyAdmin, ReadOnlyInline, badge, column
from signals_app.admin.forms import BoundedForm, Bounds
from signals_app.models import Experiment, SplitChange
from signals_app.services.experiments import lock_experiment

TERMS = ("strategy", "percent_a", "metric", "margin", "bound", "cluster", "level", "minimum_signals", "minimum_days")
COURSE = ("status", "starts_at", "stopped_at", "stop_reason", "stopped_engines", "salt", "created_at")


class ExperimentForm(BoundedForm):
    bounds: ClassVar[Bounds] = {
        "percent_a": (0, 100),
        "margin": (Decimal("0.0001"), 100),
        "bound": (Decimal("0.01"), 100),
        "level": (Decimal("0.001"), Decimal("0.5")),
        "minimum_signals": (1, 1_000_000),
        "minimum_days": (1, 10_000),
        "allowed_loss": (Decimal("0.01"), MONEY_LIMIT),
    }

    class Meta:
        model = Experiment
        fields = ("name", *TERMS, "allowed_loss", "stops_at")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        margin, bound = given.get("margin"), given.get("bound")
        if margin is not None and bound is not None and margin > bound:
            self.add_error("margin", f"It is at most the bound, {bound.normalize():f}.")
        return given


class SplitChangeInline(ReadOnlyInline):
    model = SplitChange
    verbose_name_plural = "changes of the split"
    fields = readonly_fields = ("percent_from", "percent_to", "why", "prepared_by", "confirmed_by", "state")
    ordering = ("-pk",)

    @column("state")
    def state(self, change: SplitChange) -> SafeString:
        return state_of(change)


def state_of(change: SplitChange) -> SafeString:
    if change.confirmed_at is not None:
        return badge("done", text="in force")
    return badge("withdrawn") if change.withdrawn_at is not None else badge("pending", text="waits")


@admin.register(Experiment)
class ExperimentAdmin(AuditedAdmin):
    """What is declared before the start cannot be changed afterwards: looking at results would choose the terms."""

    entity = "experiment"
    form = ExperimentForm
    change_form_template = "admin/signals_app/experiment/change_form.html"
    list_display = ("name", "state", "whose", "split", "metric", "needs", "loss", "since")
    list_filter = ("status", "strategy")
    search_fields = ("name",)
    list_select_related = ("strategy",)
    readonly_fields = COURSE
    inlines = (SplitChangeInline,)
    fieldsets = (
        (None, {"fields": ("name", "strategy", "percent_a")}),
        (
            "What is compared",
            {
                "fields": ("metric", "margin", "bound", "cluster", "level", "minimum_signals", "minimum_days"),
                "description": "Declared now, and fixed from the start on.",
            },
        ),
        ("When it ends", {"fields": ("allowed_loss", "stops_at")}),
        ("Its course", {"fields": COURSE}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        may: bool = super().has_change_permission(request, obj)
        return may and (obj is None or obj.status == Experiment.Status.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return False  # one that disappears when its result displeases would make the others worth less

    def get_inlines(self, request: HttpRequest, obj: Experiment | None) -> list[Any]:
        return [] if obj is None else [SplitChangeInline]

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Experiment, form: ModelForm, change: bool) -> None:  # type: ignore[override,type-arg]
        """Under the row's lock: it may have been started while the form lay open."""
        if change and lock_experiment(obj.pk).status != Experiment.Status.DRAFT:
            raise PermissionDenied(f"{obj.name} has been started meanwhile; its terms are fixed.")
        super().save_model(request, obj, form, change)

    @column("state", order="status")
    def state(self, experiment: Experiment) -> SafeString:
        tone = {"draft": "draft", "running": "active", "stopped": "ended"}[experiment.status]
        label = badge(tone, text=experiment.status)
        if not experiment.stopped_engines:
            return label
        return format_html("{} {}", label, badge("halted", text=f"without {experiment.stopped_engines}"))

    @column("strategy", order="strategy__name")
    def whose(self, experiment: Experiment) -> str:
        return "all without their own" if experiment.strategy is None else experiment.strategy.name

    @column("split A, B", order="percent_a")
    def split(self, experiment: Experiment) -> str:
        return f"{experiment.percent_a} %, {100 - experiment.percent_a} %"

    @column("at least")
    def needs(self, experiment: Experiment) -> str:
        return f"{experiment.minimum_signals} alerts, {experiment.minimum_days} days"

    @column("allowed loss", order="allowed_loss")
    def loss(self, experiment: Experiment) -> str:
        return f"{experiment.allowed_loss:,.2f}"

    @column("began (UTC)", order="starts_at")
    def since(self, experiment: Experiment) -> str:
        return "" if experiment.starts_at is None else f"{experiment.starts_at:%Y-%m-%d %H:%M}"


@admin.register(SplitChange)
class SplitChangeAdmin(ReadOnlyAdmin):
    list_display = ("prepared_at", "experiment", "step", "state", "why", "prepared_by", "confirmed_by")
    list_filter = ("experiment", "prepared_at")
    list_select_related = ("experiment",)

    @column("percent to engine A")
    def step(self, change: SplitChange) -> str:
        return f"{change.percent_from} → {change.percent_to}"

    @column("state")
    def state(self, change: SplitChange) -> SafeString:
        return state_of(change)
