"""What the jury said: read only."""

from __future__ import annotations

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books_app.web.admin import ReadOnlyAdmin, badge, column, plain, recent_values
from signals_app.models import AgentVote, JuryRecord


class Alarms(admin.SimpleListFilter):
    title = "alarm"
    parameter_name = "alarm"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "made to abstain")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AgentVote]) -> QuerySet[AgentVote]:
        return queryset.exclude(alarm="") if self.value() else queryset


def signal_link(signal_id: int) -> SafeString:
    return format_html('<a href="{}">#{}</a>', reverse("admin:signals_app_signal_change", args=[signal_id]), signal_id)


@admin.register(AgentVote)
class AgentVoteAdmin(ReadOnlyAdmin):
    list_display = ("number", "signal", "agent", "said", "bias", "sure", "weighs", "adds", "why")
    list_filter = (recent_values("agent", "agent"), recent_values("action", "action"), Alarms, "blocks", "voted_at")
    search_fields = ("=decision__signal__id", "decision__signal__symbol")
    search_help_text = "A signal's number or a symbol"
    list_select_related = ("decision",)

    @column("voted (UTC)", order="id")
    def number(self, vote: AgentVote) -> str:
        return f"{vote.voted_at:%Y-%m-%d %H:%M:%S}"

    @column("signal", order="decision__signal")
    def signal(self, vote: AgentVote) -> SafeString:
        return signal_link(vote.decision.signal_id)

    @column("action", order="action")
    def said(self, vote: AgentVote) -> SafeString:
        if vote.alarm:
            return format_html("{} {}", badge(vote.action), badge("failed", text="alarm"))
        return format_html("{} {}", badge(vote.action), badge("rejected", text="blocks") if vote.blocks else "")

    @column("confidence", order="confidence")
    def sure(self, vote: AgentVote) -> int:
        return vote.confidence

    @column("weight", order="weight")
    def weighs(self, vote: AgentVote) -> str:
        return plain(vote.weight)

    @column("points", order="points")
    def adds(self, vote: AgentVote) -> str:
        return str(vote.points)

    @column("because")
    def why(self, vote: AgentVote) -> str:
        return vote.alarm or str(vote.reasons[0])


@admin.register(JuryRecord)
class JuryRecordAdmin(ReadOnlyAdmin):
    list_display = ("number", "signal", "said", "sure", "asked", "regime", "took")
    list_filter = ("action", recent_values("regime", "regime"), "decision__decided_at")
    search_fields = ("=decision__signal__id", "decision__signal__symbol")
    search_help_text = "A signal's number or a symbol"
    list_select_related = ("decision",)
    fields = ("decision", "said", "arithmetic", "regime", "view_sha256", "votes_sha256", "took", "seen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[JuryRecord]:
        """The list has no use for what was seen, some forty kilobytes a row."""
        rows: QuerySet[JuryRecord] = super().get_queryset(request)
        return rows.defer("view")

    @column("decided (UTC)", order="id")
    def number(self, record: JuryRecord) -> str:
        return f"{record.decision.decided_at:%Y-%m-%d %H:%M:%S}"

    @column("signal", order="decision__signal")
    def signal(self, record: JuryRecord) -> SafeString:
        return signal_link(record.decision.signal_id)

    @column("found", order="action")
    def said(self, record: JuryRecord) -> SafeString:
        return badge(record.action)

    @column("confidence", order="confidence")
    def sure(self, record: JuryRecord) -> str:
        return plain(record.confidence)

    @column("asked for")
    def asked(self, record: JuryRecord) -> str:
        return str(record.sum["threshold"])

    @column("votes took", order="took_us")
    def took(self, record: JuryRecord) -> str:
        return f"{record.took_us / 1000:.1f} ms"

    @column("sum")
    def arithmetic(self, record: JuryRecord) -> str:
        return json.dumps(record.sum, ensure_ascii=False)

    @column("what the agents saw")
    def seen(self, record: JuryRecord) -> SafeString:
        text = json.dumps(record.view, ensure_ascii=False)
        return format_html(
            '<details class="desk"><summary>{} characters</summary><pre>{}</pre></details>', f"{len(text):,}", text
        )
