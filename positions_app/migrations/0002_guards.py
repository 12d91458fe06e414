from django.db import migrations

from books_app import triggers

STEPS = {
    "open": ["closed", "closing"],
    "closing": ["closed", "open"],
}


class Migration(migrations.Migration):
    dependencies = [("positions_app", "0001_initial")]

    operations = [
        triggers.guard_steps("positions_app_position", STEPS),
        triggers.append_only("positions_app_exitverdict"),
        triggers.fillfactor("positions_app_position", 70),
    ]
