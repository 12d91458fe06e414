"""Orders and fills over HTTP, cancelling an order, and leaving a position by an order."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from books_app.fields import QUANTITY_LIMIT
from books_app.web.changes import actor_of
from books_app.web.views import ApiBase, OfBookFilter, Rows, RowSerializer
from domain.orders import NEXT
from orders_app.manual import leave_by_hand
from orders_app.models import Fill, Order
from orders_app.services import cancel_order

STATUSES = [(status.value, status.value) for status in NEXT]


class OrderSerializer(RowSerializer):
    book = serializers.CharField(source="account.name", read_only=True)
    strategy = serializers.CharField(source="strategy.name", read_only=True)

    class Meta:
        model = Order
        fields = [
            "id", "client_order_id", "venue_order_id", "book", "strategy", "signal", "position", "correlation_id", "purpose",
            "side", "reduce_only", "thesis", "symbol", "underlying", "multiplier", "order_type", "limit_price", "quantity",
            "filled_quantity", "average_price", "status", "reason", "reason_text", "attempts", "due_at", "expires_at",
            "sizing", "quote", "created_at", "submitted_at", "terminal_at",
        ]  # fmt: skip


class FillSerializer(RowSerializer):
    book = serializers.CharField(source="account.name", read_only=True)
    client_order_id = serializers.CharField(source="order.client_order_id", read_only=True)
    symbol = serializers.CharField(source="order.symbol", read_only=True)
    side = serializers.CharField(source="order.side", read_only=True)

    class Meta:
        model = Fill
        fields = [
            "id", "order", "client_order_id", "venue_fill_id", "book", "symbol", "side", "quantity", "price", "commission",
            "executed_at", "recorded_at", "quote",
        ]  # fmt: skip


class OrderFilter(OfBookFilter):
    names_them = ("signal", "position")
    status = filters.MultipleChoiceFilter(choices=STATUSES, help_text="Repeat it for several")
    strategy = filters.CharFilter(field_name="strategy__name", help_text="Name of the strategy")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["id", "created_at", "terminal_at"])

    class Meta:
        model = Order
        fields = ["underlying", "symbol", "side", "purpose", "reason", "signal", "position", "correlation_id"]


class FillFilter(OfBookFilter):
    names_them = ("order",)
    symbol = filters.CharFilter(field_name="order__symbol", help_text="The contract")
    executed_after = filters.IsoDateTimeFilter(field_name="executed_at", lookup_expr="gte")
    executed_before = filters.IsoDateTimeFilter(field_name="executed_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["id", "executed_at", "price"])

    class Meta:
        model = Fill
        fields = ["order"]


class OrderViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Orders with their sizing arithmetic, and why they ended."""

    queryset = Order.objects.select_related("account", "strategy").order_by("-pk")
    serializer_class = OrderSerializer
    filterset_class = OrderFilter


class FillViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Executions with the quote they were made on."""

    queryset = Fill.objects.select_related("account", "order").order_by("-pk")
    serializer_class = FillSerializer
    filterset_class = FillFilter


class CancelOrder(ApiBase):
    """Take back what an order has not filled yet."""

    needs = "orders_app.change_order"

    @extend_schema(operation_id="orders_cancel", request=None, responses=OrderSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Cancel the unfilled part; what was filled stays. 409 when the order has ended. For traders."""
        order = cancel_order(order_id=pk, actor=actor_of(request.user))
        return Response(OrderSerializer(order).data)


class CloseSerializer(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=QUANTITY_LIMIT,
        help_text="Contracts; left out: all of them",
    )


class ClosePosition(ApiBase):
    """Leave a position."""

    needs = "positions_app.change_position"

    @extend_schema(operation_id="positions_close", request=CloseSerializer, responses={202: OrderSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Make the exit order and tell a worker; the answer is that order. A closing position gives its live one back.

        422 when more is asked for than is held, 409 when the position is closed. For traders.
        """
        given = CloseSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        order = leave_by_hand(
            position_id=pk, quantity=given.validated_data.get("quantity"), actor=actor_of(request.user), by="the API"
        )
        return Response(OrderSerializer(order).data, status=202)
