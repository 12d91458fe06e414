from django.db import migrations

from books_app import triggers

STEPS = {
    "pending": ["approved", "dead", "rejected"],
    "approved": ["closing", "dead", "ordered", "rejected"],
    "closing": ["dead", "ordered", "rejected"],
}


class Migration(migrations.Migration):
    dependencies = [("signals_app", "0001_initial")]

    operations = [
        triggers.guard_steps("signals_app_signal", STEPS),
        triggers.append_only("signals_app_decision"),
        triggers.append_only("signals_app_webhookevent"),
    ]
