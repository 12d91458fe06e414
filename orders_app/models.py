"""What we asked of the venue: orders and their fills."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from books_app import clock
from books_app.fields import MONEY_LIMIT, PRICE_LIMIT, QUANTITY_LIMIT, MoneyField, PriceField, between, one_of
from domain.orders import LIVE, NEXT, OrderStatus

LIVE_STATUSES = sorted(LIVE)


class QuoteSeen(models.Model):
    """A quote that two books traded on: the orders and fills of an alert and of its shadow name one row. Append-only."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the quote")
    symbol = models.CharField(max_length=24)
    provider_time = models.DateTimeField()
    quote = models.JSONField()

    class Meta:
        verbose_name_plural = "quotes seen"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.symbol} at {self.provider_time:%Y-%m-%d %H:%M:%S}"


class Order(models.Model):
    """One instruction to a venue. ``client_order_id`` is a function of what caused it, stored before anything is sent."""

    class Purpose(models.TextChoices):
        ENTRY = "entry", "entry"
        EXIT = "exit", "exit"

    client_order_id = models.CharField(max_length=64)
    venue_order_id = models.CharField(max_length=80, blank=True)
    account = models.ForeignKey("books_app.Account", on_delete=models.PROTECT, related_name="orders", db_index=False)
    signal = models.ForeignKey(
        "signals_app.Signal", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    strategy = models.ForeignKey("signals_app.Strategy", on_delete=models.PROTECT, related_name="orders")
    position = models.ForeignKey(
        "positions_app.Position", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    correlation_id = models.CharField(max_length=32)

    purpose = models.CharField(max_length=5, choices=Purpose)
    side = models.CharField(max_length=4)
    reduce_only = models.BooleanField(default=False)
    thesis = models.CharField(max_length=5)
    symbol = models.CharField(max_length=24, help_text="The contract")
    underlying = models.CharField(max_length=24)
    multiplier = models.PositiveIntegerField(default=100)
    order_type = models.CharField(max_length=6, default="market")
    limit_price = PriceField(null=True, blank=True)
    quantity = models.PositiveIntegerField()
    filled_quantity = models.PositiveIntegerField(default=0)
    average_price = PriceField(null=True, blank=True)

    status = models.CharField(max_length=20, default=OrderStatus.PENDING_EXECUTION)
    reason = models.CharField(max_length=40, blank=True)
    reason_text = models.CharField(max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(help_text="When a sweep may take it up again")
    expires_at = models.DateTimeField(help_text="End of the session it is good for")
    sizing = models.CharField(max_length=400, blank=True, help_text="The arithmetic behind the quantity")
    quote = models.JSONField(null=True, blank=True, help_text="The quote it was made on")
    quote_seen = models.ForeignKey(
        QuoteSeen,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,
        help_text="The same as a row, where another book traded on it too",
    )
    created_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    terminal_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "client_order_id"], name="client_order_id_once_per_book"),
            models.UniqueConstraint(
                fields=["position"],
                condition=Q(reduce_only=True, status__in=LIVE_STATUSES),
                name="one_live_exit_per_position",
            ),
            one_of("status", sorted(NEXT), name="order_status_known"),
            one_of("side", ["buy", "sell"], name="order_side_known"),
            one_of("order_type", ["market", "limit"], name="order_type_known"),
            between("quantity", 1, QUANTITY_LIMIT, name="order_quantity_bounded"),
            models.CheckConstraint(condition=Q(filled_quantity__lte=F("quantity")), name="order_never_overfilled"),
            between("limit_price", 0, PRICE_LIMIT, name="order_limit_price_bounded", nullable=True),
            between("average_price", 0, PRICE_LIMIT, name="order_average_price_bounded", nullable=True),
            models.CheckConstraint(
                condition=Q(order_type="limit", limit_price__isnull=False)
                | Q(order_type="market", limit_price__isnull=True),
                name="order_limit_has_price",
            ),
            models.CheckConstraint(
                condition=Q(status__in=LIVE_STATUSES, terminal_at__isnull=True)
                | (~Q(status__in=LIVE_STATUSES) & Q(terminal_at__isnull=False)),
                name="order_ended_has_time",
            ),
            models.CheckConstraint(
                condition=Q(reduce_only=False) | Q(position__isnull=False), name="order_exit_names_its_position"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status__in=LIVE_STATUSES), name="order_due"),
            models.Index(
                fields=["account", "underlying"], condition=Q(status__in=LIVE_STATUSES), name="order_live_of_symbol"
            ),
            models.Index(fields=["account", "created_at"], name="order_of_account_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.client_order_id} {self.side} {self.quantity} {self.symbol} ({self.status})"

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled_quantity


class Fill(models.Model):
    """One execution reported by the venue, with the quote it was made on. Append-only."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fills")
    account = models.ForeignKey("books_app.Account", on_delete=models.PROTECT, related_name="fills", db_index=False)
    venue_fill_id = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField()
    price = PriceField(help_text="Quote currency, for one share")
    commission = MoneyField()
    executed_at = models.DateTimeField(help_text="The venue's clock, UTC")
    recorded_at = models.DateTimeField(default=clock.now)
    quote = models.JSONField(null=True, blank=True, help_text="The market it was made on")
    quote_seen = models.ForeignKey(
        QuoteSeen, on_delete=models.PROTECT, null=True, blank=True, related_name="fills", db_index=False
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "venue_fill_id"], name="fill_booked_once"),
            between("quantity", 1, QUANTITY_LIMIT, name="fill_quantity_bounded"),
            between("price", 0, PRICE_LIMIT, name="fill_price_bounded"),
            between("commission", 0, MONEY_LIMIT, name="fill_commission_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} at {self.price.normalize():f} ({self.venue_fill_id})"


class ContractSelection(models.Model):
    """What the contract of a signal was chosen out of, and why that one or none. One row a signal, of its last try."""

    signal = models.OneToOneField("signals_app.Signal", on_delete=models.PROTECT, related_name="contract_selection")
    order = models.OneToOneField(
        Order,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="selection",
        help_text="Empty: none was made",
    )
    policy = models.CharField(max_length=60)
    how = models.CharField(max_length=100, help_text="By score, or which nearest strike")
    chosen = models.CharField(max_length=24, blank=True, help_text="The contract; empty if nothing fits")
    reason = models.CharField(max_length=40, blank=True, help_text="Why nothing was chosen")
    listed = models.PositiveIntegerField(help_text="Contracts of the chain")
    passed = models.PositiveIntegerField(help_text="Of them through all filters")
    record = models.JSONField(
        help_text="Each filter's count, the best ten with their terms, what it was looked at with"
    )
    tries = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(chosen="") & ~Q(reason="") & Q(order__isnull=True)) | (~Q(chosen="") & Q(reason="")),
                name="selection_chose_or_says_why_not",
            ),
            models.CheckConstraint(condition=Q(passed__lte=F("listed")), name="selection_passed_were_listed"),
        ]

    def __str__(self) -> str:
        return f"{self.chosen or self.reason} of {self.listed} by policy {self.policy}"
