"""The whole way of one signal, read from its rows: what came in, what was decided and on what, and what followed.

One reading serves the admin page, the API and ``manage.py trail``. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q

from books_app.models import AuditEvent, LedgerEntry
from books_app.web.reasons import known, page_of
from domain.quantities import contracts
from domain.reasons import Reason
from orders_app.models import ContractSelection, Fill, Order
from positions_app.figures import Figures, figures_of
from positions_app.models import ExitVerdict, Position
from signals_app.models import Decision, Signal, WebhookEvent

VERDICTS_SHOWN = 50
LIMITS_IN_USE = {  # limit: what of the book it is compared with
    "max_open_positions": "open_positions",
    "max_exposure": "exposure",
    "max_daily_loss": "loss_today",
    "max_orders_per_minute": "orders_last_minute",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was refused or ended, with the words of the registry."""

    code: str
    text: str
    reason: Reason | None

    @property
    def docs(self) -> str:
        return page_of(self.code)


@dataclass(frozen=True, slots=True)
class Step:
    """One audit row; after_ms counts from the moment the alert was received."""

    event: AuditEvent
    after_ms: float

    @property
    def what(self) -> str:
        e = self.event
        return f"{e.entity} {e.entity_id}"


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What one rule of a decision found."""

    code: str
    passed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """One limit, and how much of it was used when the decision was made."""

    code: str
    used: str
    limit: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """One engine's decision, unpacked for reading."""

    decision: Decision
    rules: tuple[RuleLine, ...]
    uses: tuple[Use, ...]
    refusal: Refusal | None

    @property
    def market(self) -> dict[str, Any]:
        return dict(self.decision.seen.get("market") or {})

    @property
    def book(self) -> dict[str, Any]:
        return dict(self.decision.seen.get("book") or {})

    @property
    def passed(self) -> int:
        return sum(rule.passed for rule in self.rules)


@dataclass(frozen=True, slots=True)
class OrderPart:
    order: Order
    fills: tuple[Fill, ...]
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class PositionPart:
    position: Position
    figures: Figures
    verdicts: tuple[ExitVerdict, ...]  # oldest first; at most the last VERDICTS_SHOWN


@dataclass(frozen=True, slots=True)
class Stage:
    """One station of the way. tone: good, bad, busy or none yet; after_ms is since the alert was received."""

    name: str
    tone: str
    text: str
    after_ms: float | None = None


