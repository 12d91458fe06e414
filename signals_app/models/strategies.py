"""Where alerts come from: strategies, their secrets, and which contracts they buy."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from books_app import clock
from books_app.fields import MoneyField, between, one_of
from domain.selection.policy import FURTHEST_DAYS, LARGEST_WEIGHT, ContractPolicy, Weights
from domain.sizing import BadPolicy


def _share(name: str, **kwargs: Any) -> models.DecimalField:  # type: ignore[type-arg]  # Django 5.2 is not generic
    return models.DecimalField(name, max_digits=4, decimal_places=3, **kwargs)


def _weight(**kwargs: Any) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=5, decimal_places=2, **kwargs)


class SelectionPolicy(models.Model):
    """Which listed contract strategies buy: filters, and how much each merit counts. Columns as in ``ContractPolicy``."""

    class Strike(models.TextChoices):
        DELTA = "delta", "best score within the delta band"
        ATM = "atm", "nearest to the money"
        OTM = "otm", "steps out of the money"

    name = models.SlugField(max_length=60, unique=True)
    strike = models.CharField(max_length=5, choices=Strike, default=Strike.DELTA)
    otm_steps = models.PositiveSmallIntegerField("steps", default=1, help_text="For steps out of the money")

    min_days = models.PositiveSmallIntegerField("days at least", default=2, help_text="Calendar days to expiration")
    max_days = models.PositiveSmallIntegerField("days at most", default=40)
    target_days = models.PositiveSmallIntegerField("days wanted", default=7)
    delta_min = _share("delta at least", default=Decimal("0.25"), help_text="Without its sign")
    delta_max = _share("delta at most", default=Decimal("0.60"))
    delta_target = _share("delta wanted", default=Decimal("0.40"))
    min_open_interest = models.PositiveIntegerField("open interest at least", default=10)
    min_volume = models.PositiveIntegerField("volume at least", default=0)
    unknown_passes = models.BooleanField(
        "unknown activity passes", default=True, help_text="Where the provider tells no open interest or no volume."
    )
    max_spread = _share("spread at most", default=Decimal("0.15"), help_text="Of the middle price; 0.15 is 15 %.")
    max_spread_ticks = models.PositiveSmallIntegerField("spread in ticks at most", default=20)

    weight_delta = _weight(default=Decimal(3), help_text="Nearness to the delta wanted")
    weight_spread = _weight(default=Decimal(2), help_text="A narrow spread")
    weight_liquidity = _weight(default=Decimal(2), help_text="Open interest, volume and sizes")
    weight_theta = _weight(default=Decimal(1), help_text="Little of the premium lost a day")
    weight_volatility = _weight(default=Decimal(1), help_text="Implied volatility low in its year")
    weight_days = _weight(default=Decimal(3), help_text="Nearness to the days wanted")

    class Meta:
        verbose_name_plural = "selection policies"
        ordering = ["name"]
        constraints = [
            one_of("strike", ["delta", "atm", "otm"], name="selection_strike_known"),
            between("otm_steps", 1, 50, name="selection_steps_bounded"),
            between("max_days", F("min_days"), FURTHEST_DAYS, name="selection_days_in_order"),
            between("target_days", F("min_days"), F("max_days"), name="selection_target_days_inside"),
            between("delta_min", Decimal("0.01"), Decimal("0.99"), name="selection_delta_min_bounded"),
            between("delta_max", Decimal("0.01"), Decimal("0.99"), name="selection_delta_max_bounded"),
            models.CheckConstraint(condition=Q(delta_min__lt=F("delta_max")), name="selection_delta_in_order"),
            between("delta_target", F("delta_min"), F("delta_max"), name="selection_target_delta_inside"),
            between("max_spread", Decimal("0.001"), 1, name="selection_spread_bounded"),
            between("max_spread_ticks", 1, 1000, name="selection_ticks_bounded"),
            models.CheckConstraint(
                condition=reduce(or_, (Q(**{f"weight_{term}__gt": 0}) for term in Weights._fields)),
                name="selection_weighs_something",
            ),
            *(between(f"weight_{t}", 0, LARGEST_WEIGHT, name=f"selection_{t}_weight_bounded") for t in Weights._fields),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            self.as_policy()
        except BadPolicy as bad:
            raise ValidationError({str(bad.figures["field"]): bad.message}) from bad

    def as_policy(self) -> ContractPolicy:
        """Raises BadPolicy, whose figures name the ``field``."""
        same = {field.name: getattr(self, field.name) for field in fields(ContractPolicy) if field.name != "weights"}
        return ContractPolicy(
            **same, weights=Weights(**{term: getattr(self, f"weight_{term}") for term in Weights._fields})
        )


class Strategy(models.Model):
    """One source of alerts and what its alerts may do: which symbols, which contracts, how much, left by which rules."""

    class BareSell(models.TextChoices):
        REDUCE = "reduce", "closes what is held"
        SHORT = "short", "opens a bearish position"

    class Engine(models.TextChoices):
        RULES = "A", "A: the rules"
        JURY = "B", "B: the jury of agents"

    class Sizing(models.TextChoices):
        FIXED = "fixed", "contracts"
        RISK = "risk", "amount at risk until the stop"
        NOTIONAL = "notional", "amount spent"

    name = models.SlugField(max_length=60, unique=True)
    account = models.ForeignKey(
        "books_app.Account", on_delete=models.PROTECT, related_name="strategies", verbose_name="book"
    )
    paused = models.BooleanField(default=False, help_text="A paused strategy opens nothing; its exits go on.")
    allowed_symbols = ArrayField(
        models.CharField(max_length=24), help_text="Underlyings it may enter, comma separated; * for all."
    )
    allow_adding = models.BooleanField(default=False, help_text="May open a further position on a symbol already held.")
    bare_sell = models.CharField("a sell without sentiment", max_length=6, choices=BareSell, default=BareSell.REDUCE)
    interval_seconds = models.PositiveIntegerField(
        default=300, help_text="Bars for indicators when the alert names none"
    )
    freshness_seconds = models.PositiveIntegerField(default=300, help_text="Alerts older than this are refused.")
    entry_cutoff_minutes = models.PositiveSmallIntegerField(
        default=5, help_text="No entries in the last minutes before the close."
    )

    selection_policy = models.ForeignKey(
        SelectionPolicy,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="strategies",
        verbose_name="contract",
        help_text="Which listed contract it buys; the built-in policy if empty.",
    )
    engine = models.CharField(
        max_length=1,
        choices=Engine,
        default=Engine.RULES,
        help_text="Which one trades where no experiment runs; the jury only while enable_variant_b is on.",
    )
    jury_policy = models.ForeignKey(
        "signals_app.JuryPolicy",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="strategies",
        verbose_name="jury",
        help_text="How sure engine B has to be; the built-in policy if empty.",
    )
    sizing = models.CharField(max_length=8, choices=Sizing, default=Sizing.FIXED)
    sizing_value = MoneyField(default=Decimal(1), help_text="Contracts, or an amount of money")
    sizing_stop = models.DecimalField(
        "stop for risk sizing", max_digits=4, decimal_places=3, default=Decimal("0.500"), help_text="Share of the price"
    )

    source_addresses = ArrayField(
        models.GenericIPAddressField(),
        default=list,
        blank=True,
        help_text="Only these addresses may send, comma separated; empty for any.",
    )
    alerts_per_minute = models.PositiveIntegerField(
        default=60, help_text="Further alerts of a minute are answered 429."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "strategies"
        ordering = ["name"]
        constraints = [
            one_of("bare_sell", ["reduce", "short"], name="strategy_bare_sell_known"),
            one_of("sizing", ["fixed", "risk", "notional"], name="strategy_sizing_known"),
            one_of("engine", ["A", "B"], name="strategy_engine_known"),
            between("sizing_value", Decimal("0.01"), Decimal("1e9"), name="strategy_sizing_value_bounded"),
            between("sizing_stop", Decimal("0.01"), 1, name="strategy_sizing_stop_bounded"),
            between("freshness_seconds", 1, 86_400, name="strategy_freshness_bounded"),
            between("interval_seconds", 60, 86_400, name="strategy_interval_bounded"),
            between("alerts_per_minute", 1, 100_000, name="strategy_alerts_per_minute_bounded"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        spelled = [symbol.strip().upper() for symbol in self.allowed_symbols or []]
        wrong = [s for s in spelled if s != "*" and not s.replace(".", "").replace("/", "").isalnum()]
        if wrong:
            raise ValidationError({"allowed_symbols": f"not a symbol: {', '.join(wrong)}"})
        self.allowed_symbols = spelled

    @property
    def freshness(self) -> timedelta:
        return timedelta(seconds=self.freshness_seconds)


class Credential(models.Model):
    """One secret of a strategy, of which only the hash is kept. Several may be valid at once, so that they can be rotated.

    endpoint: the unguessable part of the webhook's address. token: what the alert's body carries. signing: a caller that
    signs; its key is derived from the server's signing secret and ``public_id``, so nothing secret is stored at all.
    """

    class Kind(models.TextChoices):
        ENDPOINT = "endpoint", "endpoint id"
        TOKEN = "token", "body token"
        SIGNING = "signing", "signing key"

    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=8, choices=Kind)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the secret")
    public_id = models.CharField(max_length=32, blank=True, help_text="Names a signing key")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Refused from then on")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "digest"], name="credential_digest_once"),
            one_of("kind", ["endpoint", "token", "signing"], name="credential_kind_known"),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="credential_digest_is_a_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.strategy} ({self.digest[:8]}…)"
