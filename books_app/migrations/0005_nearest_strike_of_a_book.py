from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('books_app', '0004_market_data_of_a_book'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='nearest_strike',
            field=models.BooleanField(default=False, help_text='Where a delta is wanted and none is known, buy the nearest strike instead of nothing, and say so.', verbose_name='nearest strike allowed'),
        ),
    ]
