"""What was written down: books and their cash, the double-entry ledger, and the audit trail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from books_app import clock
from books_app.fields import MONEY_LIMIT, MoneyField, PriceField, between, one_of


class Account(models.Model):
    """A book: orders, fills, positions, limits and cash belong to one. Its row lock orders everything that spends."""

    # Terms of trading, the same for a book and its shadow.
    SHARED_TERMS: ClassVar[frozenset[str]] = frozenset(
        {
            "fill_price",
            "slippage",
            "entry_collar",
            "commission_per_contract",
            "nearest_strike",
            "delayed_entries",
            "witness_above",
        }
    )

    class Kind(models.TextChoices):
        PAPER = "paper", "paper"
        SHADOW = "shadow", "shadow: what the other engine would have done"

    class Status(models.TextChoices):
        ACTIVE = "active", "active"
        HALTED = "halted", "halted: no new entries, exits go on"

    class FillPrice(models.TextChoices):
        TOUCH = "touch", "touch: buy at the ask, sell at the bid"
        MID = "mid", "mid: price improvement to the middle"
        TOUCH_PLUS = "touch_plus", "touch plus slippage"

    name = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.PAPER)
    shadow_of = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="shadow",
        editable=False,
        help_text="The book whose terms and limits it shares, never its cash.",
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    halted_at = models.DateTimeField(null=True, blank=True)
    halt_reason = models.CharField(max_length=200, blank=True)
    start_cash = MoneyField(default=Decimal(100_000))
    cash = MoneyField(default=Decimal(100_000))
    fill_price = models.CharField("paper fills at", max_length=12, choices=FillPrice, default=FillPrice.TOUCH)
    slippage = models.DecimalField(
        max_digits=6,
        decimal_places=4,
        default=Decimal(0),
        help_text="Extra cost as a fraction of the price; 0.01 is 1 %.",
    )
    entry_collar = models.DecimalField(
        max_digits=6,
        decimal_places=4,
        default=Decimal("0.02"),
        help_text="An entry pays at most this above the ask it was made on; 0.02 is 2 %.",
    )
    commission_per_contract = PriceField(default=Decimal("0.65"))
    nearest_strike = models.BooleanField(
        "nearest strike allowed",
        default=False,
        help_text="Where a delta is wanted and none is known, buy the nearest strike instead of nothing, and say so.",
    )
    delayed_entries = models.BooleanField(
        default=False, help_text="Enter on delayed prices too, when no provider has better ones."
    )
    witness_above = MoneyField(
        null=True,
        blank=True,
        help_text="From this cost on, an entry needs a second provider that tells the same price.",
    )
    dry_run = models.BooleanField(default=False, help_text="Make and price entries, never send them.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "book"
        ordering = ["name"]
        constraints = [
            one_of("kind", ["paper", "shadow"], name="account_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="shadow", shadow_of__isnull=False) | (~Q(kind="shadow") & Q(shadow_of__isnull=True)),
                name="account_shadow_has_its_book",
            ),
            one_of("status", ["active", "halted"], name="account_status_known"),
            one_of("fill_price", ["touch", "mid", "touch_plus"], name="account_fill_price_known"),
            between("start_cash", 0, MONEY_LIMIT, name="account_start_cash_bounded"),
            between("cash", -MONEY_LIMIT, MONEY_LIMIT, name="account_cash_bounded"),
            between("slippage", 0, Decimal("0.5"), name="account_slippage_bounded"),
            between("entry_collar", 0, Decimal("0.5"), name="account_entry_collar_bounded"),
            between("commission_per_contract", 0, 100, name="account_commission_bounded"),
            between("witness_above", 0, MONEY_LIMIT, name="account_witness_above_bounded", nullable=True),
            models.CheckConstraint(
                condition=Q(status="halted", halted_at__isnull=False) | Q(status="active", halted_at__isnull=True),
                name="account_halted_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """What its shadow shares is changed with it: otherwise the two engines would be compared on different terms."""
        super().save(*args, **kwargs)
        written = kwargs.get("update_fields")
        if written is None or not self.SHARED_TERMS.isdisjoint(written):
            Account.objects.filter(shadow_of=self).update(**{name: getattr(self, name) for name in self.SHARED_TERMS})


class LedgerEntry(models.Model):
    """One line of a balanced booking. Append-only; the lines of one ``booking`` sum to zero (deferred trigger).

    Debits are positive. ``cash`` mirrors the book's money, ``positions`` its holdings at cost.
    """

    class Line(models.TextChoices):
        CASH = "cash", "cash"
        POSITIONS = "positions", "positions at cost"
        COMMISSION = "commission", "commission paid"
        REALIZED = "realized", "realized profit and loss"
        EQUITY = "equity", "paid in"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="ledger", db_index=False)
    booking = models.CharField(max_length=40, help_text="What caused it: fill:17, settlement:4, deposit:1")
    line = models.CharField(max_length=12, choices=Line)
    amount = MoneyField()
    booked_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "line"], name="ledger_line_once_per_booking"),
            one_of("line", ["cash", "positions", "commission", "realized", "equity"], name="ledger_line_known"),
            between("amount", -MONEY_LIMIT, MONEY_LIMIT, name="ledger_amount_bounded"),
        ]
        indexes = [models.Index(fields=["account", "line"], name="ledger_account_line")]

    def __str__(self) -> str:
        return f"{self.booking} {self.line} {self.amount}"


class AuditEvent(models.Model):
    """One change of state, written in the transaction that made it. Append-only."""

    at = models.DateTimeField(default=clock.now)
    entity = models.CharField(max_length=16)
    entity_id = models.BigIntegerField()
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=400, blank=True)
    data = models.JSONField(default=dict, blank=True)
    correlation_id = models.CharField(max_length=32, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["entity", "entity_id", "id"], name="audit_of_entity"),
            models.Index(fields=["correlation_id"], name="audit_of_correlation"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.entity_id}: {self.from_state or '-'} → {self.to_state}"


class SignInTries(models.Model):
    """How often somebody has tried to sign in under a name from an address, until ``counted_until`` or a right password."""

    username = models.CharField(max_length=150)
    address = models.CharField(max_length=45, blank=True)
    tries = models.PositiveSmallIntegerField()
    counted_until = models.DateTimeField(help_text="Then counting begins anew, and a lock has ended.")

    class Meta:
        verbose_name_plural = "tries to sign in"
        ordering = ["-counted_until"]
        constraints = [models.UniqueConstraint(fields=["username", "address"], name="sign_in_tries_once_per_pair")]

    def __str__(self) -> str:
        return f"{self.username} from {self.address or 'nowhere'}"
