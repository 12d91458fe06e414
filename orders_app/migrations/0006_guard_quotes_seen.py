from django.db import migrations

from books_app import triggers


class Migration(migrations.Migration):
    dependencies = [("orders_app", "0005_quotes_seen")]

    operations = [triggers.append_only("orders_app_quoteseen")]
