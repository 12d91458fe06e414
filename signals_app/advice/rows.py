"""What was asked of a language model and what it said, and what it has cost in a day."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from books_app.fields import MONEY_LIMIT, MoneyField, between, one_of

MOST_TOKENS = 100_000_000


class ModelAdvice(models.Model):
    """One question about one signal and its answer, or why there is none. Append-only, and once for each signal.

    Replays and later decisions read it and never ask again. prompt holds the messages as they were sent; answer is the
    body as it came, also where it could not be used. cost is what the budget was charged: of an answer that did not
    tell its tokens, the most that it can have cost.
    """

    class Outcome(models.TextChoices):
        ANSWERED = "answered", "answered"
        FAILED = "failed", "failed"

    signal = models.ForeignKey(
        "signals_app.Signal", on_delete=models.PROTECT, related_name="model_advice", db_index=False
    )
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    model = models.CharField(max_length=120, blank=True)
    prompt_version = models.PositiveSmallIntegerField()
    prompt = models.JSONField(help_text="The messages as they were sent")
    answer = models.TextField(blank=True, help_text="The body as it came")
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=400, blank=True)

    action = models.CharField(max_length=6, blank=True)
    bias = models.CharField(max_length=7, blank=True)
    confidence = models.PositiveSmallIntegerField(null=True, blank=True)
    reasons = models.JSONField(default=list, blank=True)
    tokens_in = models.PositiveIntegerField(null=True, blank=True)
    tokens_out = models.PositiveIntegerField(null=True, blank=True)
    cost = MoneyField(default=Decimal(0), help_text="USD")

    class Meta:
        app_label = "signals_app"
        verbose_name_plural = "model advice"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["signal"], name="advice_once_per_signal"),
            one_of("outcome", ["answered", "failed"], name="advice_outcome_known"),
            models.CheckConstraint(condition=~Q(outcome="failed") | ~Q(reason=""), name="advice_failure_has_reason"),
            models.CheckConstraint(
                condition=~Q(outcome="answered")
                | Q(
                    action__in=["enter", "skip", "reject"],
                    bias__in=["bullish", "bearish", "neutral"],
                    confidence__isnull=False,
                    answered_at__isnull=False,
                ),
                name="advice_answer_is_whole",
            ),
            between("confidence", 0, 100, name="advice_confidence_bounded", nullable=True),
            between("tokens_in", 0, MOST_TOKENS, name="advice_tokens_in_bounded", nullable=True),
            between("tokens_out", 0, MOST_TOKENS, name="advice_tokens_out_bounded", nullable=True),
            between("cost", 0, MONEY_LIMIT, name="advice_cost_bounded"),
        ]

    def __str__(self) -> str:
        said = f"{self.action} {self.confidence}" if self.outcome == self.Outcome.ANSWERED else self.reason
        return f"advice on signal {self.signal_id}: {said}"


class AdviceBudget(models.Model):
    """A day's money (UTC), in USD: what calls under way can cost at most, and what those that ended have cost."""

    day = models.DateField(primary_key=True)
    reserved = MoneyField(default=Decimal(0))
    spent = MoneyField(default=Decimal(0))

    class Meta:
        app_label = "signals_app"
        ordering = ["-day"]
        constraints = [
            between("reserved", 0, MONEY_LIMIT, name="advice_reserved_bounded"),
            between("spent", 0, MONEY_LIMIT, name="advice_spent_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.spent} spent, {self.reserved} reserved"
