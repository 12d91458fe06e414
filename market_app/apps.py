from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "market_app"
    verbose_name = "Market"
    default_auto_field = "django.db.models.BigAutoField"
