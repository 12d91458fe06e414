"""When markets are open: the exchange calendar as rows, and what an operator says against it."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q

from books_app import clock
from books_app.fields import one_of
from domain.sessions import Product

ALL_PRODUCTS: Final = "all"


class TradingSession(models.Model):
    """One regular session of one calendar. A day without a row between two rows is a holiday or a weekend."""

    class Calendar(models.TextChoices):
        XNYS = "XNYS", "New York: shares and their options"
        LATE_OPTIONS = "LATE_OPTIONS", "ETF and index options, fifteen minutes longer"

    calendar = models.CharField(max_length=16, choices=Calendar)
    date = models.DateField(help_text="The exchange's own date.")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    early_close = models.BooleanField(default=False)
    note = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-date", "calendar"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="session_once_per_day"),
            one_of("calendar", ["XNYS", "LATE_OPTIONS"], name="session_calendar_known"),
            models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="session_opens_before_close"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.date}"


class SessionOverride(models.Model):
    """What an operator says about one day against the calendar; it counts from the next decision on."""

    class Applies(models.TextChoices):
        ALL = ALL_PRODUCTS, "all products"
        EQUITY = Product.EQUITY.value, "shares"
        EQUITY_OPTION = Product.EQUITY_OPTION.value, "options on shares"
        ETF_OPTION = Product.ETF_OPTION.value, "options on ETFs"
        INDEX_OPTION = Product.INDEX_OPTION.value, "options on indices"
        CRYPTO = Product.CRYPTO.value, "crypto"

    product = models.CharField(
        max_length=16, choices=Applies, default=ALL_PRODUCTS, help_text="A row for one product goes before one for all."
    )
    date = models.DateField(help_text="New York date; UTC date for crypto and for the simulated market.")
    closed = models.BooleanField(default=False, help_text="Closed the whole day.")
    opens_at = models.TimeField(null=True, blank=True, help_text="Time of the same clock; empty: as in the calendar.")
    closes_at = models.TimeField(null=True, blank=True, help_text="Time of the same clock; empty: as in the calendar.")
    reason = models.CharField(max_length=120)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-date", "product"]
        constraints = [
            models.UniqueConstraint(fields=["product", "date"], name="override_once_per_product_and_day"),
            one_of("product", [ALL_PRODUCTS, *(product.value for product in Product)], name="override_product_known"),
            models.CheckConstraint(
                condition=Q(closed=True, opens_at__isnull=True, closes_at__isnull=True)
                | Q(closed=False) & (Q(opens_at__isnull=False) | Q(closes_at__isnull=False)),
                name="override_closed_or_hours",
                violation_error_message="Either closed for the day, or at least one of the two times.",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(opens_at__lt=F("closes_at")),
                name="override_opens_before_close",
                violation_error_message="The market must open before it closes.",
            ),
        ]

    def __str__(self) -> str:
        what = "closed" if self.closed else f"{self.opens_at or '…'} to {self.closes_at or '…'}"
        return f"{self.date} {self.product}: {what}"
