"""The engines over HTTP: what agents voted, and experiments with their deeds."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from books_app.web.changes import actor_of
from books_app.web.views import ApiBase, Rows, RowSerializer
from domain.errors import RuleBroken
from signals_app.models import AgentVote, Experiment, SplitChange
from signals_app.models.jury import ACTIONS, BIASES
from signals_app.services import experiments

PREPARES = "signals_app.add_splitchange"
DECIDES = "signals_app.change_splitchange"


class VoteSerializer(RowSerializer):
    signal = serializers.IntegerField(source="decision.signal_id", read_only=True)

    class Meta:
        model = AgentVote
        fields = [
            "id", "decision", "signal", "agent", "action", "bias", "confidence", "blocks", "weight", "share", "support",
            "points", "reasons", "figures", "ages", "took_us", "alarm", "voted_at",
        ]  # fmt: skip


class VoteFilter(filters.FilterSet):
    action = filters.MultipleChoiceFilter(choices=[(a, a) for a in ACTIONS], help_text="Repeat it for several")
    bias = filters.ChoiceFilter(choices=[(bias, bias) for bias in BIASES])
    signal = filters.NumberFilter(field_name="decision__signal")
    symbol = filters.CharFilter(field_name="decision__signal__symbol")
    alarm = filters.BooleanFilter(method="with_alarm", help_text="true: the agent was made to abstain")
    voted_after = filters.IsoDateTimeFilter(field_name="voted_at", lookup_expr="gte")
    voted_before = filters.IsoDateTimeFilter(field_name="voted_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["id", "voted_at", "confidence"])

    class Meta:
        model = AgentVote
        fields = ["agent", "decision", "blocks"]

    def with_alarm(self, queryset: Any, _name: str, alarm: bool) -> Any:
        return queryset.exclude(alarm="") if alarm else queryset.filter(alarm="")


class VoteViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """What each agent said in engine B's decisions, with its part of the sum."""

    queryset = AgentVote.objects.select_related("decision").order_by("-pk")
    serializer_class = VoteSerializer
    filterset_class = VoteFilter


class SplitChangeSerializer(RowSerializer):
    class Meta:
        model = SplitChange
        fields = [
            "id", "experiment", "percent_from", "percent_to", "why", "prepared_by", "prepared_at", "confirmed_by",
            "confirmed_at", "withdrawn_at",
        ]  # fmt: skip


class ExperimentSerializer(RowSerializer):
    strategy = serializers.CharField(source="strategy.name", default=None, read_only=True, help_text="null: for all")
    changes = SplitChangeSerializer(many=True, read_only=True)

    class Meta:
        model = Experiment
        fields = [
            "id", "name", "strategy", "status", "percent_a", "metric", "margin", "bound", "cluster", "level",
            "minimum_signals", "minimum_days", "allowed_loss", "starts_at", "stops_at", "stopped_at", "stop_reason",
            "stopped_engines", "salt", "created_at", "changes",
        ]  # fmt: skip


class ExperimentFilter(filters.FilterSet):
    strategy = filters.CharFilter(field_name="strategy__name", help_text="Name of the strategy")
    ordering = filters.OrderingFilter(fields=["id", "starts_at", "stopped_at"])

    class Meta:
        model = Experiment
        fields = ["name", "status", "metric"]


class ExperimentViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Splits of alerts between the engines, their declared terms, and every change of the split."""

    queryset = Experiment.objects.select_related("strategy").prefetch_related("changes").order_by("-pk")
    serializer_class = ExperimentSerializer
    filterset_class = ExperimentFilter


class StartExperiment(ApiBase):
    """Let an experiment draw the engines."""

    needs = DECIDES

    @extend_schema(operation_id="experiments_start", request=None, responses=ExperimentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """From the next alert on. A running one is left as it is; 409 when it has ended. For risk officers."""
        experiment = experiments.start(experiment_id=pk, actor=actor_of(request.user))
        return Response(ExperimentSerializer(experiment).data)


class StopSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class StopExperiment(ApiBase):
    """End an experiment."""

    needs = DECIDES

    @extend_schema(operation_id="experiments_stop", request=StopSerializer, responses=ExperimentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """From the next alert on the strategy's own engine trades. Stopping twice is once. For risk officers."""
        given = StopSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        experiment = experiments.stop(experiment_id=pk, actor=actor_of(request.user), **given.validated_data)
        return Response(ExperimentSerializer(experiment).data)


class PrepareSerializer(serializers.Serializer[Any]):
    percent_a = serializers.IntegerField(min_value=0, max_value=100, help_text="Of the alerts, to engine A")
    why = serializers.CharField(max_length=400, help_text="What the one who confirms it should know")


class PrepareSplit(ApiBase):
    """Prepare a change of the split."""

    needs = PREPARES

    @extend_schema(operation_id="experiments_prepare", request=PrepareSerializer, responses=SplitChangeSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Nothing changes until another person confirms it. The same one again is given back as it waits. For traders."""
        given = PrepareSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor, percent_a = actor_of(request.user), given.validated_data["percent_a"]
        try:
            change = experiments.prepare_split(experiment_id=pk, actor=actor, **given.validated_data)
        except RuleBroken as broken:
            waiting = SplitChange.objects.filter(
                experiment=pk, confirmed_at=None, withdrawn_at=None, prepared_by=actor, percent_to=percent_a
            ).first()
            if broken.code != "split_change_open" or waiting is None:
                raise
            change = waiting
        return Response(SplitChangeSerializer(change).data)


class ChangeSerializer(serializers.Serializer[Any]):
    change = serializers.IntegerField(min_value=1, help_text="Number of the prepared change")


class ConfirmSplit(ApiBase):
    """Confirm what another person has prepared."""

    needs = DECIDES

    @extend_schema(operation_id="experiments_confirm", request=ChangeSerializer, responses=ExperimentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """The new split counts from the next alert on. Confirming twice is once; 403 for who prepared it. For risk officers."""
        change_id = _change_of(pk, request)
        experiment = experiments.confirm_split(change_id=change_id, actor=actor_of(request.user))
        return Response(ExperimentSerializer(experiment).data)


class WithdrawSplit(ApiBase):
    """Take back a change that waits."""

    needs = PREPARES

    @extend_schema(operation_id="experiments_withdraw", request=ChangeSerializer, responses=SplitChangeSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Withdrawing twice is once; 409 when it was confirmed. For traders."""
        change = experiments.withdraw_split(change_id=_change_of(pk, request), actor=actor_of(request.user))
        return Response(SplitChangeSerializer(change).data)


def _change_of(experiment_id: int, request: Request) -> int:
    """The number that the body names. Raises RuleBroken ``not_found`` for a change of another experiment."""
    given = ChangeSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    change_id = int(given.validated_data["change"])
    if not SplitChange.objects.filter(pk=change_id, experiment=experiment_id).exists():
        raise RuleBroken("not_found", f"experiment {experiment_id} has no change {change_id}")
    return change_id
