"""Limits, and halting and resuming books, over HTTP."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from books_app.api import BookSerializer
from books_app.fields import MONEY_LIMIT
from books_app.web.changes import actor_of
from books_app.web.views import ApiBase, PlainDecimal, Rows, RowSerializer
from risk_app.amend import change_limit
from risk_app.models import RiskLimit
from risk_app.services import account_named, halt_book, resume_book


class LimitSerializer(RowSerializer):
    book = serializers.CharField(source="account.name", default=None, read_only=True, help_text="null: for every book")
    meaning = serializers.CharField(source="get_code_display", read_only=True)

    class Meta:
        model = RiskLimit
        fields = ["id", "book", "code", "meaning", "value", "updated_at"]


class LimitChangeSerializer(serializers.Serializer[Any]):
    value = PlainDecimal(
        max_digits=24,
        decimal_places=8,
        min_value=0,
        max_value=MONEY_LIMIT,
        help_text="Counts are whole numbers, the rest money.",
    )


class LimitFilter(filters.FilterSet):
    book = filters.CharFilter(field_name="account__name", help_text="Name of the book")
    default = filters.BooleanFilter(field_name="account", lookup_expr="isnull", help_text="Only rows for every book")
    ordering = filters.OrderingFilter(fields=["code", "value", "updated_at"])

    class Meta:
        model = RiskLimit
        fields = ["code"]


class LimitViewSet(ListModelMixin, RetrieveModelMixin, Rows):
    """Limits by book; a row without a book is the default for all. A change counts from the next decision on."""

    queryset = RiskLimit.objects.select_related("account").order_by("pk")
    serializer_class = LimitSerializer
    filterset_class = LimitFilter
    needs = "risk_app.change_risklimit"

    @extend_schema(request=LimitChangeSerializer, responses=LimitSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a limit's value. For risk officers."""
        limit = self.get_object()
        change = LimitChangeSerializer(data=request.data)
        change.is_valid(raise_exception=True)
        limit = change_limit(limit_id=limit.pk, value=change.validated_data["value"], actor=actor_of(request.user))
        return Response(LimitSerializer(limit).data)


class HaltSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, help_text="Why; it stands in the audit trail and in each refusal.")


class ResumeSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class HaltBook(ApiBase):
    """Stop entries in a book."""

    needs = "books_app.change_account"

    @extend_schema(operation_id="books_halt", request=HaltSerializer, responses=BookSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Stop entries at once; exits go on. Halting a halted book changes nothing. For risk officers."""
        given = HaltSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        book = account_named(name)
        book = halt_book(account_id=book.pk, reason=given.validated_data["reason"], actor=actor_of(request.user))
        return Response(BookSerializer(book).data)


class ResumeBook(ApiBase):
    """Allow entries in a book again."""

    needs = "books_app.change_account"

    @extend_schema(operation_id="books_resume", request=ResumeSerializer, responses=BookSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Allow entries again. Resuming an active book changes nothing. For risk officers."""
        given = ResumeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        book = account_named(name)
        book = resume_book(account_id=book.pk, reason=given.validated_data["reason"], actor=actor_of(request.user))
        return Response(BookSerializer(book).data)