@dataclass(frozen=True)
class SignalTrail:
    signal: Signal
    event: WebhookEvent
    duplicates: tuple[WebhookEvent, ...]
    judgements: tuple[Judgement, ...]
    selection: ContractSelection | None  # None where no contract had to be chosen
    orders: tuple[OrderPart, ...]
    positions: tuple[PositionPart, ...]
    ledger: tuple[LedgerEntry, ...]
    steps: tuple[Step, ...]

    @cached_property
    def refusal(self) -> Refusal | None:
        return _refusal(self.signal.reason, self.signal.reason_text)

    @cached_property
    def filled_after_ms(self) -> float | None:
        """Alert received to the first entry fill recorded, which is the moment its position was committed."""
        recorded = [f.recorded_at for part in self.orders if part.order.purpose == "entry" for f in part.fills]
        return _after_ms(self.signal.received_at, min(recorded)) if recorded else None

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Received, decided, ordered, filled, held: how far it has come, and how fast."""
        return tuple(_stages(self))

    @cached_property
    def headline(self) -> str:
        """What became of it, in one line."""
        signal = self.signal
        start = f"{signal.intent.replace('_', ' ')} {signal.symbol}"
        if signal.status in ("rejected", "dead"):
            return f"{start}: {signal.status}, {signal.reason}"
        if self.positions:
            return f"{start}: {'; '.join(_said_of(part) for part in self.positions)}"
        if self.orders:
            return f"{start}: {'; '.join(f'order {p.order.pk} {p.order.status}' for p in self.orders)}"
        return f"{start}: {signal.status}"


def read_trail(signal_id: int) -> SignalTrail:
    """Raises Signal.DoesNotExist."""
    signal = Signal.objects.select_related("strategy", "account", "event").get(pk=signal_id)
    orders = _orders_of(signal)
    positions = _positions_of(signal)
    return SignalTrail(
        signal=signal,
        event=signal.event,
        duplicates=tuple(signal.duplicates.order_by("pk")[:VERDICTS_SHOWN]),
        judgements=tuple(_judgement(decision) for decision in signal.decisions.order_by("pk")),
        selection=ContractSelection.objects.filter(signal=signal).first(),
        orders=orders,
        positions=tuple(_position_part(position) for position in positions),
        ledger=_ledger_of(orders, positions, signal),
        steps=_steps_of(signal, orders, positions),
    )


def _orders_of(signal: Signal) -> tuple[OrderPart, ...]:
    """Its own orders, and those that left its positions whoever made them."""
    rows = Order.objects.filter(Q(signal=signal) | Q(position__signal=signal)).order_by("pk").prefetch_related("fills")
    return tuple(
        OrderPart(
            order, tuple(sorted(order.fills.all(), key=lambda fill: fill.pk)), _refusal(order.reason, order.reason_text)
        )
        for order in rows
    )


def _positions_of(signal: Signal) -> list[Position]:
    """What it opened, and what it was sent to leave."""
    return list(Position.objects.filter(Q(signal=signal) | Q(orders__signal=signal)).distinct().order_by("pk"))


def _position_part(position: Position) -> PositionPart:
    last = list(position.verdicts.order_by("-pk")[:VERDICTS_SHOWN])
    return PositionPart(position, figures_of(position), tuple(reversed(last)))


def _ledger_of(orders: Sequence[OrderPart], positions: Sequence[Position], signal: Signal) -> tuple[LedgerEntry, ...]:
    bookings = [f"fill:{fill.pk}" for part in orders for fill in part.fills]
    bookings += [f"settlement:{position.pk}" for position in positions if position.signal_id == signal.pk]
    return tuple(LedgerEntry.objects.filter(booking__in=bookings).order_by("pk"))


def _steps_of(signal: Signal, orders: Sequence[OrderPart], positions: Sequence[Position]) -> tuple[Step, ...]:
    """Audit rows of the alert's correlation id, and those of orders and positions that it moved under another's id."""
    of_rows = Q(entity="order", entity_id__in=[part.order.pk for part in orders])
    of_rows |= Q(entity="position", entity_id__in=[position.pk for position in positions])
    of_rows |= Q(entity="fill", entity_id__in=[fill.pk for part in orders for fill in part.fills])
    rows = AuditEvent.objects.filter(
        Q(correlation_id=signal.correlation_id) | (of_rows & Q(at__gte=signal.received_at))
    )
    return tuple(Step(row, _after_ms(signal.received_at, row.at)) for row in rows.order_by("pk"))


def _judgement(decision: Decision) -> Judgement:
    return Judgement(
        decision=decision,
        rules=tuple(RuleLine(code, bool(passed), text) for code, passed, text in decision.rules),
        uses=tuple(_uses(decision.seen)),
        refusal=_refusal(decision.reason, decision.text),
    )


def _uses(seen: dict[str, Any]) -> list[Use]:
    limits, book = seen.get("limits") or {}, seen.get("book") or {}
    found = []
    for code, limit in limits.items():
        used = book.get(LIMITS_IN_USE.get(code, ""))
        percent = None
        if used is not None and Decimal(str(limit)):
            percent = min(int(100 * Decimal(str(used)) / Decimal(str(limit))), 100)
        found.append(Use(code, "" if used is None else plain(used), plain(limit), percent))
    return found


def _refusal(code: str, text: str) -> Refusal | None:
    return Refusal(code, text, known(code)) if code else None


def _said_of(part: PositionPart) -> str:
    p = part.position
    gain = f"{part.figures.total:+.2f}"
    if p.status == "closed":
        return f"position {p.pk} closed by {p.exit_reason or 'an order'}, {gain}"
    return f"position {p.pk} {p.status}, {p.quantity} × {p.symbol}, {gain}"


def _stages(trail: SignalTrail) -> Iterator[Stage]:
    received = trail.signal.received_at
    yield Stage("received", "good", trail.event.outcome, 0.0)
    if not trail.judgements:
        yield Stage("decided", "bad" if trail.signal.status == "dead" else "none", trail.signal.status)
        return
    decision = trail.judgements[0].decision
    tone = "good" if decision.verdict == "approved" else "bad"
    yield Stage("decided", tone, decision.verdict, _after_ms(received, decision.decided_at))
    own = [part for part in trail.orders if part.order.signal_id == trail.signal.pk]
    if not own:
        refused = trail.signal.status in ("rejected", "dead")
        if tone == "good":
            yield Stage("ordered", "bad" if refused else "busy", trail.signal.reason if refused else "to come")
        return
    order = own[0].order
    ended = order.status in ("denied", "rejected", "failed", "expired", "cancelled")
    yield Stage("ordered", "bad" if ended else "good", order.status, _after_ms(received, order.created_at))
    fills = [fill for part in own for fill in part.fills]
    if not fills:
        return
    yield Stage("filled", "good", contracts(sum(f.quantity for f in fills)), _after_ms(received, fills[0].recorded_at))
    for part in trail.positions:
        gained = "good" if part.figures.total >= 0 else "bad"
        yield Stage("position", gained, f"{part.position.status}, {part.figures.total:+.2f}")


def _after_ms(start: datetime, at: datetime) -> float:
    return (at - start).total_seconds() * 1000


def plain(number: object) -> str:
    """A decimal without the zeros that fill up its column."""
    return f"{Decimal(str(number)).normalize():f}"
