from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books_app.web.admin import ReadOnlyAdmin, badge, column, explained, plain, recent_values
from signals_app.models import AdviceBudget, ModelAdvice


@admin.register(ModelAdvice)
class ModelAdviceAdmin(ReadOnlyAdmin):
    """Prompt and raw answer are on its change page, as text: what a model writes is never markup."""

    list_display = ("number", "signal", "model", "said", "why", "tokens", "price")
    list_filter = ("outcome", "action", recent_values("reason", "reason"), recent_values("model", "model"), "asked_at")
    search_fields = ("=signal__id", "signal__symbol")
    search_help_text = "A signal's number or a symbol"
    list_select_related = ("signal",)

    @column("asked (UTC)", order="id")
    def number(self, advice: ModelAdvice) -> str:
        return f"{advice.asked_at:%Y-%m-%d %H:%M:%S}"

    @column("advice", order="action")
    def said(self, advice: ModelAdvice) -> SafeString:
        if advice.outcome == ModelAdvice.Outcome.FAILED:
            return badge(advice.outcome)
        return format_html("<strong>{}</strong> {} %, {}", advice.action, advice.confidence, advice.bias)

    @column("reasons", order="reason")
    def why(self, advice: ModelAdvice) -> SafeString:
        return explained(advice.reason, advice.text or "; ".join(advice.reasons))

    @column("tokens in, out")
    def tokens(self, advice: ModelAdvice) -> str:
        if advice.tokens_in is None or advice.tokens_out is None:
            return "not told"
        return f"{advice.tokens_in:,}, {advice.tokens_out:,}"

    @column("cost (USD)", order="cost")
    def price(self, advice: ModelAdvice) -> str:
        return plain(advice.cost)


@admin.register(AdviceBudget)
class AdviceBudgetAdmin(ReadOnlyAdmin):
    list_display = ("day", "booked", "under_way")

    @column("spent (USD)", order="spent")
    def booked(self, budget: AdviceBudget) -> str:
        return plain(budget.spent)

    @column("reserved for calls under way (USD)", order="reserved")
    def under_way(self, budget: AdviceBudget) -> str:
        return plain(budget.reserved)
