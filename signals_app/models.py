"""What the world asked of us, and what our engines decided about it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from books_app import clock
from books_app.fields import PRICE_LIMIT, MoneyField, PriceField, between, one_of
from domain.signals import LIVE, NEXT, SignalStatus

LIVE_STATUSES = sorted(LIVE)


class Strategy(models.Model):
    """One source of alerts and what its alerts may do: which symbols, which contracts, how much, left by which rules."""

    class BareSell(models.TextChoices):
        REDUCE = "reduce", "closes what is held"
        SHORT = "short", "opens a bearish position"

    class StrikePolicy(models.TextChoices):
        ATM = "atm", "at the money"
        OTM = "otm", "steps out of the money"
        DELTA = "delta", "nearest delta"

    class Sizing(models.TextChoices):
        FIXED = "fixed", "contracts"
        RISK = "risk", "amount at risk until the stop"
        NOTIONAL = "notional", "amount spent"

    name = models.SlugField(max_length=60, unique=True)
    account = models.ForeignKey(
        "books_app.Account", on_delete=models.PROTECT, related_name="strategies", verbose_name="book"
    )
    paused = models.BooleanField(default=False, help_text="A paused strategy opens nothing; its exits go on.")
    allowed_symbols = ArrayField(
        models.CharField(max_length=24), help_text="Underlyings it may enter, comma separated; * for all."
    )
    allow_adding = models.BooleanField(default=False, help_text="May open a further position on a symbol already held.")
    bare_sell = models.CharField("a sell without sentiment", max_length=6, choices=BareSell, default=BareSell.REDUCE)
    interval_seconds = models.PositiveIntegerField(
        default=300, help_text="Bars for indicators when the alert names none"
    )
    freshness_seconds = models.PositiveIntegerField(default=300, help_text="Alerts older than this are refused.")
    entry_cutoff_minutes = models.PositiveSmallIntegerField(
        default=5, help_text="No entries in the last minutes before the close."
    )

    min_days_to_expiry = models.PositiveSmallIntegerField(
        default=2, help_text="The nearest listed expiration at least this many days ahead is taken."
    )
    strike_policy = models.CharField(max_length=5, choices=StrikePolicy, default=StrikePolicy.ATM)
    strike_steps = models.PositiveSmallIntegerField(default=1, help_text="For steps out of the money")
    strike_delta = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.400"))
    sizing = models.CharField(max_length=8, choices=Sizing, default=Sizing.FIXED)
    sizing_value = MoneyField(default=Decimal(1), help_text="Contracts, or an amount of money")
    sizing_stop = models.DecimalField(
        "stop for risk sizing", max_digits=4, decimal_places=3, default=Decimal("0.500"), help_text="Share of the price"
    )

    source_addresses = ArrayField(
        models.GenericIPAddressField(),
        default=list,
        blank=True,
        help_text="Only these addresses may send, comma separated; empty for any.",
    )
    alerts_per_minute = models.PositiveIntegerField(
        default=60, help_text="Further alerts of a minute are answered 429."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "strategies"
        ordering = ["name"]
        constraints = [
            one_of("bare_sell", ["reduce", "short"], name="strategy_bare_sell_known"),
            one_of("strike_policy", ["atm", "otm", "delta"], name="strategy_strike_policy_known"),
            one_of("sizing", ["fixed", "risk", "notional"], name="strategy_sizing_known"),
            between("sizing_value", Decimal("0.01"), Decimal("1e9"), name="strategy_sizing_value_bounded"),
            between("sizing_stop", Decimal("0.01"), 1, name="strategy_sizing_stop_bounded"),
            between("strike_delta", Decimal("0.01"), Decimal("0.99"), name="strategy_strike_delta_bounded"),
            between("strike_steps", 0, 50, name="strategy_strike_steps_bounded"),
            between("freshness_seconds", 1, 86_400, name="strategy_freshness_bounded"),
            between("interval_seconds", 60, 86_400, name="strategy_interval_bounded"),
            between("alerts_per_minute", 1, 100_000, name="strategy_alerts_per_minute_bounded"),
            between("min_days_to_expiry", 0, 1000, name="strategy_min_days_bounded"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        spelled = [symbol.strip().upper() for symbol in self.allowed_symbols or []]
        wrong = [s for s in spelled if s != "*" and not s.replace(".", "").replace("/", "").isalnum()]
        if wrong:
            raise ValidationError({"allowed_symbols": f"not a symbol: {', '.join(wrong)}"})
        self.allowed_symbols = spelled

    @property
    def freshness(self) -> timedelta:
        return timedelta(seconds=self.freshness_seconds)


class Credential(models.Model):
    """One secret of a strategy, of which only the hash is kept. Several may be valid at once, so that they can be rotated.

    endpoint: the unguessable part of the webhook's address. token: what the alert's body carries. signing: a caller that
    signs; its key is derived from the server's signing secret and ``public_id``, so nothing secret is stored at all.
    """

    class Kind(models.TextChoices):
        ENDPOINT = "endpoint", "endpoint id"
        TOKEN = "token", "body token"
        SIGNING = "signing", "signing key"

    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=8, choices=Kind)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the secret")
    public_id = models.CharField(max_length=32, blank=True, help_text="Names a signing key")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Refused from then on")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "digest"], name="credential_digest_once"),
            one_of("kind", ["endpoint", "token", "signing"], name="credential_kind_known"),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="credential_digest_is_a_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.strategy} ({self.digest[:8]}…)"


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
    """One accepted alert: the row is the work to do, and later the record of what became of it."""

    strategy = models.ForeignKey(Strategy, on_delete=models.PROTECT, related_name="signals", db_index=False)
    account = models.ForeignKey("books_app.Account", on_delete=models.PROTECT, related_name="signals")
    event = models.ForeignKey(WebhookEvent, on_delete=models.PROTECT, related_name="signals", db_index=False)
    leg = models.PositiveSmallIntegerField(default=0, help_text="Place in a delivery that held several alerts")
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
            models.UniqueConstraint(fields=["event", "leg"], name="signal_once_per_leg"),
            one_of("status", sorted(NEXT), name="signal_status_known"),
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
    """What one engine said of one signal, and everything it saw. Append-only."""

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
