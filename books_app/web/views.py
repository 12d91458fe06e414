"""The base of every API view: who may, how much, how a page of rows looks, and what the schema says of refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import IO, Any, ClassVar, Final, NoReturn

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from books_app.models import Account
from books_app.web.errors import TooLarge, answer_to

SHADOW: Final = Account.Kind.SHADOW
LARGEST_BODY: Final = 64 * 1024
ERRORS: Final[Mapping[str, str]] = {
    "400": "The body, a filter or a page number is not allowed.",
    "401": "Not signed in, or the token has expired.",
    "403": "Your role does not allow this.",
    "404": "There is no such row.",
    "409": "The state of things stands against it; the code says why.",
    "422": "Understood, and refused by a rule.",
    "429": "Too many requests.",
}


class MayUse(BasePermission):
    """Reading needs the model's view permission; anything else the permission that the view names in ``needs``."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        wanted = view.needs_to_read() if request.method in SAFE_METHODS else view.needs
        if wanted is None:
            return request.method not in view.allowed_methods  # it goes on to a 405, which says more than a 403
        return wanted == "" or request.user.has_perm(wanted)


class PerUser(UserRateThrottle):
    """Against a script that has run wild; each web process counts for itself."""

    rate = "600/min"


class SmallJson(JSONParser):
    """JSON that is neither large nor nested so deeply that reading it would fail."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(LARGEST_BODY + 1)
        if len(raw) > LARGEST_BODY:
            raise TooLarge(f"The body is over {LARGEST_BODY} bytes.")
        try:
            return super().parse(BytesIO(raw), media_type, parser_context)
        except RecursionError as e:
            raise ParseError("The body is nested too deeply.") from e


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


@extend_schema_serializer(component_name="Error")
class ErrorSerializer(serializers.Serializer[Any]):
    """Every refusal of this API."""

    error = serializers.DictField(
        child=serializers.CharField(),
        help_text="code: stable, to filter on. message: what was wrong, with its figures. fix: what to do. docs: its page.",
    )


class Described(AutoSchema):
    """The generated operation, with the refusals it may answer."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        operation.setdefault("summary", self._summary(operation))
        error = self.resolve_serializer(ErrorSerializer, "response").ref
        for status in self._refusals():
            operation["responses"].setdefault(
                status, {"description": ERRORS[status], "content": {"application/json": {"schema": error}}}
            )
        return operation

    def _summary(self, operation: dict[str, Any]) -> str:
        """One line for the list of operations: a docstring tells what, and a list and its rows share one."""
        rows = " ".join(operation["tags"])
        named = {"list": f"List {rows}", "retrieve": f"One of {rows}"}
        return named.get(getattr(self.view, "action", ""), operation.get("description", "").partition(".")[0])

    def _refusals(self) -> list[str]:
        found = ["401", "403", "429"] if self.view.needs != "" else ["401", "429"]
        if self.method not in SAFE_METHODS or self._is_list_view():
            found.append("400")
        if "{" in self.path:
            found.append("404")
        if self.method not in SAFE_METHODS:
            found += ["409", "422"]
        return sorted(found)


class ApiBase(APIView):
    """needs: the permission for requests that change something; "" asks for none, None means that it takes no such."""

    needs: ClassVar[str | None] = None
    reads: ClassVar[str] = ""  # the permission for reading, where no queryset tells it
    schema = Described()
    permission_classes = [MayUse]
    throttle_classes = [PerUser]
    parser_classes = [SmallJson]

    def needs_to_read(self) -> str:
        queryset: QuerySet[Model] | None = getattr(self, "queryset", None)
        if queryset is None:
            return self.reads
        return f"{queryset.model._meta.app_label}.view_{queryset.model._meta.model_name}"

    def get_exception_handler(self) -> Callable[..., Any]:
        return answer_to

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        if request.authenticators and not request.successful_authenticator:
            super().permission_denied(request, message, code)
        raise PermissionDenied(f"The role of {request.user.get_username()} does not allow this.")


class Rows(ApiBase, GenericViewSet[Any]):
    """A view set that is filtered, ordered and paged."""

    filter_backends = [filters.DjangoFilterBackend]
    pagination_class = Pages
    lookup_value_regex = r"\d{1,18}"


class OfBookFilter(filters.FilterSet):
    """For rows that belong to a book: those of shadow books are listed only where they are asked for.

    names_them: filters that name rows of one book, whichever it is, such as the orders of one signal.
    """

    names_them: ClassVar[tuple[str, ...]] = ()

    book = filters.CharFilter(field_name="account__name", help_text="Name of the book")
    shadow = filters.BooleanFilter(
        method="of_shadows", help_text="true: of shadow books; else they are left out, unless their book is named"
    )

    def of_shadows(self, queryset: QuerySet[Any], _name: str, shadow: bool) -> QuerySet[Any]:
        return queryset.filter(account__kind=SHADOW) if shadow else queryset.exclude(account__kind=SHADOW)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """One row by its number is given whichever book it is in."""
        found = super().filter_queryset(queryset)
        given = self.form.cleaned_data
        one_row = self.request is not None and self.request.parser_context["kwargs"]
        if one_row or given.get("shadow") is not None or any(given.get(name) for name in ("book", *self.names_them)):
            return found
        return found.exclude(account__kind=SHADOW)


class PlainDecimal(serializers.DecimalField):
    """A decimal string without the zeros that fill up its column: ``3.4``, not ``3.40000000``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("normalize_output", True)
        super().__init__(*args, **kwargs)


class RowSerializer(serializers.ModelSerializer[Any]):
    """Decimals as plain strings, whatever the column's scale."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        **{
            field: PlainDecimal
            for field, made in serializers.ModelSerializer.serializer_field_mapping.items()
            if made is serializers.DecimalField
        },
    }
