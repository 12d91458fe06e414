from django.db import migrations

from books_app import triggers

STEPS = {
    "pending_execution": ["cancelled", "denied", "dry_run", "expired", "failed", "submitting"],
    "submitting": ["cancelled", "expired", "failed", "filled", "partially_filled", "pending_execution", "rejected", "submitted"],
    "submitted": ["cancelled", "expired", "failed", "filled", "partially_filled", "rejected"],
    "partially_filled": ["cancelled", "expired", "failed", "filled"],
}


class Migration(migrations.Migration):
    dependencies = [("orders_app", "0001_initial")]

    operations = [
        triggers.guard_steps("orders_app_order", STEPS),
        triggers.append_only("orders_app_fill"),
    ]
