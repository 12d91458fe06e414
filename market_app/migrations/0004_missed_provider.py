from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('market_app', '0003_providers'),
    ]

    operations = [
        migrations.AddField(
            model_name='capabilityhealth',
            name='missed',
            field=models.CharField(blank=True, help_text='Who should have answered and did not.', max_length=20),
        ),
    ]
