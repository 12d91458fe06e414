"""Books over HTTP: reading. Halting and resuming them is risk_app's."""

from __future__ import annotations

from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from books_app.models import Account
from books_app.web.views import Rows, RowSerializer


class BookSerializer(RowSerializer):
    shadow_of = serializers.CharField(
        source="shadow_of.name", default=None, read_only=True, help_text="null: it is a real one"
    )

    class Meta:
        model = Account
        fields = [
            "name", "kind", "shadow_of", "status", "halted_at", "halt_reason", "start_cash", "cash", "fill_price", "slippage",
            "commission_per_contract", "dry_run", "created_at",
        ]  # fmt: skip


class BookFilter(filters.FilterSet):
    ordering = filters.OrderingFilter(fields=["name", "cash", "created_at"])

    class Meta:
        model = Account
        fields = ["status", "kind", "dry_run"]


class BookViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Books with their cash and whether they are halted."""

    queryset = Account.objects.select_related("shadow_of").order_by("name")
    serializer_class = BookSerializer
    filterset_class = BookFilter
    lookup_field = "name"
    lookup_value_regex = r"[-a-zA-Z0-9_]{1,40}"
