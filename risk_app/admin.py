from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin

from books_app.web.admin import AuditedAdmin, ReadOnlyAdmin, column, plain
from risk_app.amend import fault_of
from risk_app.models import Reservation, RiskLimit, SymbolRule


class LimitForm(forms.ModelForm):
    class Meta:
        model = RiskLimit
        fields = ("account", "code", "value")
        help_texts = {
            "account": "Empty: the default for every book that has no row of its own.",
            "value": "Counts are whole numbers, the rest money. A value that is reached allows nothing more; "
            "it counts from the next decision on.",
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        code, value = given.get("code"), given.get("value")
        if code and isinstance(value, Decimal) and (fault := fault_of(code, value)) is not None:
            self.add_error("value", fault)
        return given


@admin.register(RiskLimit)
class RiskLimitAdmin(AuditedAdmin):
    entity = "limit"
    form = LimitForm
    list_display = ("meaning", "book", "amount", "updated_at")
    list_filter = ("account", "code")
    list_select_related = ("account",)

    @column("limit", order="code")
    def meaning(self, limit: RiskLimit) -> str:
        return limit.get_code_display()

    @column("book", order="account__name")
    def book(self, limit: RiskLimit) -> str:
        return limit.account.name if limit.account else "every book"

    @column("value", order="value")
    def amount(self, limit: RiskLimit) -> str:
        return f"{limit.value.normalize():,f}"


class SymbolRuleForm(forms.ModelForm):
    class Meta:
        model = SymbolRule
        fields = ("account", "symbol", "leave", "note")
        help_texts = {"account": "Empty: denied in every book.", "symbol": "The underlying, as SPY or BRK.B"}

    def clean_symbol(self) -> str:
        typed = str(self.cleaned_data["symbol"]).strip()
        symbol = typed.upper()
        if not typed.isascii() or not symbol.replace(".", "").replace("/", "").replace("-", "").isalnum():
            raise forms.ValidationError("Letters, digits, and . / - between them.")
        return symbol


@admin.register(SymbolRule)
class SymbolRuleAdmin(AuditedAdmin):
    entity = "symbol_rule"
    form = SymbolRuleForm
    list_display = ("symbol", "book", "note", "created_at")
    list_filter = ("account",)
    search_fields = ("symbol",)

    @column("book", order="account__name")
    def book(self, rule: SymbolRule) -> str:
        return rule.account.name if rule.account else "every book"


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ("order", "account", "held", "at_first", "created_at", "released_at")
    list_filter = ("account", ("released_at", admin.EmptyFieldListFilter))
    list_select_related = ("account", "order")

    @column("held now", order="amount")
    def held(self, reservation: Reservation) -> str:
        return plain(reservation.amount)

    @column("at first", order="initial_amount")
    def at_first(self, reservation: Reservation) -> str:
        return plain(reservation.initial_amount)
