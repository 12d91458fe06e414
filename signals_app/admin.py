from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books_app import clock
from books_app.web.admin import AuditedAdmin, ReadOnlyAdmin, badge, column, explained, plain, recent_values
from books_app.web.changes import actor_of
from domain.errors import RuleBroken
from signals_app.models import Credential, Decision, Signal, Strategy, WebhookEvent
from signals_app.services.plans import contract_policy, sizing_policy
from signals_app.services.strategies import Secrets, issue_secrets

BOUNDS: dict[str, tuple[Decimal | int, Decimal | int]] = {  # the table's constraints, told in the form
    "interval_seconds": (60, 86_400),
    "freshness_seconds": (1, 86_400),
    "entry_cutoff_minutes": (0, 390),
    "min_days_to_expiry": (0, 1000),
    "strike_steps": (0, 50),
    "strike_delta": (Decimal("0.01"), Decimal("0.99")),
    "sizing_value": (Decimal("0.01"), Decimal("1e9")),
    "sizing_stop": (Decimal("0.01"), 1),
    "alerts_per_minute": (1, 100_000),
}


class StrategyForm(forms.ModelForm):
    class Meta:
        model = Strategy
        exclude = ("paused", "created_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (low, high) in BOUNDS.items():
            if (field := self.fields.get(name)) is not None:
                field.validators += [MinValueValidator(low), MaxValueValidator(high)]
                field.widget.attrs |= {"min": str(low), "max": f"{high:f}" if isinstance(high, Decimal) else str(high)}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        fixed, value = given.get("sizing") == Strategy.Sizing.FIXED, given.get("sizing_value")
        if fixed and isinstance(value, Decimal) and (value != value.to_integral_value() or value < 1):
            self.add_error("sizing_value", "A fixed size is a whole number of contracts, 1 or more.")
        return given

    def _post_clean(self) -> None:
        """The policies say themselves what they do not take; so a wrong one never waits for the first alert."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        for policy in (contract_policy, sizing_policy):
            try:
                policy(self.instance)
            except RuleBroken as broken:
                self.add_error(None, broken.message)


class CredentialInline(admin.TabularInline):  # type: ignore[type-arg]  # django-stubs needs two arguments, Django takes none
    model = Credential
    verbose_name_plural = "secrets (only their hashes are kept)"
    fields = readonly_fields = ("kind", "public_id", "hash_begins", "created_at", "expires_at", "state")
    extra = 0
    can_delete = False
    ordering = ("kind", "-pk")

    def has_add_permission(self, *_args: object) -> bool:
        return False

    def has_change_permission(self, *_args: object) -> bool:
        return False

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
    list_display = ("name", "state", "account", "symbols", "contract", "size", "alerts_per_minute")
    list_filter = ("paused", "account")
    search_fields = ("name",)
    list_select_related = ("account",)
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
            "Which contract",
            {
                "fields": ("min_days_to_expiry", "strike_policy", "strike_steps", "strike_delta"),
                "description": "Always one that is listed: the nearest expiration far enough ahead, and of it one strike.",
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

    @column("contract")
    def contract(self, strategy: Strategy) -> str:
        strike = {
            "atm": "at the money",
            "otm": f"{strategy.strike_steps} out",
            "delta": f"delta {plain(strategy.strike_delta)}",
        }
        return f"{strategy.min_days_to_expiry}+ days, {strike[strategy.strike_policy]}"

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


class Dead(admin.SimpleListFilter):
    """Rows that were tried as often as allowed: somebody has to look."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("dead", "dead rows"), ("retried", "tried more than once"), ("overdue", "unfinished and overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Signal]) -> QuerySet[Signal]:
        live = ["pending", "approved", "closing"]
        return {
            "dead": lambda: queryset.filter(status="dead"),
            "retried": lambda: queryset.filter(attempts__gt=1),
            "overdue": lambda: queryset.filter(status__in=live, due_at__lt=clock.now()),
        }.get(self.value() or "", lambda: queryset)()


@admin.register(Signal)
class SignalAdmin(ReadOnlyAdmin):
    """Its change page is the whole decision trail."""

    change_form_template = "admin/signals_app/signal/trail.html"
    list_display = ("number", "received", "strategy", "wish", "state", "why")
    list_filter = (
        "status",
        Dead,
        "strategy",
        recent_values("reason", "reason"),
        recent_values("symbol", "symbol"),
        "received_at",
    )
    search_fields = ("=id", "symbol", "=correlation_id")
    search_help_text = "A signal's number, a symbol, or a correlation id"
    list_select_related = ("strategy",)

    @column("signal", order="id")
    def number(self, signal: Signal) -> str:
        return f"#{signal.pk}"

    @column("received (UTC)", order="received_at")
    def received(self, signal: Signal) -> str:
        return f"{signal.received_at:%Y-%m-%d %H:%M:%S}"

    @column("alert", order="symbol")
    def wish(self, signal: Signal) -> SafeString:
        return format_html("{} <strong>{}</strong>", signal.intent.replace("_", " "), signal.symbol)

    @column("state", order="status")
    def state(self, signal: Signal) -> SafeString:
        return badge(signal.status)

    @column("reason", order="reason")
    def why(self, signal: Signal) -> SafeString:
        return explained(signal.reason, signal.reason_text or signal.last_error)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("number", "signal", "engine", "said", "why")
    list_filter = ("verdict", "engine", recent_values("reason", "reason"), "decided_at")
    search_fields = ("=signal__id", "signal__symbol")
    list_select_related = ("signal",)

    @column("decided (UTC)", order="id")
    def number(self, decision: Decision) -> str:
        return f"{decision.decided_at:%Y-%m-%d %H:%M:%S}"

    @column("verdict", order="verdict")
    def said(self, decision: Decision) -> SafeString:
        return badge(decision.verdict)

    @column("reason", order="reason")
    def why(self, decision: Decision) -> SafeString:
        return explained(decision.reason, decision.text)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ("number", "received", "strategy", "said", "http_status", "why", "source_address")
    list_filter = ("outcome", recent_values("reason", "reason"), "strategy", "received_at")
    search_fields = ("=id", "=correlation_id", "body")
    list_select_related = ("strategy",)

    @column("event", order="id")
    def number(self, event: WebhookEvent) -> str:
        return f"#{event.pk}"

    @column("received (UTC)", order="received_at")
    def received(self, event: WebhookEvent) -> str:
        return f"{event.received_at:%Y-%m-%d %H:%M:%S}"

    @column("outcome", order="outcome")
    def said(self, event: WebhookEvent) -> SafeString:
        return badge(event.outcome)

    @column("reason", order="reason")
    def why(self, event: WebhookEvent) -> SafeString:
        return explained(event.reason, event.text)
