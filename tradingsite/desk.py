"""The deeds of the admin: what trades, stops or hands out a secret. Each asks first on a page, and acts on POST only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views import View

from books_app.models import Account
from books_app.web.changes import actor_of
from domain.errors import TradingError
from domain.orders import LIVE
from orders_app.manual import leave_by_hand
from orders_app.models import Order
from orders_app.services import cancel_order
from positions_app.admin import contract_name
from positions_app.figures import figures_of
from positions_app.models import Position
from risk_app.services import halt_book, resume_book
from signals_app.models import Credential, Strategy
from signals_app.services.credentials import OVERLAP, rotate
from signals_app.services.strategies import alert_body, pause, rotate_signing_key, unpause, webhook_url


class Deed(View):
    """One deed on one row: GET asks, POST does it and says what came of it."""

    model: ClassVar[type[Model]]
    permission: ClassVar[str]
    button: ClassVar[str]
    grave: ClassVar[bool] = True
    form_class: ClassVar[type[forms.Form]] = forms.Form
    http_method_names = ["get", "post"]

    def question(self, row: Any) -> str:
        raise NotImplementedError

    def facts(self, row: Any) -> Sequence[str]:
        raise NotImplementedError

    def form(self, row: Any, data: Any = None) -> forms.Form:
        return self.form_class(data)

    def back(self, row: Any) -> str:
        """Where it leads to, done or not."""
        return address_of(row)

    def act(self, request: HttpRequest, row: Any, given: dict[str, Any]) -> HttpResponse | str:
        """The outcome in words, or a page of its own."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied("Your role does not allow this.")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(self.model, pk=pk)
        return self._ask(request, row, self.form(row))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(self.model, pk=pk)
        form = self.form(row, request.POST)
        if not form.is_valid():
            return self._ask(request, row, form)
        try:
            outcome = self.act(request, row, form.cleaned_data)
        except TradingError as refused:
            messages.error(request, f"Not done: {refused.message}")
        else:
            if isinstance(outcome, HttpResponse):
                return outcome
            messages.success(request, outcome)
        return HttpResponseRedirect(self.back(row))

    def _ask(self, request: HttpRequest, row: Any, form: forms.Form) -> HttpResponse:
        context = {
            **admin.site.each_context(request),
            "title": self.question(row),
            "row": row,
            "opts": row._meta,
            "facts": self.facts(row),
            "form": form,
            "button": self.button,
            "grave": self.grave,
            "back": self.back(row),
        }
        return TemplateResponse(request, "admin/desk/confirm.html", context, status=400 if form.errors else 200)


def address_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


class QuantityForm(forms.Form):
    def __init__(self, *args: Any, held: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"] = forms.IntegerField(
            min_value=1, max_value=held, required=False, help_text=f"Contracts, at most {held}; empty: all of them"
        )


class ClosePosition(Deed):
    model, permission, button = Position, "positions_app.change_position", "Close the position"

    def question(self, row: Position) -> str:
        return f"Close {contract_name(row.symbol)}?"

    def facts(self, row: Position) -> Sequence[str]:
        mark = "no mark yet" if row.mark is None else f"mark {row.mark.normalize():f}"
        return (
            f"{row.quantity} of {row.entry_quantity} contracts held in book {row.account.name}, {row.status}",
            f"entered at {row.entry_price.normalize():f}, {mark}, result so far {figures_of(row).total:+,.2f}",
            "A reduce-only market order is made; a worker sends it at once, and it waits for a good quote if there is none.",
            "What still buys for this position is cancelled.",
        )

    def form(self, row: Position, data: Any = None) -> forms.Form:
        return QuantityForm(data, held=max(row.quantity, 1))

    def act(self, request: HttpRequest, row: Position, given: dict[str, Any]) -> str:
        order = leave_by_hand(
            position_id=row.pk, quantity=given["quantity"], actor=actor_of(request.user), by="the admin"
        )
        return f"Order {order.client_order_id} sells {order.quantity} × {order.symbol}; it is {order.status.replace('_', ' ')}."


class CancelOrder(Deed):
    model, permission, button = Order, "orders_app.change_order", "Cancel the order"

    def question(self, row: Order) -> str:
        return f"Cancel {row.client_order_id}?"

    def facts(self, row: Order) -> Sequence[str]:
        end = "" if row.status in LIVE else "It has ended already."
        back = "Its position goes back under the exit rules." if row.reduce_only else "What it reserved is free again."
        return tuple(
            fact
            for fact in (
                f"{row.side} {row.quantity} × {row.symbol}, {row.filled_quantity} filled, {row.status.replace('_', ' ')}",
                f"What was filled stays. {back}",
                end,
            )
            if fact
        )

    def act(self, request: HttpRequest, row: Order, given: dict[str, Any]) -> str:
        order = cancel_order(order_id=row.pk, actor=actor_of(request.user))
        return f"Order {order.client_order_id} is cancelled; {order.filled_quantity} of {order.quantity} were filled before."


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=200, help_text="It stands in the audit trail and in each refusal.")


class OptionalReasonForm(forms.Form):
    reason = forms.CharField(max_length=200, required=False, help_text="For the audit trail")


