"""What an option chain said at one moment, kept as a row."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q

from books_app import clock
from books_app.fields import MONEY_LIMIT, PRICE_LIMIT, QUANTITY_LIMIT, MoneyField, PriceField, between, one_of

HIGHEST_RATE: Final = 1
HIGHEST_VOL: Final = 5  # where the search for an implied volatility ends
HIGHEST_RATIO: Final = 10_000_000  # puts for each call: no more can be open


class GammaSnapshot(models.Model):
    """Gamma exposure of one underlying's dealers at one moment, with the times of what it was computed from.

    Exposures are dollars of delta for a move of one percent, calls plus and puts minus; walls, zero gamma and max pain
    are prices of the underlying. Written once, never changed.
    """

    class Dealers(models.TextChoices):
        LONG = "long gamma", "long gamma"
        SHORT = "short gamma", "short gamma"
        NEUTRAL = "neutral", "neutral"

    underlying = models.CharField(max_length=24)
    at = models.DateTimeField(help_text="The moment it describes")
    day = models.DateField(help_text="That moment's date on the exchange")
    provider = models.CharField(max_length=24)
    feed = models.CharField(max_length=12)
    recorded_at = models.DateTimeField(default=clock.now)

    spot = PriceField()
    spot_at = models.DateTimeField(help_text="The provider's time of the underlying's quote")
    rate = models.DecimalField(max_digits=8, decimal_places=6, help_text="A fraction a year")
    oldest_quote = models.DateTimeField(help_text="The provider's time of the oldest option quote used")
    newest_quote = models.DateTimeField()
    open_interest_day = models.DateField(help_text="The session at whose close the open interest stood")
    contracts_listed = models.PositiveIntegerField()
    contracts_used = models.PositiveIntegerField()
    left_out = models.JSONField(default=list, help_text="Why the others add nothing, with their open interest")

    total = MoneyField()
    calls = MoneyField()
    puts = MoneyField()
    total_later = MoneyField("total without today's expiry")
    dealers = models.CharField(max_length=12, choices=Dealers)
    call_wall = PriceField(null=True, blank=True)
    put_wall = PriceField(null=True, blank=True)
    zero_gamma = PriceField(null=True, blank=True, help_text="The level nearest to spot")
    zero_levels = models.JSONField(default=list)
    max_pain = PriceField(null=True, blank=True, help_text="Of the nearest expiration that has one")
    max_pain_expiration = models.DateField(null=True, blank=True)

    atm_iv = models.DecimalField(
        "volatility at the money, thirty days", max_digits=8, decimal_places=6, null=True, blank=True
    )
    near_iv = models.DecimalField(
        "the same of the next expiration", max_digits=8, decimal_places=6, null=True, blank=True
    )
    expected_day = PriceField("expected move of a day", null=True, blank=True)
    expected_to_close = PriceField("expected move to the close", null=True, blank=True)
    put_call_interest = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    put_call_volume = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    flow = models.JSONField(null=True, blank=True)
    expirations = models.JSONField(default=list)
    strikes = models.JSONField(default=list)

    class Meta:
        ordering = ["-at", "underlying"]
        constraints = [
            models.UniqueConstraint(fields=["underlying", "at"], name="gamma_once_per_moment"),
            one_of("dealers", ["long gamma", "short gamma", "neutral"], name="gamma_dealers_known"),
            between("spot", 0, PRICE_LIMIT, name="gamma_spot_bounded"),
            between("rate", -HIGHEST_RATE, HIGHEST_RATE, name="gamma_rate_bounded"),
            between("contracts_listed", 1, QUANTITY_LIMIT, name="gamma_listed_bounded"),
            models.CheckConstraint(
                condition=Q(contracts_used__gte=1, contracts_used__lte=F("contracts_listed")), name="gamma_used_listed"
            ),
            models.CheckConstraint(
                condition=Q(oldest_quote__lte=F("newest_quote")), name="gamma_quotes_oldest_before_newest"
            ),
            models.CheckConstraint(condition=Q(open_interest_day__lt=F("day")), name="gamma_interest_of_a_day_before"),
            *(
                between(name, low, high, name=f"gamma_{name}_bounded")
                for name, low, high in (
                    ("total", -MONEY_LIMIT, MONEY_LIMIT),
                    ("calls", 0, MONEY_LIMIT),
                    ("puts", -MONEY_LIMIT, 0),
                    ("total_later", -MONEY_LIMIT, MONEY_LIMIT),
                )
            ),
            *(
                between(name, 0, high, name=f"gamma_{name}_bounded", nullable=True)
                for name, high in (
                    *((price, PRICE_LIMIT) for price in ("call_wall", "put_wall", "zero_gamma", "max_pain")),
                    *((move, PRICE_LIMIT) for move in ("expected_day", "expected_to_close")),
                    *((vol, HIGHEST_VOL) for vol in ("atm_iv", "near_iv")),
                    *((ratio, HIGHEST_RATIO) for ratio in ("put_call_interest", "put_call_volume")),
                )
            ),
            models.CheckConstraint(
                condition=Q(max_pain__isnull=True, max_pain_expiration__isnull=True)
                | Q(max_pain__isnull=False, max_pain_expiration__isnull=False),
                name="gamma_max_pain_names_its_expiration",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.underlying} {self.at:%Y-%m-%d %H:%M}"
