from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books_app import clock
from books_app.web.admin import ReadOnlyAdmin, Shadows, badge, column, explained, recent_values
from signals_app.models import Decision, Signal, WebhookEvent


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
    list_display = ("number", "received", "strategy", "wish", "traded_by", "state", "why")
    list_filter = (
        "status",
        Dead,
        Shadows,
        "engine",
        "strategy",
        recent_values("reason", "reason"),
        recent_values("symbol", "symbol"),
        "received_at",
    )
    search_fields = ("=id", "symbol", "=correlation_id")
    search_help_text = "A signal's number, a symbol, or a correlation id"
    list_select_related = ("strategy", "account")

    @column("signal", order="id")
    def number(self, signal: Signal) -> str:
        return f"#{signal.pk}"

    @column("received (UTC)", order="received_at")
    def received(self, signal: Signal) -> str:
        return f"{signal.received_at:%Y-%m-%d %H:%M:%S}"

    @column("alert", order="symbol")
    def wish(self, signal: Signal) -> SafeString:
        return format_html("{} <strong>{}</strong>", signal.intent.replace("_", " "), signal.symbol)

    @column("engine", order="engine")
    def traded_by(self, signal: Signal) -> SafeString | str:
        return format_html("{} {}", signal.engine, badge("shadow")) if signal.shadow_of_id else signal.engine

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
