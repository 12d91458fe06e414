from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('books_app', '0005_nearest_strike_of_a_book'),
    ]

    operations = [
        migrations.CreateModel(
            name='SignInTries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('username', models.CharField(max_length=150)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('tries', models.PositiveSmallIntegerField()),
                ('counted_until', models.DateTimeField(help_text='Then counting begins anew, and a lock has ended.')),
            ],
            options={
                'verbose_name_plural': 'tries to sign in',
                'ordering': ['-counted_until'],
                'constraints': [models.UniqueConstraint(fields=('username', 'address'), name='sign_in_tries_once_per_pair')],
            },
        ),
    ]
