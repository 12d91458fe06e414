from django.apps import AppConfig


class RiskConfig(AppConfig):
    name = "risk_app"
    verbose_name = "Risk"
    default_auto_field = "django.db.models.BigAutoField"
