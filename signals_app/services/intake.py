"""Taking in one delivery: recognise the sender, read the body, store event and signals in one short transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import IntegrityError

from domain.alerts import Alert, Batch, dedupe_key, dedupe_slot_s, interpret, read_document, redact
from domain.alerts import candidate_secrets as secrets_in
from domain.errors import AlertRefused
from domain.reasons import reason_for
from signals_app.models import Signal, WebhookEvent
from signals_app.services.counters import count_refusal
from signals_app.services.credentials import Caller, caller_of_endpoint, caller_of_signature
from signals_app.services.limits import admits
from signals_app.services.steps import SWEEP_AFTER
from signals_app.services.store import insert_together

MAX_BODY_BYTES = 16 * 1024
SIGNATURE_WINDOW = timedelta(minutes=5)
Outcome = WebhookEvent.Outcome


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it reached us. source_address is already judged against the trusted proxies."""

    body: bytes
    source_address: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery. signal_ids are the first ones' when it is a duplicate, and empty when only noted.

    The caller tells the workers of new signals, once the sender has been answered.
    """

    outcome: str
    event_id: int
    correlation_id: str
    signal_ids: tuple[int, ...] = ()

    @property
    def new_signal_ids(self) -> tuple[int, ...]:
        return self.signal_ids if self.outcome == Outcome.ACCEPTED else ()


def receive_tradingview(endpoint_id: str, delivery: Delivery) -> Receipt:
    """Take in an alert that names its strategy by address and carries a token in its body.

    Raises AlertRefused: ``unauthenticated`` (which of the halves was wrong is not told), ``rate_limited``, or what is
    wrong with the body. The refusal of an authenticated sender is stored before it is raised.
    """
    caller = caller_of_endpoint(endpoint_id)
    candidates = secrets_in(delivery.body)
    if caller is None or not caller.holds(candidates) or not _may_send(caller, delivery):
        raise _unauthenticated()
    return _receive(caller, delivery)


def receive_signed(key_id: str, timestamp: str, signature: str, delivery: Delivery) -> Receipt:
    """Take in an alert signed by its sender: HMAC-SHA256 over ``timestamp.body``, unix seconds within five minutes.

    Raises AlertRefused as ``receive_tradingview`` does.
    """
    caller = caller_of_signature(key_id, signature, timestamp.encode("utf-8", "surrogatepass") + b"." + delivery.body)
    if caller is None or not _is_recent(timestamp, delivery.received_at) or not _may_send(caller, delivery):
        raise _unauthenticated()
    return _receive(caller, delivery)


def _is_recent(timestamp: str, at: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(at.timestamp() - int(timestamp)) <= SIGNATURE_WINDOW.total_seconds()


def _may_send(caller: Caller, delivery: Delivery) -> bool:
    allowed = caller.source_addresses
    return not allowed or delivery.source_address in allowed


def _unauthenticated() -> AlertRefused:
    count_refusal("unauthenticated")
    return AlertRefused("unauthenticated", "The sender is not known here.")


def _receive(caller: Caller, delivery: Delivery) -> Receipt:
    per_minute = caller.alerts_per_minute
    if not admits(caller.strategy_id, per_minute):
        count_refusal("rate_limited")
        raise AlertRefused("rate_limited", f"{caller.strategy_name} may send {per_minute} alerts a minute.")
    try:
        document = read_document(delivery.body)
        meaning = interpret(document, received_at=delivery.received_at, freshness=caller.freshness)
    except AlertRefused as refusal:
        _store_refusal(caller, delivery, refusal)
        count_refusal(refusal.code)
        raise
    if isinstance(meaning, Alert):
        alerts: Sequence[Alert] = (meaning,)
    elif isinstance(meaning, Batch):
        alerts = meaning.alerts
    else:
        alerts = ()
    return _store(caller, delivery, alerts)


def _new_event(caller: Caller, delivery: Delivery, outcome: str, http_status: int) -> WebhookEvent:
    kept = redact(delivery.body)
    return WebhookEvent(
        strategy_id=caller.strategy_id,
        received_at=delivery.received_at,
        source_address=delivery.source_address,
        body=kept.replace("\x00", "\N{SYMBOL FOR NULL}"),
        body_sha256=sha256(kept.encode("utf-8", "surrogatepass")).hexdigest(),
        outcome=outcome,
        http_status=http_status,
        correlation_id=uuid.uuid4().hex,
    )


def _store_refusal(caller: Caller, delivery: Delivery, refusal: AlertRefused) -> None:
    event = _new_event(caller, delivery, Outcome.REFUSED, reason_for(refusal.code).http_status or 422)
    event.reason, event.text = refusal.code, refusal.message[:400]
    event.save(force_insert=True)


def _store(caller: Caller, delivery: Delivery, alerts: Sequence[Alert]) -> Receipt:
    """Insert first and look afterwards: the unique key decides, however many deliveries race."""
    event = _new_event(caller, delivery, Outcome.ACCEPTED if alerts else Outcome.NOTED, 202)
    signals = [_new_signal(caller, event, leg, alert) for leg, alert in enumerate(alerts)]
    first = _seen_in_last_interval(caller, event, alerts)
    if first is not None:
        return _insert_duplicate(_new_event(caller, delivery, Outcome.DUPLICATE, 200), first)
    try:
        return _insert(event, signals)
    except IntegrityError as e:
        if "signal_once_per_alert" not in str(e):
            raise
    return _store_beside_known(caller, delivery, signals)


def _store_beside_known(caller: Caller, delivery: Delivery, signals: Sequence[Signal]) -> Receipt:
    """Some of a delivery's alerts came before: those are left out, and the new ones are not lost with them."""
    keys = [signal.dedupe_key for signal in signals]
    known = {
        signal.dedupe_key: signal
        for signal in Signal.objects.filter(strategy_id=caller.strategy_id, dedupe_key__in=keys)
    }
    new = [signal for signal in signals if signal.dedupe_key not in known]
    if new:
        return _insert(_new_event(caller, delivery, Outcome.ACCEPTED, 202), new)
    first = min(known.values(), key=lambda signal: signal.pk)
    return _insert_duplicate(_new_event(caller, delivery, Outcome.DUPLICATE, 200), first)


