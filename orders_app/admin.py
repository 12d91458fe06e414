from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books_app.web.admin import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    Shadows,
    badge,
    book_name,
    column,
    explained,
    plain,
    reason_link,
    recent_values,
)
from domain.orders import LIVE
from orders_app.models import ContractSelection, Fill, Order


class FillInline(ReadOnlyInline):
    model = Fill
    fields = readonly_fields = ("executed_at", "quantity", "price", "commission", "venue_fill_id")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "instruction", "filled", "average", "why", "book", "created", "act")
    list_filter = (
        "status",
        "purpose",
        Shadows,
        "account",
        "strategy",
        recent_values("underlying", "symbol"),
        recent_values("reason", "reason"),
        "created_at",
    )
    search_fields = ("client_order_id", "symbol", "=correlation_id")
    list_select_related = ("account",)
    inlines = (FillInline,)

    @column("order", order="id")
    def name(self, order: Order) -> str:
        return order.client_order_id

    @column("state", order="status")
    def state(self, order: Order) -> SafeString:
        return badge(order.status)

    @column("instruction")
    def instruction(self, order: Order) -> str:
        price = f" limit {plain(order.limit_price)}" if order.limit_price is not None else ""
        return f"{order.side} {order.quantity} × {order.symbol}{price}"

    @column("filled")
    def filled(self, order: Order) -> str:
        return f"{order.filled_quantity} of {order.quantity}"

    @column("price", order="average_price")
    def average(self, order: Order) -> str:
        return plain(order.average_price)

    @column("reason", order="reason")
    def why(self, order: Order) -> SafeString:
        return reason_link(order.reason)

    @column("book", order="account__name")
    def book(self, order: Order) -> SafeString | str:
        return book_name(order.account)

    @column("created (UTC)", order="created_at")
    def created(self, order: Order) -> str:
        return f"{order.created_at:%Y-%m-%d %H:%M:%S}"

    @column("", empty="")
    def act(self, order: Order) -> SafeString:
        if order.status not in LIVE:
            return SafeString("")
        return format_html(
            '<a class="small-button" href="{}">Cancel…</a>', reverse("desk-cancel-order", args=[order.pk])
        )


@admin.register(Fill)
class FillAdmin(ReadOnlyAdmin):
    list_display = ("executed_at", "instruction", "paid", "market", "charged", "book", "venue_fill_id")
    list_filter = (Shadows, "account", "executed_at")
    search_fields = ("venue_fill_id", "order__symbol")
    list_select_related = ("account", "order")

    @column("book", order="account__name")
    def book(self, fill: Fill) -> SafeString | str:
        return book_name(fill.account)

    @column("what")
    def instruction(self, fill: Fill) -> str:
        return f"{fill.order.side} {fill.quantity} × {fill.order.symbol}"

    @column("price", order="price")
    def paid(self, fill: Fill) -> str:
        return plain(fill.price)

    @column("bid / ask then")
    def market(self, fill: Fill) -> str:
        return f"{fill.quote.get('bid')} / {fill.quote.get('ask')}" if fill.quote else "–"

    @column("commission", order="commission")
    def charged(self, fill: Fill) -> str:
        return plain(fill.commission)


@admin.register(ContractSelection)
class ContractSelectionAdmin(ReadOnlyAdmin):
    """Chosen or not: the signal's page shows the table of it."""

    list_display = ("number", "signal_page", "policy", "contract", "passed_of", "how", "why")
    list_filter = ("policy", recent_values("reason", "reason"), "made_at")
    search_fields = ("=signal__id", "chosen")

    @column("made (UTC)", order="id")
    def number(self, kept: ContractSelection) -> str:
        return f"{kept.made_at:%Y-%m-%d %H:%M:%S}"

    @column("signal", order="signal")
    def signal_page(self, kept: ContractSelection) -> SafeString:
        url = reverse("admin:signals_app_signal_change", args=[kept.signal_id])
        return format_html('<a href="{}">#{}</a>', url, kept.signal_id)

    @column("contract", order="chosen")
    def contract(self, kept: ContractSelection) -> str:
        return kept.chosen or "none"

    @column("passed", order="passed")
    def passed_of(self, kept: ContractSelection) -> str:
        return f"{kept.passed} of {kept.listed}"

    @column("reason", order="reason")
    def why(self, kept: ContractSelection) -> SafeString:
        return explained(kept.reason, "")
