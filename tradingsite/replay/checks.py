"""What a replayed day must keep to, looked up in its rows: empty lists on a sound day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from orders_app.models import Fill
from signals_app.models import Decision, Signal
from signals_app.services.plans import ENGINE_B
from tradingsite.redecision import Changes, Jury, stored_decisions
from tradingsite.replay.day import RecordedDay


def broken_promises(day: RecordedDay) -> list[str]:
    """Of fills on every book, and where both engines decide, of decisions and votes."""
    broken = [*_fills(day)]
    if day.jury:
        broken += [*_decided_by_one(), *_other_votes()]
    return broken


def _fills(day: RecordedDay) -> Iterator[str]:
    """Fills that knew the future, happened outside the session or beat the recorded quote."""
    for fill in Fill.objects.select_related("order").order_by("pk"):
        quote = fill.quote or {}
        touch = quote.get("ask" if fill.order.side == "buy" else "bid")
        known_at = quote.get("provider_time")
        if known_at is None or datetime.fromisoformat(known_at) > fill.executed_at:
            yield f"{fill.venue_fill_id}: filled at {fill.executed_at} on a quote of {known_at}"
        if not day.opens_at <= fill.executed_at < day.closes_at:
            yield f"{fill.venue_fill_id}: filled at {fill.executed_at}, outside the session"
        if touch is None or (
            (fill.price < Decimal(touch)) is (fill.order.side == "buy") and fill.price != Decimal(touch)
        ):
            yield f"{fill.venue_fill_id}: {fill.order.side} at {fill.price}, the quote was {touch}"


def _decided_by_one() -> Iterator[str]:
    """Alerts that only one engine has decided on."""
    for signal in Signal.objects.filter(shadow_of=None).prefetch_related("decisions").order_by("pk"):
        engines = sorted(decision.engine for decision in signal.decisions.all())
        if engines != ["A", "B"]:
            yield f"signal {signal.pk}: decided by {', '.join(engines) or 'nobody'}"


def _other_votes() -> Iterator[str]:
    """Decisions whose stored view does not lead to the stored votes again."""
    jury = Jury(Changes())
    for decision in stored_decisions(Decision.objects.filter(engine=ENGINE_B, jury__isnull=False)):
        again = jury.again(decision)
        if again.unlike or not again.intact:
            yield f"decision {decision.pk}: other votes from the same view: {', '.join(again.unlike) or 'other digests'}"
