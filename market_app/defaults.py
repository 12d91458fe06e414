"""Rows that the chain starts with: every provider of the roster, in its order, with the limits of its free plan."""

from __future__ import annotations

from django.db import transaction

from market_app import roster
from market_app.chain.order import limits
from market_app.models import Provider, ProviderUse

RANK_STEP = 10  # so that an operator can put one between two


@transaction.atomic
def seed_providers() -> int:
    """New rows only; what an operator changed is left. Returns how many providers and uses were made."""
    made = 0
    for place, name in enumerate(roster.ROSTER, start=1):
        provider, created = Provider.objects.get_or_create(name=name, defaults=limits(name))
        made += created
        for capability in roster.offers(name) if created else ():
            ProviderUse.objects.create(provider=provider, capability=capability.value, rank=place * RANK_STEP)
            made += 1
    return made
