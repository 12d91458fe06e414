"""When a contract stops trading, and how long that is from now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

SECONDS_PER_YEAR: Final = 365 * 86_400
MINIMUM_SECONDS: Final = 60.0  # prices of the last minute are taken as if a minute were left: gamma stays finite
_SATURDAY: Final = 5


def last_trading_date(expiration: date) -> date:
    """The day a contract trades for the last time.

    Before February 2015 monthly contracts carry the Saturday after their last day; they stopped trading on the Friday.
    """
    return expiration - timedelta(days=1) if expiration.weekday() == _SATURDAY else expiration


def years_until(moment: datetime, now: datetime) -> float:
    """Time to an expiry moment in years of 365 days, at least one minute's worth; both arguments timezone-aware."""
    return max((moment - now).total_seconds(), MINIMUM_SECONDS) / SECONDS_PER_YEAR


def days_to_expiration(expiration: date, today: date) -> int:
    """Calendar days to the last trading date; 0 on that day, negative after it. Dates are the exchange's."""
    return (last_trading_date(expiration) - today).days
