"""Whether the nearest strike may stand in is the book's to allow: one whose strategies were allowed it keeps that."""

from django.db import migrations


def to_books(apps, schema_editor):
    allowed = apps.get_model("signals_app", "Strategy").objects.filter(selection_policy__nearest_allowed=True)
    books = apps.get_model("books_app", "Account").objects
    books.filter(pk__in=allowed.order_by().values("account")).update(nearest_strike=True)


def to_policies(apps, schema_editor):
    """The way back: what the strategies of such a book choose by."""
    allowing = apps.get_model("signals_app", "Strategy").objects.filter(account__nearest_strike=True)
    policies = apps.get_model("signals_app", "SelectionPolicy").objects
    policies.filter(pk__in=allowing.order_by().values("selection_policy")).update(nearest_allowed=True)


class Migration(migrations.Migration):

    dependencies = [
        ('books_app', '0005_nearest_strike_of_a_book'),
        ('signals_app', '0006_no_contract_columns'),
    ]

    operations = [
        migrations.RunPython(to_books, to_policies),
        migrations.RemoveField(
            model_name='selectionpolicy',
            name='nearest_allowed',
        ),
    ]
