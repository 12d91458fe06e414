from __future__ import annotations

from decimal import Decimal

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from books_app.web.admin import AuditedAdmin, column, plain
from domain.selection.policy import FURTHEST_DAYS, LARGEST_WEIGHT, Weights
from signals_app.admin.forms import BoundedForm, Bounds
from signals_app.models import SelectionPolicy

SELECTION_BOUNDS: Bounds = {
    "otm_steps": (1, 50),
    "min_days": (0, FURTHEST_DAYS),
    "max_days": (0, FURTHEST_DAYS),
    "target_days": (0, FURTHEST_DAYS),
    **dict.fromkeys(("delta_min", "delta_max", "delta_target"), (Decimal("0.01"), Decimal("0.99"))),
    "max_spread": (Decimal("0.001"), 1),
    "max_spread_ticks": (1, 1000),
    **{f"weight_{term}": (0, LARGEST_WEIGHT) for term in Weights._fields},
}


class SelectionPolicyForm(BoundedForm):
    bounds = SELECTION_BOUNDS

    class Meta:
        model = SelectionPolicy
        fields = "__all__"


@admin.register(SelectionPolicy)
class SelectionPolicyAdmin(AuditedAdmin):
    entity = "selection"
    form = SelectionPolicyForm
    list_display = ("name", "strike", "days", "delta", "activity", "spread", "users")
    search_fields = ("name",)
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "strike", "otm_steps"),
                "description": "Contracts that pass every filter are scored; the best one is bought. Try a policy with "
                "<code>manage.py pick SPY --direction long --policy NAME</code>.",
            },
        ),
        ("Days to expiration", {"fields": ("min_days", "max_days", "target_days")}),
        ("Delta", {"fields": ("delta_min", "delta_max", "delta_target")}),
        (
            "Tradable at a fair price",
            {"fields": ("min_open_interest", "min_volume", "unknown_passes", "max_spread", "max_spread_ticks")},
        ),
        (
            "What counts how much",
            {
                "fields": tuple(f"weight_{term}" for term in Weights._fields),
                "description": "Only the proportions matter; 0 leaves a merit out.",
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SelectionPolicy]:
        rows: QuerySet[SelectionPolicy] = super().get_queryset(request)
        return rows.annotate(user_count=Count("strategies"))

    @column("days", order="target_days")
    def days(self, policy: SelectionPolicy) -> str:
        return f"{policy.min_days} to {policy.max_days}, {policy.target_days} wanted"

    @column("delta", order="delta_target")
    def delta(self, policy: SelectionPolicy) -> str:
        return f"{plain(policy.delta_min)} to {plain(policy.delta_max)}, {plain(policy.delta_target)} wanted"

    @column("open interest, volume")
    def activity(self, policy: SelectionPolicy) -> str:
        return f"from {policy.min_open_interest}, from {policy.min_volume}"

    @column("spread", order="max_spread")
    def spread(self, policy: SelectionPolicy) -> str:
        return f"up to {policy.max_spread:.1%}, {policy.max_spread_ticks} ticks"

    @column("strategies", order="user_count")
    def users(self, policy: SelectionPolicy) -> int:
        return int(policy.user_count)  # type: ignore[attr-defined]  # annotated above
