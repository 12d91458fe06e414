"""The whole way of one signal, read from its rows: what came in, what was decided and on what, and what followed.

One reading serves the admin page, the API and ``manage.py trail``. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.db.models import Q

from books_app.models import AuditEvent, LedgerEntry
from domain.quantities import contracts
from orders_app.models import ContractSelection, Fill, Order
from positions_app.figures import Figures, figures_of
from positions_app.models import ExitVerdict, Position
from signals_app.models import ModelAdvice, Signal, WebhookEvent
from tradingsite.trail_engines import Routing, advice_of, routing_of
from tradingsite.trail_judgement import Judgement, Refusal, judgement_of, refusal_of

VERDICTS_SHOWN = 50


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
    """The way of one row of work. Stages, headline, refusal and times are its own, never its shadow's.

    judgements, routing and advice are the alert's, the same for a signal and its shadow; of a signal ``shadow`` is the
    whole trail of the other engine's decision, which no real book knows of.
    """

    signal: Signal
    event: WebhookEvent
    duplicates: tuple[WebhookEvent, ...]
    judgements: tuple[Judgement, ...]
    routing: Routing | None  # None until it is decided
    advice: ModelAdvice | None  # None where no language model was asked
    selection: ContractSelection | None  # None where no contract had to be chosen
    orders: tuple[OrderPart, ...]
    positions: tuple[PositionPart, ...]
    ledger: tuple[LedgerEntry, ...]
    steps: tuple[Step, ...]
    shadow: SignalTrail | None = None

    @cached_property
    def original(self) -> Signal | None:
        """The signal whose shadow this one is."""
        return self.signal.shadow_of

    @cached_property
    def total(self) -> Decimal:
        """Profit and loss of its positions."""
        return sum((part.figures.total for part in self.positions), Decimal(0))

    @cached_property
    def own_judgement(self) -> Judgement | None:
        """Of the engine whose decision it carries out."""
        own = (j for j in self.judgements if j.decision.engine == self.signal.engine)
        return next(own, self.judgements[0] if self.judgements else None)

    @cached_property
    def refusal(self) -> Refusal | None:
        return refusal_of(self.signal.reason, self.signal.reason_text)

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
    signal = _RELATED.get(pk=signal_id)
    shadows = list(_RELATED.filter(shadow_of__event=signal.event_id, shadow_of__shadow_of=None))  # of every leg
    own = next((shadow for shadow in shadows if signal.pk in (shadow.pk, shadow.shadow_of_id)), None)
    alert = _alert_of(signal.shadow_of or signal, shadowed=own is not None)
    if own is None:
        return _read(signal, alert, beside=shadows)
    legs = Signal.objects.filter(event=signal.event_id, shadow_of=None)
    course = _read(own, alert, beside=[*legs, *(shadow for shadow in shadows if shadow.pk != own.pk)])
    return course if signal.pk == own.pk else _read(signal, alert, beside=shadows, shadow=course)


_RELATED = Signal.objects.select_related(
    "strategy", "account", "event", "experiment", "shadow_of__experiment", "shadow_of__strategy"
)


@dataclass(frozen=True, slots=True)
class _Alert:
    """What a signal and its shadow have in common."""

    duplicates: tuple[WebhookEvent, ...]
    judgements: tuple[Judgement, ...]
    routing: Routing | None
    advice: ModelAdvice | None


def _alert_of(signal: Signal, *, shadowed: bool) -> _Alert:
    decisions = list(signal.decisions.order_by("pk"))
    return _Alert(
        duplicates=tuple(signal.duplicates.order_by("pk")[:VERDICTS_SHOWN]),
        judgements=tuple(judgement_of(decision, signal.engine, shadowed=shadowed) for decision in decisions),
        routing=routing_of(signal, decisions),
        advice=advice_of(signal),
    )


def _read(signal: Signal, alert: _Alert, *, beside: Sequence[Signal], shadow: SignalTrail | None = None) -> SignalTrail:
    """beside: other rows of work with the same correlation id, whose steps are not this one's."""
    orders = _orders_of(signal)
    positions = _positions_of(signal)
    return SignalTrail(
        signal=signal,
        event=signal.event,
        duplicates=alert.duplicates,
        judgements=alert.judgements,
        routing=alert.routing,
        advice=alert.advice,
        selection=ContractSelection.objects.filter(signal=signal).first(),
        orders=orders,
        positions=tuple(_position_part(position) for position in positions),
        ledger=_ledger_of(orders, positions, signal),
        steps=_steps_of(signal, orders, positions, beside),
        shadow=shadow,
    )


def _orders_of(signal: Signal) -> tuple[OrderPart, ...]:
    """Its own orders, and those that left its positions whoever made them."""
    rows = Order.objects.filter(Q(signal=signal) | Q(position__signal=signal)).order_by("pk").prefetch_related("fills")
    return tuple(
        OrderPart(
            order,
            tuple(sorted(order.fills.all(), key=lambda fill: fill.pk)),
            refusal_of(order.reason, order.reason_text),
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


def _steps_of(
    signal: Signal, orders: Sequence[OrderPart], positions: Sequence[Position], beside: Sequence[Signal]
) -> tuple[Step, ...]:
    """Audit rows of the alert's correlation id, and those of orders and positions that it moved under another's id."""
    rows = AuditEvent.objects.filter(
        Q(correlation_id=signal.correlation_id)
        | (_moved([part.order for part in orders], positions) & Q(at__gte=signal.received_at))
    )
    if beside:
        pks = [other.pk for other in beside]
        theirs = Order.objects.filter(Q(signal__in=pks) | Q(position__signal__in=pks)).prefetch_related("fills")
        held = Position.objects.filter(signal__in=pks)
        rows = rows.exclude(_moved(list(theirs), list(held)) | Q(entity="signal", entity_id__in=pks))
    return tuple(Step(row, _after_ms(signal.received_at, row.at)) for row in rows.order_by("pk"))


def _moved(orders: Sequence[Order], positions: Sequence[Position]) -> Q:
    """Audit rows about these orders, their fills, and these positions."""
    of_rows = Q(entity="order", entity_id__in=[order.pk for order in orders])
    of_rows |= Q(entity="position", entity_id__in=[position.pk for position in positions])
    return of_rows | Q(entity="fill", entity_id__in=[fill.pk for order in orders for fill in order.fills.all()])


def _said_of(part: PositionPart) -> str:
    p = part.position
    gain = f"{part.figures.total:+.2f}"
    if p.status == "closed":
        return f"position {p.pk} closed by {p.exit_reason or 'an order'}, {gain}"
    return f"position {p.pk} {p.status}, {p.quantity} × {p.symbol}, {gain}"


def _stages(trail: SignalTrail) -> Iterator[Stage]:
    received = trail.signal.received_at
    yield Stage("received", "good", trail.event.outcome, 0.0)
    judgement = trail.own_judgement
    if judgement is None:
        yield Stage("decided", "bad" if trail.signal.status == "dead" else "none", trail.signal.status)
        return
    decision = judgement.decision
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
