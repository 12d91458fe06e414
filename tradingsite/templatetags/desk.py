"""What the admin's templates ask for: a signal's trail, the counts of the overview, and figures in readable form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from books_app import clock
from books_app.models import Account
from books_app.web import admin as shown
from domain.orders import LIVE
from orders_app.models import Order
from positions_app.admin import contract_name
from positions_app.figures import figures_of
from positions_app.models import Position
from risk_app.queries import start_of_day
from signals_app.models import AgentVote, Experiment, Signal, SplitChange, WebhookEvent
from tradingsite.trail import SignalTrail, read_trail
from tradingsite.trail_engines import vote_figures
from workers.schedule import silent_jobs

register = template.Library()
NEWEST = 12
SHADOW = Account.Kind.SHADOW

register.filter("badge", shown.badge)
register.filter("gain", shown.gain)
register.filter("reason_link", shown.reason_link)
register.filter("contract", contract_name)


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the overview. tone: calm, good, busy or bad."""

    label: str
    value: str | int
    note: str | SafeString
    url: str
    tone: str = "calm"


@register.simple_tag
def trail_of(signal: Signal) -> SignalTrail:
    return read_trail(signal.pk)


@register.simple_tag
def open_change(experiment: Experiment) -> SplitChange | None:
    """The change of the split that waits for its confirmation."""
    return experiment.changes.filter(confirmed_at=None, withdrawn_at=None).first()


@register.simple_tag
def newest_signals() -> list[Signal]:
    return list(Signal.objects.filter(shadow_of=None).select_related("strategy").order_by("-pk")[:NEWEST])


@register.simple_tag
def overview() -> list[Card]:
    """The figures an operator looks at first, each a link to its rows.

    Shadow books are in none of them but the dead rows, which somebody has to look at wherever they are.
    """
    return [_positions(), _orders(), _signals(), _refusals(), _dead(), _halted(), _silent()]


def _positions() -> Card:
    held = list(Position.objects.exclude(status="closed").exclude(account__kind=SHADOW))
    total = sum((figures_of(position).total for position in held), Decimal(0))
    url = f"{reverse('admin:positions_app_position_changelist')}?status__exact=open"
    return Card("open positions", len(held), shown.gain(total) if held else "nothing held", url)


def _orders() -> Card:
    live = Order.objects.filter(status__in=LIVE).exclude(account__kind=SHADOW)
    exits = live.filter(reduce_only=True).count()
    url = reverse("admin:orders_app_order_changelist")
    return Card("live orders", live.count(), f"{exits} of them exits", url, "busy" if live else "calm")


def _signals() -> Card:
    today = Signal.objects.filter(received_at__gte=start_of_day(clock.now()), shadow_of=None)
    traded = today.filter(status="ordered").count()
    return Card(
        "signals today", today.count(), f"{traded} became orders", reverse("admin:signals_app_signal_changelist")
    )


def _refusals() -> Card:
    since = start_of_day(clock.now())
    at_the_door = WebhookEvent.objects.filter(received_at__gte=since, outcome="refused").count()
    decided = Signal.objects.filter(received_at__gte=since, status="rejected", shadow_of=None).count()
    url = f"{reverse('admin:signals_app_signal_changelist')}?status__exact=rejected"
    return Card("refusals today", at_the_door + decided, f"{at_the_door} bodies, {decided} decisions", url)


def _dead() -> Card:
    count = Signal.objects.filter(status="dead").count()
    url = f"{reverse('admin:signals_app_signal_changelist')}?attention=dead&shadow=all"
    return Card("dead rows", count, "somebody must look" if count else "none given up", url, "bad" if count else "good")


def _halted() -> Card:
    names = list(Account.objects.filter(status=Account.Status.HALTED).values_list("name", flat=True))
    url = reverse("admin:books_app_account_changelist")
    return Card("halted books", len(names), ", ".join(names) or "all take entries", url, "bad" if names else "good")


def _silent() -> Card:
    silent = [name.rpartition(".")[2] for name in silent_jobs()]
    url = reverse("admin:workers_schedulerun_changelist")
    return Card("silent jobs", len(silent), ", ".join(silent) or "the schedule runs", url, "bad" if silent else "good")


@register.filter
def plain(number: Any) -> str:
    return shown.plain(None if number in (None, "") else Decimal(str(number)))


@register.filter
def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


@register.filter
def moment(at: datetime | None) -> str:
    """UTC with milliseconds."""
    return "–" if at is None else f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


@register.filter
def after(milliseconds: float | None) -> str:
    """``+18.2 ms``, ``+3.4 s``, ``+2.1 h``: as precise as one can feel."""
    if milliseconds is None:
        return ""
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if abs(milliseconds) >= size:
            return f"{milliseconds / size:+.1f} {unit}"
    return f"{milliseconds:+.1f} ms"


@register.filter
def pretty(value: Any) -> str:
    """JSON with line breaks; a text that is JSON is read first."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def badge_as(word: str, text: str) -> SafeString:
    """A text in the colour of a state."""
    return shown.badge(word, text=text)


@register.filter
def milliseconds(microseconds: int) -> str:
    return f"{microseconds / 1000:.1f} ms"


@register.filter
def figures(vote: AgentVote) -> list[tuple[str, str]]:
    """The figures of a vote, by name."""
    return list(vote_figures(vote))


@register.filter
def words(name: str) -> str:
    """``open_long`` as ``open long``."""
    return name.replace("_", " ")
