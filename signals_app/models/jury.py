"""Engine B's settings, and what its agents said."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from books_app import clock
from books_app.fields import between, one_of
from domain.errors import RuleBroken
from domain.flags import FLAGS

HEAVIEST = 1000
LONGEST_DEADLINE_MS = 5000
ACTIONS = ["enter", "skip", "reject", "abstain"]
BIASES = ["bullish", "bearish", "neutral"]


class FeatureFlag(models.Model):
    """One switch. Without a row it stands as it is built; an environment variable FLAG_<NAME> counts more than the row."""

    name = models.CharField(max_length=32, unique=True, choices=[(name, name) for name in FLAGS])
    enabled = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [one_of("name", sorted(FLAGS), name="flag_known")]

    def __str__(self) -> str:
        return f"{self.name} {'on' if self.enabled else 'off'}"


class JuryPolicy(models.Model):
    """How sure the jury has to be before it enters. Columns as in ``domain.agents.jury.Terms``."""

    name = models.SlugField(max_length=60, unique=True)
    threshold = models.DecimalField(
        "confidence at least", max_digits=5, decimal_places=2, default=Decimal(50), help_text="0 to 100"
    )
    coverage = models.DecimalField(
        "share of the weight that must vote", max_digits=4, decimal_places=3, default=Decimal("0.5"), help_text="0 to 1"
    )

    class Meta:
        verbose_name_plural = "jury policies"
        ordering = ["name"]
        constraints = [
            between("threshold", 0, 100, name="jury_threshold_bounded"),
            between("coverage", 0, 1, name="jury_coverage_bounded"),
        ]

    def __str__(self) -> str:
        return self.name


class AgentSeat(models.Model):
    """One agent's seat in the jury. An agent without a row has no seat."""

    name = models.CharField(max_length=24, unique=True)
    weight = models.DecimalField(max_digits=7, decimal_places=3, help_text="0: heard and shown, without weight")
    enabled = models.BooleanField(default=True)
    parameters = models.JSONField(default=dict, blank=True, help_text="What is left out stands as it is built.")
    deadline_ms = models.PositiveIntegerField("deadline", default=250, help_text="Milliseconds for one vote")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-weight", "name"]
        constraints = [
            between("weight", 0, HEAVIEST, name="seat_weight_bounded"),
            between("deadline_ms", 1, LONGEST_DEADLINE_MS, name="seat_deadline_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.weight.normalize():f})"

    def clean(self) -> None:
        from domain.agents import build  # numpy: only where a seat is changed

        try:
            build(self.name, self.parameters)
        except RuleBroken as e:
            raise ValidationError({"parameters": e.message}) from e


class SeriesSeen(models.Model):
    """Bars that a jury saw, kept once for all alerts that saw the same. Append-only."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the document")
    symbol = models.CharField(max_length=24)
    interval_s = models.PositiveIntegerField("interval in seconds")
    document = models.JSONField()

    class Meta:
        verbose_name_plural = "series seen"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.symbol} {self.interval_s} s"


class JuryRecord(models.Model):
    """What the jury of one decision looked at, and its arithmetic. Append-only.

    From view and bars the same agents come to the same votes, so a decision can be made again under other settings.
    """

    decision = models.OneToOneField("signals_app.Decision", on_delete=models.PROTECT, related_name="jury")
    view = models.JSONField(help_text="Everything the agents saw but the bars")
    bars = models.ForeignKey(SeriesSeen, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    daily = models.ForeignKey(SeriesSeen, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    view_sha256 = models.CharField(max_length=64)
    votes_sha256 = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict, help_text="Of each agent, by its name")
    sum = models.JSONField(help_text="Mean, coverage, confidence, threshold, and the sum in words")
    action = models.CharField(max_length=7)
    confidence = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    regime = models.CharField(max_length=12, blank=True, help_text="Of the market, as the context agent saw it")
    took_us = models.PositiveIntegerField("microseconds", help_text="For all votes together")

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("action", ["enter", "skip", "reject"], name="jury_action_known"),
            between("confidence", 0, 100, name="jury_confidence_bounded", nullable=True),
        ]

    def __str__(self) -> str:
        return f"{self.action} at {self.confidence}"


class AgentVote(models.Model):
    """One agent's vote in one decision, with its part of the sum. Append-only."""

    decision = models.ForeignKey("signals_app.Decision", on_delete=models.PROTECT, related_name="votes", db_index=False)
    agent = models.CharField(max_length=24)
    action = models.CharField(max_length=7)
    bias = models.CharField(max_length=7)
    confidence = models.PositiveSmallIntegerField()
    blocks = models.BooleanField(default=False)
    weight = models.DecimalField(max_digits=7, decimal_places=3)
    share = models.DecimalField(max_digits=5, decimal_places=4, help_text="Of the weight that voted")
    support = models.PositiveSmallIntegerField()
    points = models.DecimalField(max_digits=5, decimal_places=2, help_text="What it adds to the mean")
    reasons = models.JSONField()
    figures = models.JSONField(default=dict)
    ages = models.JSONField(default=dict, help_text="Seconds between each input's time and the decision")
    took_us = models.PositiveIntegerField("microseconds", default=0)
    alarm = models.CharField(max_length=200, blank=True, help_text="Why it was made to abstain")
    voted_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["decision", "id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "agent"], name="vote_once_per_decision"),
            one_of("action", ACTIONS, name="vote_action_known"),
            one_of("bias", BIASES, name="vote_bias_known"),
            between("confidence", 0, 100, name="vote_confidence_bounded"),
            models.CheckConstraint(condition=~Q(blocks=True, action__in=["enter", "abstain"]), name="vote_block_is_no"),
            between("weight", 0, HEAVIEST, name="vote_weight_bounded"),
        ]
        indexes = [models.Index(fields=["agent", "voted_at"], name="vote_of_agent_by_time")]

    def __str__(self) -> str:
        return f"{self.agent}: {self.action} {self.confidence}"
