from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from books_app.audit import Trail
from books_app.web.admin import FixedRowsAdmin, ReadOnlyAdmin
from market_app import roster
from market_app.capabilities import Capability
from market_app.chain import shared
from market_app.chain.budget import Budget
from market_app.chain.order import terms_of
from market_app.models import CapabilityHealth, GammaSnapshot, Provider, ProviderUse, SessionOverride, TradingSession


@admin.register(TradingSession)
class TradingSessionAdmin(ReadOnlyAdmin):
    """The calendar is written by ``manage.py seed``; a day is changed by an override."""

    list_display = ("date", "calendar", "opens_at", "closes_at", "early_close", "note")
    list_filter = ("calendar", "early_close")
    date_hierarchy = "date"


@admin.register(SessionOverride)
class SessionOverrideAdmin(admin.ModelAdmin):
    list_display = ("date", "product", "closed", "opens_at", "closes_at", "reason", "created_by")
    list_filter = ("product", "closed")
    date_hierarchy = "date"
    readonly_fields = ("created_by", "created_at")

    def save_model(
        self, request: HttpRequest, obj: SessionOverride, form: ModelForm[SessionOverride], change: bool
    ) -> None:
        obj.created_by = obj.created_by or request.user.get_username()
        super().save_model(request, obj, form, change)
        _write_down(request, obj, "changed" if change else "set")

    def delete_model(self, request: HttpRequest, obj: SessionOverride) -> None:
        _write_down(request, obj, "removed")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        with transaction.atomic():
            for override in queryset:
                self.delete_model(request, override)


class ProviderUseForm(ModelForm):  # type: ignore[type-arg]  # Django 5.2 itself is not generic
    def clean(self) -> dict[str, Any] | None:
        found = super().clean()
        provider, capability = (found or {}).get("provider"), (found or {}).get("capability")
        if provider is not None and capability and Capability(capability) not in roster.offers(provider.name):
            offered = ", ".join(each.value for each in roster.offers(provider.name))
            self.add_error("capability", f"{provider} does not offer {capability}; it offers {offered}.")
        return found


class ProviderUseInline(admin.TabularInline):
    model = ProviderUse
    form = ProviderUseForm
    extra = 0


@admin.register(Provider)
class ProviderAdmin(FixedRowsAdmin):
    """Providers come with ``manage.py seed``; a change counts within seconds in every process."""

    list_display = ("name", "enabled", "key_is_set", "calls_per_minute", "calls_per_day", "spent")
    list_editable = ("enabled",)
    inlines = (ProviderUseInline,)
    readonly_fields = ("name",)

    @admin.display(boolean=True, description="key")
    def key_is_set(self, provider: Provider) -> bool:
        return roster.has_key(provider.name)

    @admin.display(description="spent: minute, day")
    def spent(self, provider: Provider) -> str:
        try:
            spent = Budget(provider.name, lambda: terms_of(provider.name)).spent()
        except shared.Alone:
            return "unknown: Redis is away"
        return f"{spent.minute}, {spent.day}"

    def save_model(self, request: HttpRequest, obj: Provider, form: ModelForm[Provider], change: bool) -> None:
        super().save_model(request, obj, form, change)
        trail = Trail(f"user:{request.user.get_username()}")
        trail.note("provider", obj.pk, "", "changed", text=f"{obj}: {', '.join(form.changed_data) or 'its uses'}")
        trail.write()


@admin.register(CapabilityHealth)
class CapabilityHealthAdmin(ReadOnlyAdmin):
    """Written by the chain; nobody edits what was seen."""

    list_display = ("capability", "state", "provider", "missed", "feed", "since", "text")


def _write_down(request: HttpRequest, override: SessionOverride, what: str) -> None:
    trail = Trail(f"user:{request.user.get_username()}")
    trail.note("session_override", override.pk, "", what, text=f"{override}: {override.reason}")
    trail.write()


@admin.register(GammaSnapshot)
class GammaSnapshotAdmin(ReadOnlyAdmin):
    """Computed, so nobody writes one here."""

    list_display = ("underlying", "at", "total", "dealers", "spot", "zero_gamma", "call_wall", "put_wall", "feed")
    list_filter = ("underlying", "feed", "dealers")
    date_hierarchy = "day"

    def get_queryset(self, request: HttpRequest) -> QuerySet[GammaSnapshot]:
        """A list shows fifty rows, and none of the documents that each carries."""
        return super().get_queryset(request).defer("left_out", "flow", "expirations", "strikes")