class HaltBook(Deed):
    model, permission, button, form_class = Account, "books_app.change_account", "Halt the book", ReasonForm

    def question(self, row: Account) -> str:
        return f"Halt book {row.name}?"

    def facts(self, row: Account) -> Sequence[str]:
        live = Order.objects.filter(account=row, status__in=LIVE, reduce_only=False).count()
        return (
            "From this moment no entry is made or sent; exits go on.",
            f"{live} entry orders are live. Those not yet sent are denied; cancel the others where you want to.",
            f"It is {row.status} now.",
        )

    def act(self, request: HttpRequest, row: Account, given: dict[str, Any]) -> str:
        halt_book(account_id=row.pk, reason=given["reason"], actor=actor_of(request.user))
        return f"Book {row.name} is halted. Exits go on."


class ResumeBook(Deed):
    model, permission, button, grave = Account, "books_app.change_account", "Resume the book", False
    form_class = OptionalReasonForm

    def question(self, row: Account) -> str:
        return f"Resume book {row.name}?"

    def facts(self, row: Account) -> Sequence[str]:
        halted = (
            f"It was halted {row.halted_at:%Y-%m-%d %H:%M} UTC: {row.halt_reason}"
            if row.halted_at
            else f"It is {row.status}."
        )
        return (halted, "Entries are taken again from this moment.")

    def act(self, request: HttpRequest, row: Account, given: dict[str, Any]) -> str:
        resume_book(account_id=row.pk, actor=actor_of(request.user), reason=given["reason"])
        return f"Book {row.name} takes entries again."


class PauseStrategy(Deed):
    model, permission, button = Strategy, "signals_app.change_strategy", "Pause the strategy"
    form_class = OptionalReasonForm

    def question(self, row: Strategy) -> str:
        return f"Pause {row.name}?"

    def facts(self, row: Strategy) -> Sequence[str]:
        return ("It opens nothing from the next decision on; its alerts are still taken in and its exits go on.",)

    def act(self, request: HttpRequest, row: Strategy, given: dict[str, Any]) -> str:
        pause(strategy_id=row.pk, actor=actor_of(request.user), reason=given["reason"])
        return f"{row.name} is paused."


class UnpauseStrategy(Deed):
    model, permission, button, grave = Strategy, "signals_app.change_strategy", "Let it run again", False
    form_class = OptionalReasonForm

    def question(self, row: Strategy) -> str:
        return f"Let {row.name} run again?"

    def facts(self, row: Strategy) -> Sequence[str]:
        return ("It may open positions from the next decision on.",)

    def act(self, request: HttpRequest, row: Strategy, given: dict[str, Any]) -> str:
        unpause(strategy_id=row.pk, actor=actor_of(request.user), reason=given["reason"])
        return f"{row.name} runs again."


class OverlapForm(forms.Form):
    hours = forms.TypedChoiceField(
        label="the old one ends",
        coerce=int,
        choices=[
            (int(OVERLAP.total_seconds() // 3600), "in one hour, so that no alert on its way is lost"),
            (0, "now, because it has leaked"),
        ],
    )


class Rotate(Deed):
    """A new secret of one kind, shown in the answer and never again."""

    model, permission, button, form_class = Strategy, "signals_app.change_strategy", "Make a new one", OverlapForm
    kind: Credential.Kind = Credential.Kind.TOKEN

    def question(self, row: Strategy) -> str:
        return f"New {self.kind.label} for {row.name}?"

    def facts(self, row: Strategy) -> Sequence[str]:
        return (
            f"The new {self.kind.label} is shown once, on the next page. Put it into every alert of this strategy.",
            "The old one goes on working for as long as you choose here.",
        )

    def act(self, request: HttpRequest, row: Strategy, given: dict[str, Any]) -> HttpResponse:
        overlap = timedelta(hours=given["hours"])
        context = {
            **admin.site.each_context(request),
            "title": f"New {self.kind.label} of {row.name}",
            "strategy": row,
            "overlap_hours": given["hours"],
            **self._secret(row, overlap, actor_of(request.user)),
        }
        return TemplateResponse(
            request, "admin/signals_app/strategy/rotated.html", context, headers={"Cache-Control": "no-store"}
        )

    def _secret(self, strategy: Strategy, overlap: timedelta, actor: str) -> dict[str, str]:
        if self.kind == Credential.Kind.SIGNING:
            key_id, key = rotate_signing_key(strategy, actor=actor, overlap=overlap)
            return {"key_id": key_id, "key": key}
        secret = rotate(strategy, self.kind, actor=actor, overlap=overlap)
        if self.kind == Credential.Kind.ENDPOINT:
            return {"url": webhook_url(secret)}
        return {"token": secret, "body": alert_body(secret)}


def deed(route: str, view: type[Deed], name: str, **initial: Any) -> URLPattern:
    return path(route, admin.site.admin_view(view.as_view(**initial)), name=name)


urlpatterns = [
    deed("positions/<int:pk>/close/", ClosePosition, "desk-close-position"),
    deed("orders/<int:pk>/cancel/", CancelOrder, "desk-cancel-order"),
    deed("books/<int:pk>/halt/", HaltBook, "desk-halt-book"),
    deed("books/<int:pk>/resume/", ResumeBook, "desk-resume-book"),
    deed("strategies/<int:pk>/pause/", PauseStrategy, "desk-pause-strategy"),
    deed("strategies/<int:pk>/unpause/", UnpauseStrategy, "desk-unpause-strategy"),
    *(
        deed(f"strategies/<int:pk>/rotate-{kind.value}/", Rotate, f"desk-rotate-{kind.value}", kind=kind)
        for kind in Credential.Kind
    ),
]
