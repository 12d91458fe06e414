"""Market: marking what is held, looking at what was ailing, keeping what the option chains of watched underlyings say."""

from __future__ import annotations

import structlog
from celery import shared_task

from domain.errors import MarketDataUnavailable
from market_app import services
from market_app.quoting import option_session
from market_app.snapshots import forget_snapshots, record_snapshot
from positions_app.models import Position
from positions_app.services import refresh_marks
from signals_app.models import Strategy
from workers.schedule import once_per_tick

log = structlog.get_logger(__name__)

WATCHED_AT_MOST = 25  # a chain each time costs a provider's credits
EVERY_SYMBOL = "*"


@shared_task(name="workers.market.refresh_positions")
@once_per_tick("workers.market.refresh_positions")
def refresh_positions() -> str:
    done = refresh_marks()
    return f"{done.positions} positions of {done.symbols} contracts marked, {done.without_quote} without a good quote"


@shared_task(name="workers.market.look_again")
@once_per_tick("workers.market.look_again")
def look_again() -> str:
    """A provider that has recovered is noticed although nobody asks for that kind of data now."""
    return f"looked again: {', '.join(services.look_again()) or 'nothing to look at'}"


@shared_task(name="workers.market.record_gamma")
@once_per_tick("workers.market.record_gamma")
def record_gamma() -> str:
    """A snapshot of each watched underlying whose options trade now. One that cannot be had does not stop the others."""
    watched = watched_underlyings()
    trading = [underlying for underlying in watched if option_session(underlying).open]
    kept = 0
    for underlying in trading:
        try:
            record_snapshot(underlying)
        except MarketDataUnavailable as unavailable:
            log.info("gamma_unavailable", underlying=underlying, code=unavailable.code, text=unavailable.message)
        else:
            kept += 1
    return f"{kept} of {len(trading)} trading and {len(watched)} watched kept, {forget_snapshots()} forgotten"


def watched_underlyings() -> list[str]:
    """What is held, then what strategies that are not paused may enter by name; each once, at most 25."""
    held = Position.objects.exclude(status="closed").order_by("underlying").values_list("underlying", flat=True)
    allowed = Strategy.objects.filter(paused=False).order_by("name").values_list("allowed_symbols", flat=True)
    named = sorted({symbol for symbols in allowed for symbol in symbols} - {EVERY_SYMBOL})
    return list(dict.fromkeys([*held.distinct(), *named]))[:WATCHED_AT_MOST]
