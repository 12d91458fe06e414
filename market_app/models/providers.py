"""Who is asked for prices, in which order and on which terms, and how well each kind of data is served."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from books_app import clock
from books_app.fields import between, one_of
from domain.feeds import FeedState
from domain.quotes import FeedClass
from market_app.capabilities import Capability


class Provider(models.Model):
    """One source of market data: whether it is asked, how often, and how long it may take."""

    name = models.SlugField(max_length=20, unique=True)
    enabled = models.BooleanField(default=True)
    calls_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Over all processes; empty: no limit. Credits where the provider counts those."
    )
    calls_per_day = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: no limit.")
    opens_after = models.PositiveSmallIntegerField(default=5, help_text="Failures in a row after which it rests.")
    rest_s = models.DecimalField(
        max_digits=7, decimal_places=2, default=60, help_text="Seconds it rests before one request tries it again."
    )
    connect_s = models.DecimalField(max_digits=5, decimal_places=2, default=2, help_text="Seconds to connect.")
    read_s = models.DecimalField(max_digits=5, decimal_places=2, default=4, help_text="Seconds of silence allowed.")
    total_s = models.DecimalField(max_digits=5, decimal_places=2, default=6, help_text="Seconds for a whole answer.")

    class Meta:
        ordering = ["name"]
        constraints = [
            between("opens_after", 1, 1000, name="provider_opens_after_bounded"),
            between("rest_s", Decimal("0.01"), 86_400, name="provider_rest_bounded"),
            between("connect_s", Decimal("0.01"), 60, name="provider_connect_bounded"),
            between("read_s", Decimal("0.01"), 60, name="provider_read_bounded"),
            between("total_s", Decimal("0.01"), 120, name="provider_total_bounded"),
        ]

    def __str__(self) -> str:
        return self.name


class ProviderUse(models.Model):
    """One provider's place in the order of those that are asked for one kind of data."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="uses", db_index=False)
    capability = models.CharField(max_length=16, choices=[(each.value, each.value) for each in Capability])
    rank = models.PositiveSmallIntegerField(help_text="The lowest is asked first.")
    enabled = models.BooleanField(default=True)

    class Meta:
        verbose_name = "use of a provider"
        verbose_name_plural = "uses of providers"
        ordering = ["capability", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "capability"], name="provider_used_once_per_capability"),
            one_of("capability", [each.value for each in Capability], name="provider_use_capability_known"),
        ]

    def __str__(self) -> str:
        return f"{self.capability} {self.rank}: {self.provider}"


class CapabilityHealth(models.Model):
    """How one kind of data is served now. Every change of state has its audit row."""

    capability = models.CharField(max_length=16, unique=True, choices=[(each.value, each.value) for each in Capability])
    state = models.CharField(max_length=8, choices=[(each.value, each.value) for each in FeedState])
    provider = models.CharField(max_length=20, blank=True, help_text="Who answers now.")
    missed = models.CharField(max_length=20, blank=True, help_text="Who should have answered and did not.")
    feed = models.CharField(max_length=12, blank=True, choices=[(each.value, each.value) for each in FeedClass])
    since = models.DateTimeField(default=clock.now)
    text = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name_plural = "health of market data"
        ordering = ["capability"]
        constraints = [
            one_of("capability", [each.value for each in Capability], name="health_capability_known"),
            one_of("state", [each.value for each in FeedState], name="health_state_known"),
            one_of("feed", ["", *(each.value for each in FeedClass)], name="health_feed_known"),
        ]

    def __str__(self) -> str:
        return f"{self.capability}: {self.state}"
