"""Signals, decisions and webhook events over HTTP: reading."""

from __future__ import annotations

from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from books_app.web.views import OfBookFilter, Rows, RowSerializer
from domain.signals import NEXT
from signals_app.models import Decision, Signal, WebhookEvent

STATUSES = [(status.value, status.value) for status in NEXT]


class SignalSerializer(RowSerializer):
    book = serializers.CharField(source="account.name", read_only=True)
    strategy = serializers.CharField(source="strategy.name", read_only=True)

    class Meta:
        model = Signal
        fields = [
            "id", "strategy", "book", "event", "leg", "correlation_id", "symbol", "asset_class", "intent", "alert",
            "alert_time", "received_at", "signal_price", "status", "reason", "reason_text", "attempts", "last_error",
            "updated_at", "engine", "shadow_of", "experiment",
        ]  # fmt: skip


class SignalFilter(OfBookFilter):
    names_them = ("shadow_of",)
    status = filters.MultipleChoiceFilter(choices=STATUSES, help_text="Repeat it for several")
    strategy = filters.CharFilter(field_name="strategy__name", help_text="Name of the strategy")
    received_after = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    received_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["id", "received_at", "updated_at"])

    class Meta:
        model = Signal
        fields = [
            "symbol", "asset_class", "intent", "reason", "correlation_id", "event", "engine", "shadow_of", "experiment",
        ]  # fmt: skip


class SignalViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Accepted alerts and what became of them."""

    queryset = Signal.objects.select_related("account", "strategy").order_by("-pk")
    serializer_class = SignalSerializer
    filterset_class = SignalFilter


class DecisionSerializer(RowSerializer):
    class Meta:
        model = Decision
        fields = ["id", "signal", "engine", "verdict", "reason", "text", "plan", "rules", "seen", "decided_at"]


class DecisionFilter(filters.FilterSet):
    symbol = filters.CharFilter(field_name="signal__symbol")
    strategy = filters.CharFilter(field_name="signal__strategy__name", help_text="Name of the strategy")
    decided_after = filters.IsoDateTimeFilter(field_name="decided_at", lookup_expr="gte")
    decided_before = filters.IsoDateTimeFilter(field_name="decided_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["id", "decided_at"])

    class Meta:
        model = Decision
        fields = ["signal", "engine", "verdict", "reason"]


class DecisionViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """What an engine said of a signal: each rule's result, and everything it saw."""

    queryset = Decision.objects.order_by("-pk")
    serializer_class = DecisionSerializer
    filterset_class = DecisionFilter


class EventSerializer(RowSerializer):
    strategy = serializers.CharField(source="strategy.name", read_only=True)

    class Meta:
        model = WebhookEvent
        fields = [
            "id", "strategy", "received_at", "source_address", "body", "body_sha256", "outcome", "reason", "text",
            "http_status", "duplicate_of", "correlation_id",
        ]  # fmt: skip


class EventFilter(filters.FilterSet):
    strategy = filters.CharFilter(field_name="strategy__name", help_text="Name of the strategy")
    received_after = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    received_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["id", "received_at"])

    class Meta:
        model = WebhookEvent
        fields = ["outcome", "reason", "http_status", "correlation_id"]


class EventViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Every authenticated delivery, the refused ones too; bodies are kept without their secrets."""

    queryset = WebhookEvent.objects.select_related("strategy").order_by("-pk")
    serializer_class = EventSerializer
    filterset_class = EventFilter
