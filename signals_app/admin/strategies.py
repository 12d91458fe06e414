from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from books_app import clock
from books_app.web.admin import AuditedAdmin, ReadOnlyInline, badge, column, plain
from books_app.web.changes import actor_of
from domain.errors import RuleBroken
from signals_app.admin.forms import BoundedForm, Bounds
from signals_app.models import Credential, SelectionPolicy, Strategy
from signals_app.services.plans import sizing_policy
from signals_app.services.strategies import Secrets, issue_secrets

BOUNDS: Bounds = {  # the table's constraints, told in the form
    "interval_seconds": (60, 86_400),
    "freshness_seconds": (1, 86_400),
    "entry_cutoff_minutes": (0, 390),
    "sizing_value": (Decimal("0.01"), Decimal("1e9")),
    "sizing_stop": (Decimal("0.01"), 1),
    "alerts_per_minute": (1, 100_000),
}


class StrategyForm(BoundedForm):
    bounds = BOUNDS

    class Meta:
        model = Strategy
        exclude = ("paused", "created_at")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        fixed, value = given.get("sizing") == Strategy.Sizing.FIXED, given.get("sizing_value")
        if fixed and isinstance(value, Decimal) and (value != value.to_integral_value() or value < 1):
            self.add_error("sizing_value", "A fixed size is a whole number of contracts, 1 or more.")
        return given

    def _post_clean(self) -> None:
        """The policy says itself what it does not take; so a wrong one never waits for the first alert."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            sizing_policy(self.instance)
        except RuleBroken as broken:
            self.add_error(None, broken.message)


class CredentialInline(ReadOnlyInline):
    model = Credential
    verbose_name_plural = "secrets (only their hashes are kept)"
    fields = readonly_fields = ("kind", "public_id", "hash_begins", "created_at", "expires_at", "state")
    ordering = ("kind", "-pk")

    @column("hash begins")
    def hash_begins(self, credential: Credential) -> str:
        return f"{credential.digest[:8]}…"

    @column("state")
    def state(self, credential: Credential) -> SafeString:
        if credential.expires_at is None:
            return badge("valid")
        return badge(
            "ended" if credential.expires_at <= clock.now() else "closing",
            text="" if credential.expires_at <= clock.now() else "expiring",
        )


@admin.register(Strategy)
class StrategyAdmin(AuditedAdmin):
    entity = "strategy"
    form = StrategyForm
    change_form_template = "admin/signals_app/strategy/change_form.html"
    list_display = ("name", "state", "account", "engine", "symbols", "contract", "size", "alerts_per_minute")
    list_filter = ("paused", "account")
    search_fields = ("name",)
    list_select_related = ("account", "selection_policy")
    fieldsets = (
        (None, {"fields": ("name", "account")}),
        (
            "What it may trade",
            {
                "fields": ("allowed_symbols", "allow_adding", "bare_sell", "entry_cutoff_minutes"),
                "description": "A long alert buys a call, a short one a put; an exit sells what is held. "
                "Limits of the book stand above everything here.",
            },
        ),
        (
            "Which engine",
            {
                "fields": ("engine", "jury_policy"),
                "description": "A running experiment draws the engine of each alert; the other one trades on the shadow book.",
            },
        ),
        (
            "Which contract",
            {
                "fields": ("selection_policy",),
                "description": "Always one that is listed. Policies are rows of their own, which strategies share.",
            },
        ),
        (
            "How much",
            {
                "fields": ("sizing", "sizing_value", "sizing_stop"),
                "description": "Contracts, an amount at risk until the stop, or an amount to spend. Limits cut it down; "
                "less than one contract is refused, with the arithmetic.",
            },
        ),
        (
            "Its alerts",
            {"fields": ("freshness_seconds", "interval_seconds", "alerts_per_minute", "source_addresses")},
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new strategy starts with the policy that was seeded, so that editing that row reaches it."""
        seeded = SelectionPolicy.objects.filter(name="default").values_list("pk", flat=True)
        return {"selection_policy": seeded.first(), **super().get_changeform_initial_data(request)}

    def get_inlines(self, request: HttpRequest, obj: Strategy | None) -> list[Any]:
        return [] if obj is None else [CredentialInline]

    def response_add(self, request: HttpRequest, obj: Strategy, post_url_continue: str | None = None) -> HttpResponse:
        """Issue the secrets in the transaction of the form, and show them in its answer: the only time they are seen."""
        return secrets_page(request, obj, issue_secrets(obj, actor=actor_of(request.user)))

    @column("state", order="paused")
    def state(self, strategy: Strategy) -> SafeString:
        return badge("paused" if strategy.paused else "active", text="" if strategy.paused else "runs")

    @column("symbols")
    def symbols(self, strategy: Strategy) -> str:
        shown = ", ".join(strategy.allowed_symbols[:6])
        return shown + (f" and {len(strategy.allowed_symbols) - 6} more" if len(strategy.allowed_symbols) > 6 else "")

    @column("contract", order="selection_policy")
    def contract(self, strategy: Strategy) -> str:
        return "built-in" if strategy.selection_policy is None else strategy.selection_policy.name

    @column("size")
    def size(self, strategy: Strategy) -> str:
        return f"{plain(strategy.sizing_value)} {strategy.get_sizing_display()}"


def secrets_page(request: HttpRequest, strategy: Strategy, secrets: Secrets) -> HttpResponse:
    """Never cached, never in a session or a message: what the browser shows now is the only copy."""
    context = {
        **admin.site.each_context(request),
        "title": f"Secrets of {strategy.name}",
        "strategy": strategy,
        "secrets": secrets,
    }
    return TemplateResponse(
        request, "admin/signals_app/strategy/secrets.html", context, headers={"Cache-Control": "no-store"}
    )
