from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('signals_app', '0005_keep_contract_choices'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='strategy',
            name='strategy_strike_policy_known',
        ),
        migrations.RemoveConstraint(
            model_name='strategy',
            name='strategy_strike_delta_bounded',
        ),
        migrations.RemoveConstraint(
            model_name='strategy',
            name='strategy_strike_steps_bounded',
        ),
        migrations.RemoveConstraint(
            model_name='strategy',
            name='strategy_min_days_bounded',
        ),
        migrations.RemoveField(
            model_name='strategy',
            name='min_days_to_expiry',
        ),
        migrations.RemoveField(
            model_name='strategy',
            name='strike_delta',
        ),
        migrations.RemoveField(
            model_name='strategy',
            name='strike_policy',
        ),
        migrations.RemoveField(
            model_name='strategy',
            name='strike_steps',
        ),
    ]
