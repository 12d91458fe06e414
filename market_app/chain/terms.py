"""One provider as the chain sees it: on which terms it may be asked, and for what."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from market_app.capabilities import Capability, Offer, Source


class Terms(NamedTuple):
    """How one provider may be asked. None: no limit known. day_starts: minutes after midnight in day_zone."""

    per_minute: int | None
    per_day: int | None
    opens_after: int
    rest_s: float
    connect_s: float
    read_s: float
    total_s: float
    day_zone: ZoneInfo
    day_starts: int


class Use(NamedTuple):
    """One provider for one capability, ready to be asked."""

    provider: str
    capability: Capability
    terms: Terms
    offer: Offer
    source: Source
