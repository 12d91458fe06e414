"""Reading stored decisions of engine B, a batch at a time: views are large and there may be very many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import QuerySet

from domain.agents.view import EXCHANGE
from signals_app.models import Decision
from signals_app.services.plans import ENGINE_B

BATCH: Final = 200  # a view with its bars is some 30 kB


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the exchange, both included; strategy None for all."""

    first: date
    last: date
    strategy_id: int | None = None

    def decisions(self) -> QuerySet[Decision]:
        """Those of engine B."""
        found = Decision.objects.filter(
            engine=ENGINE_B,
            decided_at__gte=_midnight(self.first),
            decided_at__lt=_midnight(self.last + timedelta(days=1)),
        )
        if self.strategy_id is not None:
            found = found.filter(signal__strategy=self.strategy_id)
        return found


def stored_decisions(chosen: QuerySet[Decision], *, batch: int = BATCH) -> Iterator[Decision]:
    """In order, with jury, bars and votes at hand. Only one batch is held; no statement stays open between two of them."""
    wanted = chosen.order_by("pk").select_related("jury").prefetch_related("votes", "jury__bars", "jury__daily")
    last = 0
    while rows := list(wanted.filter(pk__gt=last)[:batch]):
        yield from rows
        last = rows[-1].pk


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), EXCHANGE)
