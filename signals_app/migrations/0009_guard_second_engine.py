from django.db import migrations

from books_app import triggers


class Migration(migrations.Migration):
    dependencies = [("signals_app", "0008_second_engine")]

    operations = [
        # Until now engine A decided on everything.
        migrations.RunSQL(
            "UPDATE signals_app_signal AS signal SET engine = 'A' WHERE engine = '' AND EXISTS"
            " (SELECT FROM signals_app_decision AS decision WHERE decision.signal_id = signal.id)",
            migrations.RunSQL.noop,
        ),
        triggers.append_only("signals_app_agentvote"),
        triggers.append_only("signals_app_juryrecord"),
        triggers.append_only("signals_app_seriesseen"),
        triggers.append_only("signals_app_modeladvice"),
        triggers.guard_steps("signals_app_experiment", {"draft": ["running"], "running": ["stopped"]}),
    ]
