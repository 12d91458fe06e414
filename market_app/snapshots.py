"""Gamma snapshots: taking one, finding the latest, ranking its volatility among those of a year, and forgetting old ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from books_app import clock
from domain.quotes import FeedClass
from domain.selection import VolatilityRange
from market_app.models import GammaSnapshot
from market_app.quoting import exchange_date

if TYPE_CHECKING:
    from market_app.analysis import DealerGamma

RANK_DAYS: Final = 252  # trading days, about a year
FEWEST_DAYS: Final = 20
INTRADAY_KEPT: Final = timedelta(days=30)
KEPT: Final = timedelta(days=400)  # more than RANK_DAYS of trading
_INVENTED: Final = (FeedClass.SIMULATED, FeedClass.RECORDED)


def record_snapshot(underlying: str, *, rate: float | None = None) -> GammaSnapshot:
    """Compute the exposure of now and keep it; the same moment again gets the first one's row back.

    Raises MarketDataUnavailable as dealer_gamma does, and keeps nothing then.
    """
    from market_app.analysis import dealer_gamma  # numpy: only where one is taken, not where one is read

    return keep(dealer_gamma(underlying, rate=rate))


def keep(found: DealerGamma) -> GammaSnapshot:
    row, _ = GammaSnapshot.objects.get_or_create(underlying=found.underlying, at=found.at, defaults=_columns(found))
    return row


def latest_snapshot(underlying: str, max_age: timedelta, *, now: datetime | None = None) -> GammaSnapshot | None:
    """The last one at most so old; None without one."""
    until = now or clock.now()
    return _known(underlying, until).filter(at__gte=until - max_age).order_by("-at").first()


def iv_rank(underlying: str, days: int = RANK_DAYS, *, now: datetime | None = None) -> Decimal | None:
    """Where the latest volatility at the money lies between the lowest and the highest of that many days, 0 to 1.

    One value for each day with a snapshot, its last. None with fewer than twenty days, or when all are equal. Snapshots of
    a simulated or recorded market are not mixed with those of a real one.
    """
    vols = _daily_volatilities(underlying, days, now or clock.now())
    if not vols:
        return None
    lowest, highest = min(vols), max(vols)
    return ((vols[0] - lowest) / (highest - lowest)).quantize(Decimal("0.0001"))


def volatility_range(underlying: str, days: int = RANK_DAYS, *, now: datetime | None = None) -> VolatilityRange | None:
    """Lowest and highest volatility at the money of that many days. None where iv_rank is None."""
    vols = _daily_volatilities(underlying, days, now or clock.now())
    return VolatilityRange(float(min(vols)), float(max(vols))) if vols else None


def _daily_volatilities(underlying: str, days: int, until: datetime) -> list[Decimal]:
    """Newest first; none where they are too few or all equal."""
    rows = _known(underlying, until).filter(atm_iv__isnull=False)
    latest = rows.order_by("-at").values_list("feed", flat=True).first()
    if latest is None:
        return []
    alike = rows.filter(feed=latest) if latest in _INVENTED else rows.exclude(feed__in=_INVENTED)
    by_day = alike.order_by("-day", "-at").distinct("day").values_list("atm_iv", flat=True)
    vols = [vol for vol in by_day[:days] if vol is not None]
    return vols if len(vols) >= FEWEST_DAYS and min(vols) < max(vols) else []


def forget_snapshots(*, now: datetime | None = None) -> int:
    """Delete what no question reaches any more: after a month all but each day's last, after 400 days that one too.

    Those of recorded days stay: somebody asked for them.
    """
    at = now or clock.now()
    later = GammaSnapshot.objects.filter(underlying=OuterRef("underlying"), day=OuterRef("day"), at__gt=OuterRef("at"))
    old = Q(at__lt=at - KEPT) | Q(Exists(later), at__lt=at - INTRADAY_KEPT)
    deleted, _ = GammaSnapshot.objects.filter(old).exclude(feed=FeedClass.RECORDED).delete()
    return deleted


def _known(underlying: str, until: datetime) -> QuerySet[GammaSnapshot]:
    return GammaSnapshot.objects.filter(underlying=underlying, at__lte=until)


def _columns(found: DealerGamma) -> dict[str, Any]:
    from market_app.analysis import document

    told = document.document(found)
    nearest = found.nearest_pain
    return {
        "day": exchange_date(found.at),
        "provider": found.quote.provider,
        "feed": found.quote.feed.value,
        "spot": _price(found.spot),
        "spot_at": found.quote.provider_time,
        "rate": _rounded(found.rate, 6),
        "oldest_quote": found.oldest_quote,
        "newest_quote": found.newest_quote,
        "open_interest_day": found.interest_day,
        "contracts_listed": found.listed,
        "contracts_used": found.used,
        "left_out": told["left_out"],
        "total": _rounded(found.whole.total, 2),
        "calls": _rounded(found.whole.calls, 2),
        "puts": _rounded(found.whole.puts, 2),
        "total_later": _rounded(found.later.total, 2),
        "dealers": found.whole.position.value,
        "call_wall": _price(found.whole.call_wall),
        "put_wall": _price(found.whole.put_wall),
        "zero_gamma": _price(found.whole.zero_gamma),
        "zero_levels": told["zero_levels"],
        "max_pain": None if nearest is None else _price(nearest.max_pain),
        "max_pain_expiration": None if nearest is None else nearest.expiration,
        "atm_iv": _rounded(found.moves.vol, 6),
        "near_iv": _rounded(found.moves.near_vol, 6),
        "expected_day": _price(found.moves.day),
        "expected_to_close": _price(found.moves.to_close),
        "put_call_interest": _rounded(found.put_call_ratio, 4),
        "put_call_volume": None if found.flow is None else _rounded(found.flow.put_call_ratio, 4),
        "flow": told["flow"],
        "expirations": [_without_strikes(row) for row in told["expirations"]],
        "strikes": told["strikes"],
    }


def _without_strikes(expiration: dict[str, Any]) -> dict[str, Any]:
    """Strikes are kept for all expirations together: those of each would make a row eight times as long."""
    return {name: value for name, value in expiration.items() if name != "strikes"}


def _price(number: float | None) -> Decimal | None:
    return _rounded(number, 4)


def _rounded(number: float | None, places: int) -> Decimal | None:
    return None if number is None else round(Decimal(number), places)
