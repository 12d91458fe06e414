"""What engine B is made of: flags, the jury's seats, and how sure it has to be."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString

from books_app import clock
from books_app.web.admin import AuditedAdmin, badge, column, json_object, listed, plain
from domain.flags import Said, variable_of
from signals_app.admin.forms import BoundedForm, Bounds
from signals_app.jury.force import flags_in_force
from signals_app.models import AgentSeat, AgentVote, FeatureFlag, JuryPolicy
from signals_app.models.jury import HEAVIEST, LONGEST_DEADLINE_MS
from signals_app.services.flags import ENTITY

WATCHED: Final = timedelta(days=7)


@admin.register(FeatureFlag)
class FeatureFlagAdmin(AuditedAdmin):
    """Every flag there is, with or without a row, as it is in force and by whose word."""

    entity = ENTITY
    change_list_template = "admin/signals_app/featureflag/change_list.html"
    change_form_template = "admin/signals_app/featureflag/change_form.html"
    list_display = ("name", "enabled")
    fields = ("name", "enabled")

    def get_readonly_fields(self, request: HttpRequest, obj: FeatureFlag | None = None) -> tuple[str, ...]:
        """The row of a flag of which the environment speaks could be changed only without effect."""
        if obj is None:
            return ()
        said = flags_in_force()[obj.name].by is Said.ENVIRONMENT
        return ("name", "enabled") if said else ("name",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        rows = dict(FeatureFlag.objects.values_list("name", "pk"))
        flags = [
            {"standing": standing, "row": rows.get(name), "variable": variable_of(name)}
            for name, standing in flags_in_force().items()
        ]
        return super().changelist_view(request, {"flags": flags, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = FeatureFlag.objects.filter(pk=object_id).first() if object_id and object_id.isdigit() else None
        context: dict[str, Any] = dict(extra_context or {})
        if row is not None:
            context |= {"standing": flags_in_force()[row.name], "variable": variable_of(row.name)}
        return super().changeform_view(request, object_id, form_url, context)


class JuryPolicyForm(BoundedForm):
    bounds: ClassVar[Bounds] = {"threshold": (0, 100), "coverage": (0, 1)}

    class Meta:
        model = JuryPolicy
        fields = "__all__"


@admin.register(JuryPolicy)
class JuryPolicyAdmin(AuditedAdmin):
    entity = "jury_policy"
    form = JuryPolicyForm
    list_display = ("name", "sure", "share", "users")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[JuryPolicy]:
        rows: QuerySet[JuryPolicy] = super().get_queryset(request)
        return rows.annotate(user_count=Count("strategies"))

    @column("confidence at least", order="threshold")
    def sure(self, policy: JuryPolicy) -> str:
        return plain(policy.threshold)

    @column("share of the weight at least", order="coverage")
    def share(self, policy: JuryPolicy) -> str:
        return f"{policy.coverage:.0%}"

    @column("strategies", order="user_count")
    def users(self, policy: JuryPolicy) -> int:
        return int(policy.user_count)  # type: ignore[attr-defined]  # annotated above


def agents_explained() -> list[dict[str, Any]]:
    """Every agent for the form: what it does, when it is heard, and its parameters with their defaults."""
    from domain.agents import AGENTS, build  # numpy: only where a seat is changed
    from domain.parameters import parameters_of

    return [
        {
            "name": name,
            "meaning": (cls.__doc__ or "").strip().partition("\n")[0].replace("``", ""),
            "heard": "must vote" if cls.required else cls.flag or "always",
            "weight": cls.weight,
            "params": list(parameters_of(build(name, {})).items()),
        }
        for name, cls in sorted(AGENTS.items(), key=lambda item: (-item[1].weight, item[0]))
    ]


class AgentSeatForm(BoundedForm):
    bounds: ClassVar[Bounds] = {"weight": (Decimal(0), HEAVIEST), "deadline_ms": (1, LONGEST_DEADLINE_MS)}
    name = forms.ChoiceField(
        choices=lambda: [("", "choose…"), *((agent["name"], agent["name"]) for agent in agents_explained())],
        help_text="What each agent looks at and takes stands below.",
    )

    class Meta:
        model = AgentSeat
        fields = ("name", "weight", "enabled", "parameters", "deadline_ms")
        help_texts = {
            "enabled": "Nothing is entered by engine B while an agent that must vote has no seat.",
            "parameters": 'As JSON, such as {"minutes": 15}; what is left out takes its default.',
        }

    def clean_parameters(self) -> dict[str, Any]:
        return json_object(self.cleaned_data["parameters"], example='{"minutes": 15}')


@admin.register(AgentSeat)
class AgentSeatAdmin(AuditedAdmin):
    entity = "agent_seat"
    form = AgentSeatForm
    change_form_template = "admin/signals_app/agentseat/change_form.html"
    list_display = ("name", "weighs", "enabled", "deadline", "voted", "abstained", "alarmed", "shown_parameters")
    fields = ("name", "weight", "enabled", "parameters", "deadline_ms")

    def get_readonly_fields(self, request: HttpRequest, obj: AgentSeat | None = None) -> tuple[str, ...]:
        return () if obj is None else ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgentSeat]:
        """With what the agent did in the last seven days."""
        rows: QuerySet[AgentSeat] = super().get_queryset(request)
        lately = AgentVote.objects.filter(agent=OuterRef("name"), voted_at__gte=clock.now() - WATCHED)
        return rows.annotate(
            vote_count=_count(lately),
            abstention_count=_count(lately.filter(action="abstain")),
            alarm_count=_count(lately.exclude(alarm="")),
        )

    @column("weight", order="weight")
    def weighs(self, seat: AgentSeat) -> str:
        return plain(seat.weight)

    @column("parameters")
    def shown_parameters(self, seat: AgentSeat) -> str:
        return listed(seat.parameters)

    @column("deadline", order="deadline_ms")
    def deadline(self, seat: AgentSeat) -> str:
        return f"{seat.deadline_ms} ms"

    @column("heard in 7 days", order="vote_count")
    def voted(self, seat: AgentSeat) -> int:
        return int(seat.vote_count)  # type: ignore[attr-defined]  # annotated above, as are the next two

    @column("abstained", order="abstention_count")
    def abstained(self, seat: AgentSeat) -> int:
        return int(seat.abstention_count)  # type: ignore[attr-defined]

    @column("alarms", order="alarm_count")
    def alarmed(self, seat: AgentSeat) -> SafeString | int:
        count = int(seat.alarm_count)  # type: ignore[attr-defined]
        return badge("failed", text=str(count)) if count else count

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = {**(extra_context or {}), "agents": agents_explained()}
        return super().changeform_view(request, object_id, form_url, context)


def _count(votes: QuerySet[AgentVote]) -> Coalesce:
    counted = votes.order_by().values("agent").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)
