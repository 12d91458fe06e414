from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signals_app', '0003_fewer_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='SelectionPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=60, unique=True)),
                ('strike', models.CharField(choices=[('delta', 'best score within the delta band'), ('atm', 'nearest to the money'), ('otm', 'steps out of the money')], default='delta', max_length=5)),
                ('otm_steps', models.PositiveSmallIntegerField(default=1, help_text='For steps out of the money', verbose_name='steps')),
                ('min_days', models.PositiveSmallIntegerField(default=2, help_text='Calendar days to expiration', verbose_name='days at least')),
                ('max_days', models.PositiveSmallIntegerField(default=40, verbose_name='days at most')),
                ('target_days', models.PositiveSmallIntegerField(default=7, verbose_name='days wanted')),
                ('delta_min', models.DecimalField(decimal_places=3, default=Decimal('0.25'), help_text='Without its sign', max_digits=4, verbose_name='delta at least')),
                ('delta_max', models.DecimalField(decimal_places=3, default=Decimal('0.60'), max_digits=4, verbose_name='delta at most')),
                ('delta_target', models.DecimalField(decimal_places=3, default=Decimal('0.40'), max_digits=4, verbose_name='delta wanted')),
                ('min_open_interest', models.PositiveIntegerField(default=10, verbose_name='open interest at least')),
                ('min_volume', models.PositiveIntegerField(default=0, verbose_name='volume at least')),
                ('unknown_passes', models.BooleanField(default=True, help_text='Where the provider tells no open interest or no volume.', verbose_name='unknown activity passes')),
                ('max_spread', models.DecimalField(decimal_places=3, default=Decimal('0.15'), help_text='Of the middle price; 0.15 is 15 %.', max_digits=4, verbose_name='spread at most')),
                ('max_spread_ticks', models.PositiveSmallIntegerField(default=20, verbose_name='spread in ticks at most')),
                ('nearest_allowed', models.BooleanField(default=False, help_text='Where no delta is known at all, the nearest strike is bought instead of nothing, and the order says so.', verbose_name='nearest strike allowed')),
                ('weight_delta', models.DecimalField(decimal_places=2, default=Decimal('3'), help_text='Nearness to the delta wanted', max_digits=5)),
                ('weight_spread', models.DecimalField(decimal_places=2, default=Decimal('2'), help_text='A narrow spread', max_digits=5)),
                ('weight_liquidity', models.DecimalField(decimal_places=2, default=Decimal('2'), help_text='Open interest, volume and sizes', max_digits=5)),
                ('weight_theta', models.DecimalField(decimal_places=2, default=Decimal('1'), help_text='Little of the premium lost a day', max_digits=5)),
                ('weight_volatility', models.DecimalField(decimal_places=2, default=Decimal('1'), help_text='Implied volatility low in its year', max_digits=5)),
                ('weight_days', models.DecimalField(decimal_places=2, default=Decimal('3'), help_text='Nearness to the days wanted', max_digits=5)),
            ],
            options={
                'verbose_name_plural': 'selection policies',
                'ordering': ['name'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('strike__in', ['delta', 'atm', 'otm'])), name='selection_strike_known'),
                    models.CheckConstraint(condition=models.Q(('otm_steps__gte', 1), ('otm_steps__lte', 50)), name='selection_steps_bounded'),
                    models.CheckConstraint(condition=models.Q(('max_days__gte', models.F('min_days')), ('max_days__lte', 1000)), name='selection_days_in_order'),
                    models.CheckConstraint(condition=models.Q(('target_days__gte', models.F('min_days')), ('target_days__lte', models.F('max_days'))), name='selection_target_days_inside'),
                    models.CheckConstraint(condition=models.Q(('delta_min__gte', Decimal('0.01')), ('delta_min__lte', Decimal('0.99'))), name='selection_delta_min_bounded'),
                    models.CheckConstraint(condition=models.Q(('delta_max__gte', Decimal('0.01')), ('delta_max__lte', Decimal('0.99'))), name='selection_delta_max_bounded'),
                    models.CheckConstraint(condition=models.Q(('delta_min__lt', models.F('delta_max'))), name='selection_delta_in_order'),
                    models.CheckConstraint(condition=models.Q(('delta_target__gte', models.F('delta_min')), ('delta_target__lte', models.F('delta_max'))), name='selection_target_delta_inside'),
                    models.CheckConstraint(condition=models.Q(('max_spread__gte', Decimal('0.001')), ('max_spread__lte', 1)), name='selection_spread_bounded'),
                    models.CheckConstraint(condition=models.Q(('max_spread_ticks__gte', 1), ('max_spread_ticks__lte', 1000)), name='selection_ticks_bounded'),
                    models.CheckConstraint(condition=models.Q(('weight_delta__gt', 0), ('weight_spread__gt', 0), ('weight_liquidity__gt', 0), ('weight_theta__gt', 0), ('weight_volatility__gt', 0), ('weight_days__gt', 0), _connector='OR'), name='selection_weighs_something'),
                    models.CheckConstraint(condition=models.Q(('weight_delta__gte', 0), ('weight_delta__lte', 100)), name='selection_delta_weight_bounded'),
                    models.CheckConstraint(condition=models.Q(('weight_spread__gte', 0), ('weight_spread__lte', 100)), name='selection_spread_weight_bounded'),
                    models.CheckConstraint(condition=models.Q(('weight_liquidity__gte', 0), ('weight_liquidity__lte', 100)), name='selection_liquidity_weight_bounded'),
                    models.CheckConstraint(condition=models.Q(('weight_theta__gte', 0), ('weight_theta__lte', 100)), name='selection_theta_weight_bounded'),
                    models.CheckConstraint(condition=models.Q(('weight_volatility__gte', 0), ('weight_volatility__lte', 100)), name='selection_volatility_weight_bounded'),
                    models.CheckConstraint(condition=models.Q(('weight_days__gte', 0), ('weight_days__lte', 100)), name='selection_days_weight_bounded'),
                ],
            },
        ),
        migrations.AddField(
            model_name='strategy',
            name='selection_policy',
            field=models.ForeignKey(blank=True, help_text='Which listed contract it buys; the built-in policy if empty.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='strategies', to='signals_app.selectionpolicy', verbose_name='contract'),
        ),
    ]
