"""Positions and exit rules over HTTP. Leaving a position makes an order and is orders_app's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from books_app.web.changes import actor_of
from books_app.web.views import OfBookFilter, Rows, RowSerializer
from domain.positions import PositionStatus
from positions_app.figures import Figures, figures_of
from positions_app.models import ExitRule, Position
from positions_app.services.amend import change_exit_rule

MONEY = {"type": "string", "format": "decimal", "nullable": True, "example": "-12.5"}
STATUSES = [(status.value, status.value) for status in PositionStatus]


class PositionSerializer(RowSerializer):
    book = serializers.CharField(source="account.name", read_only=True)
    strategy = serializers.CharField(source="strategy.name", read_only=True)
    market_value = serializers.SerializerMethodField(help_text="What is held, at its mark; null without one")
    unrealized = serializers.SerializerMethodField(help_text="Gain of what is held, at its mark; null without one")
    total = serializers.SerializerMethodField(help_text="Realized plus unrealized less commission")
    return_on_cost = serializers.SerializerMethodField(help_text="total as a fraction of what was paid")

    class Meta:
        model = Position
        fields = [
            "id", "book", "strategy", "signal", "correlation_id", "symbol", "underlying", "right", "strike", "expiration",
            "multiplier", "direction", "thesis", "status", "quantity", "entry_quantity", "entry_price", "cost", "mark",
            "marked_at", "best_mark", "worst_mark", "quote_good", "quote_reason", "market_value", "unrealized", "realized",
            "commission", "total", "return_on_cost", "opened_at", "closed_at", "exit_reason", "exit_text",
        ]  # fmt: skip

    def to_representation(self, instance: Position) -> dict[str, Any]:
        self._figures: Figures = figures_of(instance)
        return super().to_representation(instance)

    @extend_schema_field(MONEY)
    def get_market_value(self, _position: Position) -> str | None:
        return _text(self._figures.market_value)

    @extend_schema_field(MONEY)
    def get_unrealized(self, _position: Position) -> str | None:
        return _text(self._figures.unrealized)

    @extend_schema_field(MONEY)
    def get_total(self, _position: Position) -> str | None:
        return _text(self._figures.total)

    @extend_schema_field(MONEY)
    def get_return_on_cost(self, _position: Position) -> str | None:
        return _text(self._figures.return_on_cost)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


class PositionFilter(OfBookFilter):
    names_them = ("signal",)
    status = filters.MultipleChoiceFilter(choices=STATUSES, help_text="Repeat it for several")
    strategy = filters.CharFilter(field_name="strategy__name", help_text="Name of the strategy")
    opened_after = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["id", "opened_at", "closed_at", "realized", "cost"])

    class Meta:
        model = Position
        fields = ["underlying", "symbol", "direction", "thesis", "exit_reason", "signal"]


class PositionViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Positions with their marks, profit and loss, and why they were left."""

    queryset = Position.objects.select_related("account", "strategy").order_by("-pk")
    serializer_class = PositionSerializer
    filterset_class = PositionFilter


class ExitRuleSerializer(RowSerializer):
    strategy = serializers.CharField(source="strategy.name", default=None, read_only=True, help_text="null: for all")

    class Meta:
        model = ExitRule
        fields = ["id", "strategy", "symbol", "kind", "params", "enabled", "updated_at"]


class ExitRuleChangeSerializer(serializers.Serializer[Any]):
    enabled = serializers.BooleanField(required=False, help_text="A disabled specific rule switches the default off.")
    params = serializers.DictField(
        required=False, help_text="All parameters of the kind; those left out take defaults."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Give enabled, params, or both.")
        return attrs


class ExitRuleFilter(filters.FilterSet):
    strategy = filters.CharFilter(field_name="strategy__name", help_text="Name of the strategy")
    ordering = filters.OrderingFilter(fields=["kind", "updated_at"])

    class Meta:
        model = ExitRule
        fields = ["kind", "symbol", "enabled"]


class ExitRuleViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Rules that leave positions: of each kind the most specific row counts."""

    queryset = ExitRule.objects.select_related("strategy").order_by("pk")
    serializer_class = ExitRuleSerializer
    filterset_class = ExitRuleFilter
    needs = "positions_app.change_exitrule"

    @extend_schema(request=ExitRuleChangeSerializer, responses=ExitRuleSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Switch a rule on or off, or change its parameters. For risk officers."""
        rule = self.get_object()
        change = ExitRuleChangeSerializer(data=request.data)
        change.is_valid(raise_exception=True)
        rule = change_exit_rule(rule_id=rule.pk, actor=actor_of(request.user), **change.validated_data)
        return Response(ExitRuleSerializer(rule).data)
