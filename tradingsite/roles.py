"""The three roles as Django groups: viewers read, traders also act on what is held, risk officers also set what is allowed."""

from __future__ import annotations

from typing import Final

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

APPS: Final = ("books_app", "market_app", "positions_app", "risk_app", "orders_app", "signals_app", "workers")
VIEWER, TRADER, RISK_OFFICER = "viewer", "trader", "risk officer"

# "change" of a row that nobody may edit is the permission for its deed: leaving a position, cancelling an order, halting.
TRADES: Final = frozenset(
    {
        "positions_app.change_position",
        "orders_app.change_order",
        "signals_app.add_strategy",
        "signals_app.change_strategy",
        "signals_app.add_selectionpolicy",
        "signals_app.change_selectionpolicy",
        "signals_app.add_jurypolicy",
        "signals_app.change_jurypolicy",
        "signals_app.add_experiment",
        "signals_app.change_experiment",
        "signals_app.add_splitchange",  # preparing and withdrawing one
    }
)
SETS_LIMITS: Final = frozenset(
    {
        "books_app.add_account",
        "books_app.change_account",
        "market_app.add_sessionoverride",
        "market_app.change_sessionoverride",
        "market_app.delete_sessionoverride",
        "positions_app.add_exitrule",
        "positions_app.change_exitrule",
        "positions_app.delete_exitrule",
        "risk_app.add_risklimit",
        "risk_app.change_risklimit",
        "risk_app.delete_risklimit",
        "risk_app.add_symbolrule",
        "risk_app.change_symbolrule",
        "risk_app.delete_symbolrule",
        "signals_app.add_featureflag",
        "signals_app.change_featureflag",
        "signals_app.delete_featureflag",
        "signals_app.add_agentseat",
        "signals_app.change_agentseat",
        "signals_app.change_splitchange",  # confirming one, starting and stopping experiments
    }
)


def install_roles() -> int:
    """Make the groups and set their permissions; returns how many groups are new. Safe to repeat."""
    seen = {
        f"{label}.view_{model._meta.model_name}" for label in APPS for model in apps.get_app_config(label).get_models()
    }
    made = 0
    for name, wanted in ((VIEWER, seen), (TRADER, seen | TRADES), (RISK_OFFICER, seen | TRADES | SETS_LIMITS)):
        group, created = Group.objects.get_or_create(name=name)
        group.permissions.set(_permissions(wanted))
        made += created
    return made


def _permissions(names: set[str] | frozenset[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return list(Permission.objects.filter(wanted))
