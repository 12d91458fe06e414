from django.db import migrations

from books_app import triggers


class Migration(migrations.Migration):
    dependencies = [("books_app", "0001_initial")]

    operations = [
        triggers.append_only("books_app_ledgerentry"),
        triggers.append_only("books_app_auditevent"),
        triggers.balanced_bookings("books_app_ledgerentry"),
    ]
