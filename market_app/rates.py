"""The interest rate that option mathematics discounts with."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from books_app import clock
from market_app import providers
from market_app.interface import InterestRates


def risk_free_rate(now: datetime | None = None) -> float:
    """A fraction a year, continuously compounded: what was recorded with a recorded day, else RISK_FREE_RATE.

    One flat rate for every expiration: an option of a few months moves by a cent or two for half a percent of it. The
    recorded one is the Federal Reserve's discount rate, the nearest to a risk-free one that the recording holds.
    """
    provider = providers.current()
    recorded = provider.interest_rate(now=now or clock.now()) if isinstance(provider, InterestRates) else None
    return float(settings.RISK_FREE_RATE) if recorded is None else recorded
