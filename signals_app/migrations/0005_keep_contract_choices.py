"""What strategies chose by columns of their own becomes rows of policies that they share, with the same meaning."""

from decimal import Decimal

from django.db import migrations

FURTHEST_DAYS = 1000
COLUMNS = ("strike_policy", "min_days_to_expiry", "strike_steps", "strike_delta")
LOWEST_DELTA, HIGHEST_DELTA = Decimal("0.010"), Decimal("0.990")


def to_policies(apps, schema_editor):
    """One policy for each choice that a strategy made. Nothing is refused that was not refused before."""
    strategies = apps.get_model("signals_app", "Strategy").objects
    policies = apps.get_model("signals_app", "SelectionPolicy").objects
    for kind, days, steps, delta in strategies.order_by().values_list(*COLUMNS).distinct():
        detail = {"atm": "", "otm": f"-{steps}", "delta": f"-{delta:.3f}".replace(".", "")}[kind]
        policy, _ = policies.get_or_create(
            name=f"{kind}{detail}-from-{days}-days",
            defaults={
                "strike": kind,
                "otm_steps": max(steps, 1),
                "min_days": days,
                # A nearest strike is always of the earliest expiration; a delta stays among the near ones.
                "max_days": FURTHEST_DAYS if kind != "delta" else min(days + 35, FURTHEST_DAYS),
                "target_days": days,
                "delta_min": LOWEST_DELTA,
                "delta_max": HIGHEST_DELTA,
                "delta_target": min(max(delta, LOWEST_DELTA), HIGHEST_DELTA),
                "min_open_interest": 0,
                "max_spread": 1,
                "max_spread_ticks": 1000,
            },
        )
        chosen = dict(zip(COLUMNS, (kind, days, steps, delta), strict=True))
        strategies.filter(**chosen).update(selection_policy=policy)


def to_columns(apps, schema_editor):
    """The way back: what columns can say of the policies. A strategy without one keeps the columns' defaults."""
    strategies = apps.get_model("signals_app", "Strategy").objects
    for policy in apps.get_model("signals_app", "SelectionPolicy").objects.all():
        strategies.filter(selection_policy=policy).update(
            strike_policy=policy.strike,
            min_days_to_expiry=policy.min_days,
            strike_steps=policy.otm_steps,
            strike_delta=policy.delta_target,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('signals_app', '0004_selection_policy'),
    ]

    operations = [
        migrations.RunPython(to_policies, to_columns),
    ]
