"""What came in, and what the engines decided about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from books_app import clock
from books_app.fields import PRICE_LIMIT, PriceField, between, one_of
from domain.signals import LIVE, NEXT, SignalStatus
from signals_app.models.strategies import Strategy

LIVE_STATUSES = sorted(LIVE)


class WebhookEvent(models.Model):
    """One authenticated delivery, whatever became of it. The body is kept without its secrets."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", "accepted"
        DUPLICATE = "duplicate", "duplicate"
        NOTED = "noted", "noted: nothing to trade"
        REFUSED = "refused", "refused"

    strategy = models.ForeignKey(Strategy, on_delete=models.PROTECT, related_name="events", db_index=False)
    received_at = models.DateTimeField()
    source_address = models.GenericIPAddressField(null=True, blank=True)
    body = models.TextField(help_text="As received, secrets replaced")
    body_sha256 = models.CharField(max_length=64)
    outcome = models.CharField(max_length=9, choices=Outcome)
    reason = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=400, blank=True)
    http_status = models.PositiveSmallIntegerField()
    duplicate_of = models.ForeignKey(
        "signals_app.Signal",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        db_index=False,
    )
    correlation_id = models.CharField(max_length=32)

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("outcome", ["accepted", "duplicate", "noted", "refused"], name="event_outcome_known"),
            models.CheckConstraint(condition=~Q(outcome="refused") | ~Q(reason=""), name="event_refusal_has_reason"),
        ]
        indexes = [
            models.Index(fields=["strategy", "received_at"], name="event_of_strategy_by_time"),
            models.Index(fields=["correlation_id"], name="event_of_correlation"),
            models.Index(
                fields=["duplicate_of"], condition=Q(duplicate_of__isnull=False), name="event_duplicate_of_signal"
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.pk} {self.outcome} {self.reason}".strip()


class Signal(models.Model):
    """One accepted alert: the row is the work to do, and later the record of what became of it.

    Where both engines decide, one of them trades the alert; what the other one decided is a second row of work, its
    shadow, on the shadow book, which goes the same way through the same code.
    """

    strategy = models.ForeignKey(Strategy, on_delete=models.PROTECT, related_name="signals", db_index=False)
    account = models.ForeignKey("books_app.Account", on_delete=models.PROTECT, related_name="signals")
    event = models.ForeignKey(WebhookEvent, on_delete=models.PROTECT, related_name="signals", db_index=False)
    leg = models.PositiveSmallIntegerField(default=0, help_text="Place in a delivery that held several alerts")
    shadow_of = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="shadow",
        help_text="The signal that the other engine trades; this one is carried out on the shadow book.",
    )
    engine = models.CharField(max_length=1, blank=True, help_text="Whose decision it follows; empty until decided")
    experiment = models.ForeignKey(
        "signals_app.Experiment", on_delete=models.PROTECT, null=True, blank=True, related_name="signals"
    )
    correlation_id = models.CharField(max_length=32)
    dedupe_key = models.CharField(max_length=64)

    symbol = models.CharField(max_length=24)
    asset_class = models.CharField(max_length=20)
    intent = models.CharField(max_length=20)
    alert = models.JSONField(help_text="The alert's normal form")
    alert_time = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    signal_price = PriceField(null=True, blank=True)

    status = models.CharField(max_length=8, default=SignalStatus.PENDING)
    reason = models.CharField(max_length=40, blank=True)
    reason_text = models.CharField(max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(help_text="When a sweep may take it up again")
    last_error = models.CharField(max_length=400, blank=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["strategy", "dedupe_key"], name="signal_once_per_alert"),
            models.UniqueConstraint(
                fields=["event", "leg"], condition=Q(shadow_of__isnull=True), name="signal_once_per_leg"
            ),
            one_of("status", sorted(NEXT), name="signal_status_known"),
            one_of("engine", ["", "A", "B"], name="signal_engine_known"),
            models.CheckConstraint(
                condition=~Q(status__in=["rejected", "dead"]) | ~Q(reason=""), name="signal_refusal_has_reason"
            ),
            between("signal_price", 0, PRICE_LIMIT, name="signal_price_bounded", nullable=True),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status__in=LIVE_STATUSES), name="signal_due"),
            models.Index(fields=["strategy", "received_at"], name="signal_of_strategy_by_time"),
        ]

    def __str__(self) -> str:
        return f"signal {self.pk}: {self.intent} {self.symbol} ({self.status})"


class Decision(models.Model):
    """What one engine said of one signal, and everything it saw. Append-only; a shadow's is its signal's."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "approved"
        REJECTED = "rejected", "rejected"

    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    engine = models.CharField(max_length=8)
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=400, blank=True)
    plan = models.JSONField(null=True, blank=True)
    rules = models.JSONField(help_text="[code, passed, text] for every rule")
    seen = models.JSONField(help_text="Price, indicators, limits and their use, session")
    decided_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["signal", "engine"], name="decision_once_per_engine"),
            one_of("verdict", ["approved", "rejected"], name="decision_verdict_known"),
            models.CheckConstraint(
                condition=~Q(verdict="rejected") | ~Q(reason=""), name="decision_refusal_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engine}: {self.verdict} {self.reason}".strip()
