from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from books_app.web.admin import (
    AuditedAdmin,
    ReadOnlyAdmin,
    Shadows,
    badge,
    book_name,
    column,
    gain,
    json_object,
    listed,
    plain,
    reason_link,
    recent_values,
)
from domain.exits import KINDS, build
from domain.exits.registry import ExitRule as Rule
from domain.parameters import parameter_types
from domain.symbols.occ import BadOptionSymbol, OptionContract
from positions_app.figures import figures_of
from positions_app.models import ExitRule, ExitVerdict, Position

TIERS = {1: "hard fail", 2: "protection", 3: "profit", 4: "degradation"}


def contract_name(symbol: str) -> str:
    """``SPY 27 Nov 2026 662 C`` instead of the OCC's twenty-one characters."""
    try:
        contract = OptionContract.parse(symbol)
    except BadOptionSymbol:
        return symbol
    return f"{contract.root} {contract.expiration:%-d %b %Y} {contract.strike.normalize():f} {contract.right.value}"


@admin.register(Position)
class PositionAdmin(ReadOnlyAdmin):
    list_display = ("contract", "state", "held", "entry", "mark_now", "profit", "left_by", "book", "opened", "act")
    list_filter = (
        "status",
        Shadows,
        "account",
        "strategy",
        recent_values("underlying", "symbol"),
        recent_values("exit_reason", "left by"),
    )
    search_fields = ("symbol", "=correlation_id")
    list_select_related = ("account", "strategy")

    @column("contract", order="symbol")
    def contract(self, position: Position) -> str:
        return contract_name(position.symbol)

    @column("state", order="status")
    def state(self, position: Position) -> SafeString:
        return badge(position.status)

    @column("held", order="quantity")
    def held(self, position: Position) -> str:
        return f"{position.quantity} of {position.entry_quantity}"

    @column("entry", order="entry_price")
    def entry(self, position: Position) -> str:
        return plain(position.entry_price)

    @column("mark", order="mark")
    def mark_now(self, position: Position) -> str | SafeString:
        if position.mark is None or position.quote_good or position.status == "closed":
            return plain(position.mark)
        return format_html('<span class="doubtful" title="{}">{} ?</span>', position.quote_reason, plain(position.mark))

    @column("P&L")
    def profit(self, position: Position) -> SafeString:
        figures = figures_of(position)
        if figures.return_on_cost is None:
            return gain(figures.total)
        return format_html(
            '{} <span class="quiet">{} %</span>', gain(figures.total), f"{figures.return_on_cost * 100:+.1f}"
        )

    @column("left by", order="exit_reason")
    def left_by(self, position: Position) -> SafeString:
        return reason_link(position.exit_reason)

    @column("book", order="account__name")
    def book(self, position: Position) -> SafeString | str:
        return book_name(position.account)

    @column("opened (UTC)", order="opened_at")
    def opened(self, position: Position) -> str:
        return f"{position.opened_at:%d %b %H:%M}"

    @column("", empty="")
    def act(self, position: Position) -> SafeString:
        if position.status == "closed":
            return SafeString("")
        return format_html(
            '<a class="small-button" href="{}">Close…</a>', reverse("desk-close-position", args=[position.pk])
        )


def kinds_explained() -> list[dict[str, Any]]:
    """Every kind of exit rule for the form: tier, meaning, and its parameters with their defaults."""
    return [
        {
            "kind": kind,
            "tier": f"{cls.tier} {TIERS[cls.tier]}",
            "meaning": (cls.__doc__ or "").strip(),
            "params": [
                {"name": name, "type": type_.__name__, "default": _default(cls, name)}
                for name, type_ in parameter_types(cls).items()
            ],
        }
        for kind, cls in sorted(KINDS.items(), key=lambda item: (item[1].tier, item[0]))
    ]


def _default(cls: type[Rule], name: str) -> str:
    return str(getattr(build(cls.kind, {}), name))


class ExitRuleForm(forms.ModelForm):
    kind = forms.ChoiceField(
        choices=lambda: [("", "choose…"), *((k["kind"], f"{k['kind']} (tier {k['tier']})") for k in kinds_explained())],
        help_text="What each kind does and takes stands below.",
    )

    class Meta:
        model = ExitRule
        fields = ("strategy", "symbol", "kind", "params", "enabled")
        help_texts = {
            "strategy": "Empty: for every strategy.",
            "symbol": "The underlying, as SPY; empty: for all. Of each kind the most specific row counts.",
            "params": 'As JSON, such as {"fraction": "0.40"}; what is left out takes its default.',
            "enabled": "A specific row that is switched off switches the default off for its positions.",
        }

    def clean_symbol(self) -> str:
        return str(self.cleaned_data.get("symbol") or "").strip().upper()

    def clean_params(self) -> dict[str, Any]:
        return json_object(self.cleaned_data["params"], example='{"hours": 24}')


@admin.register(ExitRule)
class ExitRuleAdmin(AuditedAdmin):
    entity = "exit_rule"
    form = ExitRuleForm
    change_form_template = "admin/positions_app/exitrule/change_form.html"
    list_display = ("kind", "tier", "scope", "shown_params", "enabled", "updated_at")
    list_filter = ("enabled", "kind", "strategy")
    list_select_related = ("strategy",)

    @column("tier")
    def tier(self, rule: ExitRule) -> str:
        cls = KINDS.get(rule.kind)
        return "–" if cls is None else f"{cls.tier} {TIERS[cls.tier]}"

    @column("for")
    def scope(self, rule: ExitRule) -> str:
        return " ".join(str(part) for part in (rule.strategy, rule.symbol) if part) or "all positions"

    @column("parameters")
    def shown_params(self, rule: ExitRule) -> str:
        return listed(rule.params)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = {**(extra_context or {}), "kinds": kinds_explained()}
        return super().changeform_view(request, object_id, form_url, context)


@admin.register(ExitVerdict)
class ExitVerdictAdmin(ReadOnlyAdmin):
    list_display = ("evaluated_at", "position", "fired", "mark_then", "said")
    list_filter = (recent_values("fired_kind", "rule that fired"), "evaluated_at")
    list_select_related = ("position",)

    @column("fired", order="fired_kind")
    def fired(self, verdict: ExitVerdict) -> SafeString:
        return badge("closing", text=verdict.fired_kind) if verdict.fired_kind else SafeString("")

    @column("mark", order="mark")
    def mark_then(self, verdict: ExitVerdict) -> str:
        return plain(verdict.mark)

    @column("what the rules said")
    def said(self, verdict: ExitVerdict) -> str:
        counts = {outcome: sum(v[2] == outcome for v in verdict.verdicts) for outcome in ("hold", "waiting", "exit")}
        return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