def _new_signal(caller: Caller, event: WebhookEvent, leg: int, alert: Alert) -> Signal:
    return Signal(
        strategy_id=caller.strategy_id,
        account_id=caller.account_id,
        leg=leg,
        correlation_id=event.correlation_id,
        dedupe_key=_key(event, leg, alert, event.received_at),
        symbol=alert.symbol,
        asset_class=alert.asset_class,
        intent=alert.intent,
        alert=alert.as_json(),
        alert_time=alert.alert_time,
        received_at=event.received_at,
        signal_price=alert.signal_price,
        due_at=event.received_at + SWEEP_AFTER,
        updated_at=event.received_at,
    )


def _key(event: WebhookEvent, leg: int, alert: Alert, received_at: datetime) -> str:
    key = dedupe_key(alert, event.body_sha256, received_at)
    return key if leg == 0 else sha256(f"{key}|{leg}".encode()).hexdigest()


def _seen_in_last_interval(caller: Caller, event: WebhookEvent, alerts: Sequence[Alert]) -> Signal | None:
    """An alert without a time is the same as the same body within one interval, also across a slot's edge."""
    if not alerts or alerts[0].alert_time is not None:
        return None
    earlier = event.received_at - timedelta(seconds=dedupe_slot_s(alerts[0]))
    return Signal.objects.filter(
        strategy_id=caller.strategy_id,
        dedupe_key=_key(event, 0, alerts[0], earlier),
        received_at__gte=earlier,
    ).first()


def _insert(event: WebhookEvent, signals: Sequence[Signal]) -> Receipt:
    event_id, signal_ids = insert_together(event, signals)
    return Receipt(event.outcome, event_id, event.correlation_id, signal_ids)


def _insert_duplicate(event: WebhookEvent, first: Signal) -> Receipt:
    event.duplicate_of = first
    event.reason = "duplicate"
    event.correlation_id = first.correlation_id
    event.save(force_insert=True)
    legs = Signal.objects.filter(event_id=first.event_id).order_by("leg").values_list("pk", flat=True)
    return Receipt(event.outcome, event.pk, first.correlation_id, tuple(legs))
