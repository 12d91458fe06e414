"""Which engine trades an alert, and on what terms the two are compared."""

from __future__ import annotations

from decimal import Decimal
from secrets import token_hex

from django.db import models
from django.db.models import F, Q

from books_app import clock
from books_app.fields import MONEY_LIMIT, MoneyField, between, one_of
from signals_app.models.strategies import Strategy


def new_salt() -> str:
    return token_hex(8)


class Experiment(models.Model):
    """A split of alerts between the engines. What is declared before it starts cannot be changed while it runs.

    margin and bound are in the metric's unit: a difference within the margin is none, and one beyond the bound counts as
    the bound.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        RUNNING = "running", "running"
        STOPPED = "stopped", "stopped"

    class Cluster(models.TextChoices):
        DAY = "day", "a day's mean"
        WEEK = "week", "a week's mean"

    class Metric(models.TextChoices):
        R = "r", "R: profit for each dollar at risk until the stop"
        RETURN = "return", "return on what was paid"

    name = models.SlugField(max_length=60, unique=True)
    strategy = models.ForeignKey(
        Strategy,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="experiments",
        help_text="Empty: every strategy that has none of its own.",
    )
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    percent_a = models.PositiveSmallIntegerField(
        "percent to engine A", default=100, help_text="Of the alerts; the other engine trades them on the shadow book."
    )
    metric = models.CharField(max_length=6, choices=Metric, default=Metric.R)
    margin = models.DecimalField(
        max_digits=6, decimal_places=4, default=Decimal("0.05"), help_text="A mean difference within it counts as none."
    )
    bound = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        default=Decimal("0.75"),
        help_text="One observation counts for at most this; four or five of its standard deviations.",
    )
    cluster = models.CharField(
        "one observation is",
        max_length=4,
        choices=Cluster,
        default=Cluster.WEEK,
        help_text="Days only where nothing is held overnight: what overlaps is not independent.",
    )
    level = models.DecimalField(
        "chance of a false alarm",
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.05"),
        help_text="Over all looks together, however often one looks.",
    )
    minimum_signals = models.PositiveIntegerField("alerts at least", default=100)
    minimum_days = models.PositiveIntegerField("days at least", default=20)
    allowed_loss = MoneyField(
        default=Decimal(2000), help_text="An engine that has lost this much since the start trades no further alert."
    )
    status = models.CharField(max_length=7, choices=Status, default=Status.DRAFT, editable=False)
    starts_at = models.DateTimeField(null=True, blank=True, editable=False)
    stops_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on no alert belongs to it; empty for no end."
    )
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    stop_reason = models.CharField(max_length=200, blank=True, editable=False)
    stopped_engines = models.CharField(
        max_length=2, blank=True, editable=False, help_text="Those the guard has stopped: A, B or AB."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("status", ["draft", "running", "stopped"], name="experiment_status_known"),
            one_of("metric", ["r", "return"], name="experiment_metric_known"),
            one_of("cluster", ["day", "week"], name="experiment_cluster_known"),
            one_of("stopped_engines", ["", "A", "B", "AB"], name="experiment_stopped_engines_known"),
            between("percent_a", 0, 100, name="experiment_percent_bounded"),
            between("margin", Decimal("0.0001"), F("bound"), name="experiment_margin_within_bound"),
            between("bound", Decimal("0.01"), 100, name="experiment_bound_bounded"),
            between("level", Decimal("0.001"), Decimal("0.5"), name="experiment_level_bounded"),
            between("minimum_signals", 1, 1_000_000, name="experiment_signals_bounded"),
            between("minimum_days", 1, 10_000, name="experiment_days_bounded"),
            between("allowed_loss", Decimal("0.01"), MONEY_LIMIT, name="experiment_loss_bounded"),
            models.CheckConstraint(
                condition=Q(status="draft", starts_at__isnull=True) | (~Q(status="draft") & Q(starts_at__isnull=False)),
                name="experiment_started_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status="stopped", stopped_at__isnull=False)
                | (~Q(status="stopped") & Q(stopped_at__isnull=True)),
                name="experiment_stopped_has_time",
            ),
            models.UniqueConstraint(
                fields=["strategy"],
                condition=Q(status="running"),
                nulls_distinct=False,
                name="one_running_experiment_per_strategy",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SplitChange(models.Model):
    """A change of an experiment's split: one person prepares it, another one confirms it."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="changes")
    percent_from = models.PositiveSmallIntegerField()
    percent_to = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=400)
    prepared_by = models.CharField(max_length=150)
    prepared_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.CharField(max_length=150, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            between("percent_to", 0, 100, name="split_change_bounded"),
            models.CheckConstraint(condition=~Q(prepared_by=F("confirmed_by")), name="split_change_by_two_people"),
            models.CheckConstraint(
                condition=Q(confirmed_by="", confirmed_at__isnull=True)
                | (~Q(confirmed_by="") & Q(confirmed_at__isnull=False, withdrawn_at__isnull=True)),
                name="split_change_confirmed_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["experiment"],
                condition=Q(confirmed_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_split_change",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent_from} % to {self.percent_to} % for engine A"
