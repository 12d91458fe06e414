"""What we therefore hold: positions, the rules that leave them, and what those rules said."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from books_app import clock
from books_app.fields import MONEY_LIMIT, PRICE_LIMIT, QUANTITY_LIMIT, MoneyField, PriceField, between, one_of
from domain.errors import RuleBroken
from domain.exits import build
from domain.positions import Direction, PositionStatus


class Position(models.Model):
    """A holding in one contract of one book. Made by the first fill of an entry order, moved only by fills and settlement.

    Prices per share; ``cost`` is what the contracts still held cost, multiplier included, commissions not.
    """

    account = models.ForeignKey("books_app.Account", on_delete=models.PROTECT, related_name="positions", db_index=False)
    strategy = models.ForeignKey("signals_app.Strategy", on_delete=models.PROTECT, related_name="positions")
    signal = models.ForeignKey("signals_app.Signal", on_delete=models.PROTECT, related_name="positions")
    correlation_id = models.CharField(max_length=32)

    symbol = models.CharField(max_length=24, help_text="The contract held")
    underlying = models.CharField(max_length=24)
    right = models.CharField(max_length=1)
    strike = PriceField()
    expiration = models.DateField()
    expires_at = models.DateTimeField(help_text="The moment trading in the contract ends")
    multiplier = models.PositiveIntegerField(default=100)
    direction = models.CharField(max_length=5, default=Direction.LONG)
    thesis = models.CharField(max_length=5, help_text="What the holding bets on: a long call long, a long put short")

    status = models.CharField(max_length=8, default=PositionStatus.OPEN)
    quantity = models.PositiveIntegerField(help_text="Contracts held now")
    entry_quantity = models.PositiveIntegerField(help_text="Contracts bought in all")
    entry_price = PriceField(help_text="Average price paid")
    cost = MoneyField()
    realized = MoneyField(default=0)
    commission = MoneyField(default=0)
    scaled_out = models.BooleanField(default=False)

    mark = PriceField(null=True, blank=True)
    marked_at = models.DateTimeField(null=True, blank=True)
    best_mark = PriceField(null=True, blank=True)
    worst_mark = PriceField(null=True, blank=True)
    quote_good = models.BooleanField(default=False)
    quote_reason = models.CharField(max_length=40, blank=True)
    entry_greeks = models.JSONField(null=True, blank=True)

    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    exit_reason = models.CharField(max_length=40, blank=True)
    exit_text = models.CharField(max_length=400, blank=True)
    verdicts_digest = models.CharField(max_length=64, blank=True, help_text="What the exit rules said last")
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("status", ["open", "closing", "closed"], name="position_status_known"),
            one_of("direction", ["long", "short"], name="position_direction_known"),
            one_of("thesis", ["long", "short"], name="position_thesis_known"),
            one_of("right", ["C", "P"], name="position_right_known"),
            between("quantity", 0, QUANTITY_LIMIT, name="position_quantity_bounded"),
            between("entry_quantity", 1, QUANTITY_LIMIT, name="position_entry_quantity_bounded"),
            models.CheckConstraint(condition=Q(quantity__lte=F("entry_quantity")), name="position_never_oversold"),
            models.CheckConstraint(
                condition=Q(status="closed", quantity=0, cost=0, closed_at__isnull=False)
                | Q(status__in=["open", "closing"], quantity__gt=0, closed_at__isnull=True),
                name="position_closed_is_empty",
            ),
            between("entry_price", 0, PRICE_LIMIT, name="position_entry_price_bounded"),
            between("strike", 0, PRICE_LIMIT, name="position_strike_bounded"),
            between("cost", 0, MONEY_LIMIT, name="position_cost_bounded"),
            between("realized", -MONEY_LIMIT, MONEY_LIMIT, name="position_realized_bounded"),
            between("commission", 0, MONEY_LIMIT, name="position_commission_bounded"),
            between("mark", 0, PRICE_LIMIT, name="position_mark_bounded", nullable=True),
            between("best_mark", 0, PRICE_LIMIT, name="position_best_mark_bounded", nullable=True),
            between("worst_mark", 0, PRICE_LIMIT, name="position_worst_mark_bounded", nullable=True),
        ]
        indexes = [
            models.Index(fields=["account", "underlying"], condition=~Q(status="closed"), name="position_held"),
            models.Index(fields=["account", "closed_at"], name="position_closed_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.symbol} ({self.status})"


class ExitRule(models.Model):
    """One rule that leaves positions: for a strategy, a symbol, both, or, where neither is named, for all.

    Of each kind the most specific enabled-or-not row counts: strategy and symbol, strategy, symbol, default. A disabled
    specific row therefore switches the default off for its positions.
    """

    strategy = models.ForeignKey(
        "signals_app.Strategy", on_delete=models.CASCADE, null=True, blank=True, related_name="exit_rules"
    )
    symbol = models.CharField(max_length=24, blank=True, help_text="Underlying; empty for all")
    kind = models.CharField(max_length=24)
    params = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["strategy", "symbol", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["strategy", "symbol", "kind"],
                name="exit_rule_once_per_scope",
                nulls_distinct=False,
                violation_error_message="This strategy and symbol have a rule of that kind already: change its row.",
            ),
        ]

    def __str__(self) -> str:
        scope = " ".join(str(part) for part in (self.strategy, self.symbol) if part) or "default"
        return f"{self.kind} ({scope})"

    def clean(self) -> None:
        try:
            build(self.kind, self.params)
        except RuleBroken as e:
            raise ValidationError({"params": e.message}) from e


class ExitVerdict(models.Model):
    """What all exit rules said of a position at one moment. Append-only; written when what they say changes."""

    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="verdicts", db_index=False)
    evaluated_at = models.DateTimeField()
    fired_kind = models.CharField(max_length=24, blank=True, help_text="The rule that won; empty when all say stay")
    mark = PriceField(null=True, blank=True)
    verdicts = models.JSONField(help_text="[kind, tier, hold|waiting|exit, text] for every enabled rule")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["position", "id"], name="exit_verdict_of_position")]
