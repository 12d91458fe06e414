"""Calls a minute and a day of one provider, counted over all processes before each request leaves.

A minute is exact, not an average: credits are counted by the second, and no 60 seconds hold more than allowed, with a
second to spare on both sides for requests that are under way. While Redis is away each process spends a share.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Final, NamedTuple

import structlog
from django.conf import settings

from market_app.chain import shared
from market_app.chain.terms import Terms
from market_app.providers.access import ProviderTrouble, Trouble

log = structlog.get_logger(__name__)

WINDOW_S: Final = 62
_NO_LIMIT: Final = -1
_MINUTE_FULL: Final = 1


class Spent(NamedTuple):
    """Credits of the last minute and of the provider's day."""

    minute: int
    day: int


class Budget:
    """One provider's meter, see ``access.Meter``."""

    def __init__(self, provider: str, terms: Callable[[], Terms]) -> None:
        self.provider = provider
        self._terms = terms
        self._recent: deque[tuple[float, int]] = deque()  # while alone: when and how many
        self._lock = Lock()

    def spend(self, credits: int) -> None:
        terms = self._terms()
        try:
            verdict, wait = self._counted(credits, terms, force=False)
        except shared.Alone:
            self._spend_alone(credits, terms)
            return
        if verdict:
            full = f"{terms.per_minute} a minute" if verdict == _MINUTE_FULL else f"{terms.per_day} a day"
            text = f"{self.provider}: our limit of {full} is reached"
            raise ProviderTrouble(Trouble.BUDGET, text, retry_after_s=float(wait) or None)

    def charge(self, credits: int) -> None:
        if credits > 0:
            try:
                self._counted(credits, self._terms(), force=True)
            except shared.Alone:
                with self._lock:
                    self._recent.append((monotonic(), credits))

    def spent(self) -> Spent:
        """Raises shared.Alone."""
        minute, day = self._keys(self._terms())
        since = int(datetime.now(UTC).timestamp()) - 60
        recent = sum(int(count) for second, count in shared.hash_of(minute).items() if int(second) > since)
        (today,) = shared.fetch([day])
        return Spent(recent, int(today or 0))

    def _counted(self, credits: int, terms: Terms, *, force: bool) -> tuple[int, int]:
        per_minute = _NO_LIMIT if terms.per_minute is None else terms.per_minute
        per_day = _NO_LIMIT if terms.per_day is None else terms.per_day
        return shared.spend(self._keys(terms), credits, per_minute, per_day, WINDOW_S, force=force)

    def _keys(self, terms: Terms) -> list[str]:
        day = day_of(terms, datetime.now(UTC))
        return [f"{shared.PREFIX}calls:{self.provider}", f"{shared.PREFIX}day:{self.provider}:{day:%Y%m%d}"]

    def _spend_alone(self, credits: int, terms: Terms) -> None:
        """A share of the minute's limit; where only the day is limited, a share of what the day leaves for an hour."""
        limits = [
            limit for limit in (terms.per_minute, None if terms.per_day is None else terms.per_day // 24) if limit
        ]
        if not limits:
            return
        share = max(min(limits) // settings.MARKET_DATA_PROCESSES, 1)
        now = monotonic()
        with self._lock:
            while self._recent and self._recent[0][0] <= now - WINDOW_S:
                self._recent.popleft()
            if sum(spent for _, spent in self._recent) + credits > share:
                text = f"{self.provider}: this process's share of {share} a minute is spent while Redis is away"
                raise ProviderTrouble(Trouble.BUDGET, text)
            self._recent.append((now, credits))


def day_of(terms: Terms, at: datetime) -> date:
    """The provider's day that a moment belongs to; it begins at the provider's own hour."""
    return (at.astimezone(terms.day_zone) - timedelta(minutes=terms.day_starts)).date()
