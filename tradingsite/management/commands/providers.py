"""Print every provider of market data: what it offers and is used for, its key, its limits and what is spent of them."""

from __future__ import annotations

from typing import Any

from books_app import clock
from market_app import roster
from market_app.capabilities import Capability
from market_app.chain.report import Standing, standings
from market_app.models import CapabilityHealth
from tradingsite.management.base import DeskCommand
from tradingsite.tables import table

HEAD = ["provider", "key", "minute", "day", *(capability.value for capability in Capability), "left alone"]
WIDTH = 180


class Command(DeskCommand):
    help = __doc__

    def run(self, **options: Any) -> dict[str, Any]:
        found = list(standings())
        health = list(CapabilityHealth.objects.all())
        self.tell(table(HEAD, [_row(standing) for standing in found], width=WIDTH))
        self.tell(
            "A number is the place in which a provider is asked, without a key it is passed over. · is offered and not used."
        )
        for row in health:
            self.tell(
                f"{row.capability}: {row.state} by {row.provider or 'nobody'} since {row.since:%H:%M:%S} UTC {row.text}"
            )
        return {
            "at": clock.now().isoformat(),
            "providers": [_facts(standing) for standing in found],
            "health": [
                {"capability": row.capability, "state": row.state, "provider": row.provider, "feed": row.feed}
                for row in health
            ],
        }


def _row(standing: Standing) -> list[Any]:
    spent, terms = standing.spent, standing.terms
    minute = _of(None if spent is None else spent.minute, terms.per_minute)
    day = _of(None if spent is None else spent.day, terms.per_day)
    key = "needs none" if not roster.ROSTER[standing.provider].needs_key else "set" if standing.has_key else "missing"
    alone = "unknown: Redis is away" if standing.left_alone is None else "; ".join(standing.left_alone)
    return [standing.provider, key, minute, day, *(_place(standing, each) for each in Capability), alone]


def _of(spent: int | None, limit: int | None) -> str:
    shown = "?" if spent is None else str(spent)
    return shown if limit is None else f"{shown} of {limit}"


def _place(standing: Standing, capability: Capability) -> str:
    if capability in standing.used_for:
        return str(standing.used_for[capability])
    return "·" if capability in roster.offers(standing.provider) else ""


def _facts(standing: Standing) -> dict[str, Any]:
    offers = roster.offers(standing.provider)
    return {
        "provider": standing.provider,
        "has_key": standing.has_key,
        "offers": {
            each.value: {"feed": o.feed.value, "per_call": o.per_call, "note": o.note} for each, o in offers.items()
        },
        "used_for": {capability.value: place for capability, place in standing.used_for.items()},
        "calls_per_minute": standing.terms.per_minute,
        "calls_per_day": standing.terms.per_day,
        "spent": None if standing.spent is None else standing.spent._asdict(),
        "left_alone": standing.left_alone,
    }
