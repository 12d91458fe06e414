from django.db import migrations, models

import books_app.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SessionOverride",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.CharField(
                        choices=[
                            ("all", "all products"),
                            ("equity", "shares"),
                            ("equity_option", "options on shares"),
                            ("etf_option", "options on ETFs"),
                            ("index_option", "options on indices"),
                            ("crypto", "crypto"),
                        ],
                        default="all",
                        help_text="A row for one product goes before one for all.",
                        max_length=16,
                    ),
                ),
                (
                    "date",
                    models.DateField(help_text="New York date; UTC date for crypto and for the simulated market."),
                ),
                ("closed", models.BooleanField(default=False, help_text="Closed the whole day.")),
                (
                    "opens_at",
                    models.TimeField(
                        blank=True, help_text="Time of the same clock; empty: as in the calendar.", null=True
                    ),
                ),
                (
                    "closes_at",
                    models.TimeField(
                        blank=True, help_text="Time of the same clock; empty: as in the calendar.", null=True
                    ),
                ),
                ("reason", models.CharField(max_length=120)),
                ("created_by", models.CharField(blank=True, editable=False, max_length=150)),
                ("created_at", models.DateTimeField(default=books_app.clock.now, editable=False)),
            ],
            options={
                "ordering": ["-date", "product"],
                "constraints": [
                    models.UniqueConstraint(fields=("product", "date"), name="override_once_per_product_and_day"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("product__in", ["all", "equity", "equity_option", "etf_option", "index_option", "crypto"])
                        ),
                        name="override_product_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed", True), ("closes_at__isnull", True), ("opens_at__isnull", True)),
                            models.Q(
                                ("closed", False),
                                models.Q(("opens_at__isnull", False), ("closes_at__isnull", False), _connector="OR"),
                            ),
                            _connector="OR",
                        ),
                        name="override_closed_or_hours",
                        violation_error_message="Either closed for the day, or at least one of the two times.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("opens_at__isnull", True),
                            ("closes_at__isnull", True),
                            ("opens_at__lt", models.F("closes_at")),
                            _connector="OR",
                        ),
                        name="override_opens_before_close",
                        violation_error_message="The market must open before it closes.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TradingSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "calendar",
                    models.CharField(
                        choices=[
                            ("XNYS", "New York: shares and their options"),
                            ("LATE_OPTIONS", "ETF and index options, fifteen minutes longer"),
                        ],
                        max_length=16,
                    ),
                ),
                ("date", models.DateField(help_text="The exchange's own date.")),
                ("opens_at", models.DateTimeField()),
                ("closes_at", models.DateTimeField()),
                ("early_close", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=80)),
            ],
            options={
                "ordering": ["-date", "calendar"],
                "constraints": [
                    models.UniqueConstraint(fields=("calendar", "date"), name="session_once_per_day"),
                    models.CheckConstraint(
                        condition=models.Q(("calendar__in", ["XNYS", "LATE_OPTIONS"])), name="session_calendar_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("opens_at__lt", models.F("closes_at"))), name="session_opens_before_close"
                    ),
                ],
            },
        ),
    ]
