from decimal import Decimal

from django.db import migrations, models

import books_app.clock
import books_app.fields


class Migration(migrations.Migration):
    dependencies = [
        ("market_app", "0001_sessions"),
    ]

    operations = [
        migrations.CreateModel(
            name="GammaSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("underlying", models.CharField(max_length=24)),
                ("at", models.DateTimeField(help_text="The moment it describes")),
                ("day", models.DateField(help_text="That moment's date on the exchange")),
                ("provider", models.CharField(max_length=24)),
                ("feed", models.CharField(max_length=12)),
                ("recorded_at", models.DateTimeField(default=books_app.clock.now)),
                ("spot", books_app.fields.PriceField(decimal_places=8, max_digits=20)),
                ("spot_at", models.DateTimeField(help_text="The provider's time of the underlying's quote")),
                ("rate", models.DecimalField(decimal_places=6, help_text="A fraction a year", max_digits=8)),
                ("oldest_quote", models.DateTimeField(help_text="The provider's time of the oldest option quote used")),
                ("newest_quote", models.DateTimeField()),
                ("open_interest_day", models.DateField(help_text="The session at whose close the open interest stood")),
                ("contracts_listed", models.PositiveIntegerField()),
                ("contracts_used", models.PositiveIntegerField()),
                (
                    "left_out",
                    models.JSONField(default=list, help_text="Why the others add nothing, with their open interest"),
                ),
                ("total", books_app.fields.MoneyField(decimal_places=8, max_digits=24)),
                ("calls", books_app.fields.MoneyField(decimal_places=8, max_digits=24)),
                ("puts", books_app.fields.MoneyField(decimal_places=8, max_digits=24)),
                (
                    "total_later",
                    books_app.fields.MoneyField(
                        decimal_places=8, max_digits=24, verbose_name="total without today's expiry"
                    ),
                ),
                (
                    "dealers",
                    models.CharField(
                        choices=[("long gamma", "long gamma"), ("short gamma", "short gamma"), ("neutral", "neutral")],
                        max_length=12,
                    ),
                ),
                ("call_wall", books_app.fields.PriceField(blank=True, decimal_places=8, max_digits=20, null=True)),
                ("put_wall", books_app.fields.PriceField(blank=True, decimal_places=8, max_digits=20, null=True)),
                (
                    "zero_gamma",
                    books_app.fields.PriceField(
                        blank=True, decimal_places=8, help_text="The level nearest to spot", max_digits=20, null=True
                    ),
                ),
                ("zero_levels", models.JSONField(default=list)),
                (
                    "max_pain",
                    books_app.fields.PriceField(
                        blank=True,
                        decimal_places=8,
                        help_text="Of the nearest expiration that has one",
                        max_digits=20,
                        null=True,
                    ),
                ),
                ("max_pain_expiration", models.DateField(blank=True, null=True)),
                (
                    "atm_iv",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=8,
                        null=True,
                        verbose_name="volatility at the money, thirty days",
                    ),
                ),
                (
                    "near_iv",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=8,
                        null=True,
                        verbose_name="the same of the next expiration",
                    ),
                ),
                (
                    "expected_day",
                    books_app.fields.PriceField(
                        blank=True, decimal_places=8, max_digits=20, null=True, verbose_name="expected move of a day"
                    ),
                ),
                (
                    "expected_to_close",
                    books_app.fields.PriceField(
                        blank=True,
                        decimal_places=8,
                        max_digits=20,
                        null=True,
                        verbose_name="expected move to the close",
                    ),
                ),
                ("put_call_interest", models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True)),
                ("put_call_volume", models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True)),
                ("flow", models.JSONField(blank=True, null=True)),
                ("expirations", models.JSONField(default=list)),
                ("strikes", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["-at", "underlying"],
                "constraints": [
                    models.UniqueConstraint(fields=("underlying", "at"), name="gamma_once_per_moment"),
                    models.CheckConstraint(
                        condition=models.Q(("dealers__in", ["long gamma", "short gamma", "neutral"])),
                        name="gamma_dealers_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("spot__gte", 0), ("spot__lte", Decimal("1E+7"))), name="gamma_spot_bounded"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gte", -1), ("rate__lte", 1)), name="gamma_rate_bounded"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contracts_listed__gte", 1), ("contracts_listed__lte", 10000000)),
                        name="gamma_listed_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("contracts_used__gte", 1), ("contracts_used__lte", models.F("contracts_listed"))
                        ),
                        name="gamma_used_listed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("oldest_quote__lte", models.F("newest_quote"))),
                        name="gamma_quotes_oldest_before_newest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("open_interest_day__lt", models.F("day"))),
                        name="gamma_interest_of_a_day_before",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total__gte", Decimal("-1E+12")), ("total__lte", Decimal("1E+12"))),
                        name="gamma_total_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("calls__gte", 0), ("calls__lte", Decimal("1E+12"))),
                        name="gamma_calls_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("puts__gte", Decimal("-1E+12")), ("puts__lte", 0)),
                        name="gamma_puts_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("total_later__gte", Decimal("-1E+12")), ("total_later__lte", Decimal("1E+12"))
                        ),
                        name="gamma_total_later_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("call_wall__gte", 0), ("call_wall__lte", Decimal("1E+7"))),
                            ("call_wall__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_call_wall_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("put_wall__gte", 0), ("put_wall__lte", Decimal("1E+7"))),
                            ("put_wall__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_put_wall_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("zero_gamma__gte", 0), ("zero_gamma__lte", Decimal("1E+7"))),
                            ("zero_gamma__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_zero_gamma_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("max_pain__gte", 0), ("max_pain__lte", Decimal("1E+7"))),
                            ("max_pain__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_max_pain_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expected_day__gte", 0), ("expected_day__lte", Decimal("1E+7"))),
                            ("expected_day__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_expected_day_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expected_to_close__gte", 0), ("expected_to_close__lte", Decimal("1E+7"))),
                            ("expected_to_close__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_expected_to_close_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("atm_iv__gte", 0), ("atm_iv__lte", 5)), ("atm_iv__isnull", True), _connector="OR"
                        ),
                        name="gamma_atm_iv_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("near_iv__gte", 0), ("near_iv__lte", 5)),
                            ("near_iv__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_near_iv_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("put_call_interest__gte", 0), ("put_call_interest__lte", 10000000)),
                            ("put_call_interest__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_put_call_interest_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("put_call_volume__gte", 0), ("put_call_volume__lte", 10000000)),
                            ("put_call_volume__isnull", True),
                            _connector="OR",
                        ),
                        name="gamma_put_call_volume_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("max_pain__isnull", True), ("max_pain_expiration__isnull", True)),
                            models.Q(("max_pain__isnull", False), ("max_pain_expiration__isnull", False)),
                            _connector="OR",
                        ),
                        name="gamma_max_pain_names_its_expiration",
                    ),
                ],
            },
        ),
    ]
