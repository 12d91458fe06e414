from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.safestring import SafeString

from books_app import ledger
from books_app.models import Account, AuditEvent, LedgerEntry, SignInTries
from books_app.web.admin import (
    AuditedAdmin,
    ReadOnlyAdmin,
    badge,
    book_name,
    column,
    explained,
    gain,
    plain,
    recent_values,
)


@admin.register(Account)
class AccountAdmin(AuditedAdmin):
    """Cash moves by fills only and the state by halting and resuming, so both are shown and not edited."""

    entity = "account"
    list_display = ("book", "state", "cash_now", "since_start", "fill_price", "dry_run", "halt_reason")
    list_filter = ("status", "kind")
    readonly_fields = ("status", "halted_at", "halt_reason", "cash", "created_at")
    fieldsets = (
        (None, {"fields": ("name", "kind", "start_cash", "dry_run")}),
        ("Paper fills", {"fields": ("fill_price", "slippage", "commission_per_contract")}),
        (
            "Entries",
            {
                "fields": ("entry_collar", "nearest_strike", "delayed_entries", "witness_above"),
                "description": "What this book lets its strategies do where the market is not as it should be.",
            },
        ),
        ("Now", {"fields": ("status", "halted_at", "halt_reason", "cash", "created_at")}),
    )

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A shadow book is made with its book and by nobody else."""
        if db_field.name == "kind":
            kwargs["choices"] = [choice for choice in Account.Kind.choices if choice[0] != Account.Kind.SHADOW]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "name", "kind", "start_cash")

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Account, form: ModelForm, change: bool) -> None:
        """A new book is paid in by a booking; after that the form never touches its cash, which a fill may be moving."""
        if change:
            Account.objects.select_for_update().get(pk=obj.pk)
            fresh = Account.objects.get(pk=obj.pk)
            obj.cash, obj.status, obj.halted_at, obj.halt_reason = (
                fresh.cash,
                fresh.status,
                fresh.halted_at,
                fresh.halt_reason,
            )
        else:
            obj.cash = obj.start_cash
        super().save_model(request, obj, form, change)
        if not change:
            ledger.book_deposit(obj, booking=f"deposit:{obj.pk}", amount=obj.start_cash)

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False  # its ledger outlives it

    @column("book", order="name")
    def book(self, account: Account) -> SafeString | str:
        return book_name(account)

    @column("state", order="status")
    def state(self, account: Account) -> SafeString:
        return badge(account.status)

    @column("cash", order="cash")
    def cash_now(self, account: Account) -> str:
        return f"{account.cash:,.2f}"

    @column("cash since start")
    def since_start(self, account: Account) -> SafeString:
        return gain(account.cash - account.start_cash)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ("booked_at", "account", "booking", "line", "money")
    list_filter = ("account", "line", "booked_at")
    search_fields = ("booking",)
    search_help_text = "What caused it, as fill:17 or settlement:4"
    list_select_related = ("account",)

    @column("amount", order="amount")
    def money(self, entry: LedgerEntry) -> str:
        return plain(entry.amount)


@admin.register(SignInTries)
class SignInTriesAdmin(AuditedAdmin):
    """Removing a row lets that name try again from that address."""

    entity = "sign_in"
    list_display = ("username", "address", "tries", "counted_until")
    search_fields = ("username", "address")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SignInTries | None = None) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("moment", "what", "step", "actor", "why")
    list_filter = ("entity", recent_values("reason", "reason"), recent_values("actor", "who"), "at")
    search_fields = ("=correlation_id", "=entity_id")
    search_help_text = "A correlation id, or the number of a row"

    @column("time (UTC)", order="id")
    def moment(self, event: AuditEvent) -> str:
        return f"{event.at:%Y-%m-%d %H:%M:%S}.{event.at.microsecond // 1000:03d}"

    @column("what")
    def what(self, event: AuditEvent) -> str:
        return f"{event.entity} {event.entity_id}"

    @column("step")
    def step(self, event: AuditEvent) -> str:
        return f"{event.from_state or '·'} → {event.to_state}"

    @column("reason", order="reason")
    def why(self, event: AuditEvent) -> SafeString:
        return explained(event.reason, event.text)
