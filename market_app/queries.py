"""Reads of the market's rows."""

from __future__ import annotations

from domain.feeds import FeedState
from market_app.models import CapabilityHealth


def ailing_capabilities() -> list[str]:
    """Kinds of data whose last known state is not healthy."""
    return list(CapabilityHealth.objects.exclude(state=FeedState.HEALTHY).values_list("capability", flat=True))
