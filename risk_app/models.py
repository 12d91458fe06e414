"""What we are allowed: limits and symbol rules as rows, and the exposure that live orders have reserved."""

from __future__ import annotations

from django.db import models

from books_app import clock
from books_app.fields import MONEY_LIMIT, MoneyField, between, one_of


class RiskLimit(models.Model):
    """One limit of one book; a row without a book is the default for all. Effective at the next decision."""

    class Code(models.TextChoices):
        MAX_OPEN_POSITIONS = "max_open_positions", "open positions in the book"
        MAX_POSITIONS_PER_SYMBOL = "max_positions_per_symbol", "open positions per symbol, where adding is allowed"
        MAX_EXPOSURE = "max_exposure", "total exposure of the book"
        MAX_EXPOSURE_PER_POSITION = "max_exposure_per_position", "exposure of one position"
        MAX_DAILY_LOSS = "max_daily_loss", "loss of one day, realized and open"
        MAX_ORDERS_PER_MINUTE = "max_orders_per_minute", "entry orders per minute"
        MAX_ALERT_QUANTITY = "max_alert_quantity", "quantity an alert may name"

    account = models.ForeignKey(
        "books_app.Account", on_delete=models.CASCADE, null=True, blank=True, related_name="limits", verbose_name="book"
    )
    code = models.CharField(max_length=32, choices=Code)
    value = MoneyField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["account", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "code"],
                name="risk_limit_once_per_book",
                nulls_distinct=False,
                violation_error_message="This book has that limit already: change its row.",
            ),
            one_of(
                "code",
                [
                    "max_open_positions",
                    "max_positions_per_symbol",
                    "max_exposure",
                    "max_exposure_per_position",
                    "max_daily_loss",
                    "max_orders_per_minute",
                    "max_alert_quantity",
                ],
                name="risk_limit_code_known",
            ),
            between("value", 0, MONEY_LIMIT, name="risk_limit_value_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.account or 'every book'}: {self.code} {self.value.normalize():f}"


class SymbolRule(models.Model):
    """A symbol that may not be entered, in one book or in all. Exits are never stopped by it; ``leave`` starts them."""

    account = models.ForeignKey(
        "books_app.Account",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="symbol_rules",
        verbose_name="book",
    )
    symbol = models.CharField(max_length=24)
    leave = models.BooleanField(
        "leave positions too",
        default=False,
        help_text="Trading in it is halted or about to be: the exit rule 'halted' leaves what is held.",
    )
    note = models.CharField("why", max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "denied symbol"
        ordering = ["symbol"]
        constraints = [
            models.UniqueConstraint(fields=["account", "symbol"], name="symbol_rule_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=models.Q(symbol__regex=r"^[A-Z0-9][A-Z0-9./-]*$"), name="symbol_rule_symbol_spelled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} denied in {self.account or 'every book'}"


class Reservation(models.Model):
    """Exposure that a live entry order holds. It shrinks with each fill and is released when the order ends."""

    order = models.OneToOneField("orders_app.Order", on_delete=models.PROTECT, related_name="reservation")
    account = models.ForeignKey("books_app.Account", on_delete=models.PROTECT, related_name="reservations")
    initial_amount = MoneyField()
    amount = MoneyField()
    created_at = models.DateTimeField(default=clock.now)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            between("initial_amount", 0, MONEY_LIMIT, name="reservation_initial_bounded"),
            between("amount", 0, MONEY_LIMIT, name="reservation_amount_bounded"),
            models.CheckConstraint(
                condition=models.Q(released_at__isnull=True) | models.Q(amount=0), name="reservation_released_is_empty"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__lte=models.F("initial_amount")), name="reservation_never_grows"
            ),
        ]
        indexes = [
            models.Index(fields=["account"], condition=models.Q(released_at__isnull=True), name="reservation_live"),
        ]

    def __str__(self) -> str:
        return f"order {self.order_id}: {self.amount} of {self.initial_amount}"
