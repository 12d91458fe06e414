"""Building blocks of the admin pages: rows that nobody edits, changes that leave an audit row, money and states in colour."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books_app.models import Account
from books_app.web.changes import actor_of, record_change, values_of
from books_app.web.reasons import known

SHADOW = Account.Kind.SHADOW
LOOKED_BACK = 5_000  # rows whose values a filter offers; all of a million would take longer than the list itself
GOOD = frozenset({"active", "approved", "accepted", "filled", "ordered", "open", "done", "valid"})
BAD = frozenset({"rejected", "refused", "denied", "failed", "dead", "halted"})
BUSY = frozenset(
    {"pending", "closing", "pending_execution", "submitting", "submitted", "partially_filled", "running", "paused"}
)


def badge(word: str, *, text: str = "") -> SafeString:
    """A state as a coloured label."""
    tone = "good" if word in GOOD else "bad" if word in BAD else "busy" if word in BUSY else "calm"
    return format_html('<span class="badge badge-{}">{}</span>', tone, text or word.replace("_", " "))


def json_object(given: object, *, example: str) -> dict[str, Any]:
    """A form's JSON field that has to be an object; nothing is an empty one. Raises ValidationError."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise forms.ValidationError(f"An object in braces is wanted, such as {example}.")
    return given


def listed(parameters: dict[str, Any]) -> str:
    """Parameters on one line of a list."""
    return ", ".join(f"{name} {value}" for name, value in parameters.items())


def plain(number: Decimal | None) -> str:
    return "–" if number is None else f"{number.normalize():f}"


def gain(amount: Decimal | None) -> SafeString:
    """Profit in green with a plus, loss in red with a minus: readable without the colour as well."""
    if amount is None:
        return SafeString("–")
    tone = "up" if amount > 0 else "down" if amount < 0 else "flat"
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    return format_html('<span class="gain gain-{}">{}{}</span>', tone, sign, f"{abs(amount):,.2f}")


def reason_link(code: str) -> SafeString:
    """A reason code with a link to its page, or as it is where it has none."""
    if not code:
        return SafeString("")
    found = known(code)
    if found is None:
        return format_html("<code>{}</code>", code)
    return format_html('<a class="reason" href="/docs/reasons/{}/" title="{}">{}</a>', code, found.meaning, code)


def explained(code: str, text: str) -> SafeString:
    """A reason with its figures beneath it."""
    if not code and not text:
        return SafeString("–")
    return format_html('{} <span class="said">{}</span>', reason_link(code), text)


def recent_values(field: str, title: str) -> type[admin.SimpleListFilter]:
    """A filter that offers what the newest rows hold in a field."""

    class RecentValues(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Iterable[tuple[str, str]]:
            newest = model_admin.model._default_manager.order_by("-pk").values_list(field, flat=True)[:LOOKED_BACK]
            found = {value for value in newest if value} | ({self.value()} - {None, ""})
            return [(value, value) for value in sorted(map(str, found))]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    RecentValues.title = title
    return RecentValues


class Shadows(admin.SimpleListFilter):
    """Rows of shadow books are left out of a list until they are asked for: by this filter, by their book, or by a search."""

    title = "book"
    parameter_name = "shadow"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Iterable[tuple[str, str]]:
        return [("only", "shadow books"), ("all", "all books")]

    def choices(self, changelist: Any) -> Any:
        """Without the choice of everything that Django puts first: here it is the last."""
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "real books",
        }
        for value, words in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "only":
            return queryset.filter(account__kind=SHADOW)
        asked_for = self.value() == "all" or request.GET.get("q") or "account__id__exact" in request.GET
        return queryset if asked_for else queryset.exclude(account__kind=SHADOW)


def book_name(account: Account) -> SafeString | str:
    """A book's name, marked where nothing in it is real."""
    return format_html("{} {}", account.name, badge("shadow")) if account.kind == SHADOW else account.name


class PlainDecimalField(forms.DecimalField):
    """A number in a form without the zeros that fill up its column."""

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class DeskAdmin(admin.ModelAdmin):
    """What all lists and forms have in common. No bulk actions: one click on many rows is nothing for a trading desk."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    formfield_overrides = {models.DecimalField: {"form_class": PlainDecimalField}}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})


class ReadOnlyAdmin(DeskAdmin):
    """Rows that only services write, and for which the change permission means a deed and not a form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]  # django-stubs needs two arguments, Django takes none
    """Such rows on the page of what they belong to."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FixedRowsAdmin(DeskAdmin):
    """Rows that come with the code: an operator adjusts them, and adds or removes none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class AuditedAdmin(DeskAdmin):
    """Every change through a form leaves an audit row with the fields it changed, in the same transaction."""

    entity: ClassVar[str]

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        fields = [name for name in form.changed_data if name in {field.name for field in obj._meta.concrete_fields}]
        stored = type(obj)._default_manager.filter(pk=obj.pk).first() if change else None
        before = {} if stored is None else values_of(stored, fields)
        super().save_model(request, obj, form, change)
        record_change(
            self.entity, obj, actor=actor_of(request.user), before=before, after=values_of(obj, fields),
            step="changed" if change else "added",
        )  # fmt: skip

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        record_change(self.entity, obj, actor=actor_of(request.user), before={}, after={}, step="removed")
        super().delete_model(request, obj)


def column(
    name: str, *, order: str | None = None, empty: str = "–"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``admin.display`` with an en dash for what is empty."""
    return admin.display(description=name, ordering=order, empty_value=empty)
