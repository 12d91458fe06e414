"""How long an answer of each kind may be used after it was received."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.errors import MarketDataUnavailable
from domain.quotes import Bar
from market_app import sessions
from market_app.interface import Calendar

CHAIN_KEPT: Final = timedelta(minutes=5)
ACTIVITY_KEPT: Final = timedelta(minutes=2)  # open interest is a day old anyway, volume grows slowly
DAY_S: Final = 86_400
ONE_DAY: Final = timedelta(days=1)
SOON: Final = timedelta(seconds=5)  # a bar that is due is asked for again so soon at first,
LATE: Final = timedelta(minutes=1)  # and so often at the least: the provider may be delayed, or the market closed
LONGEST: Final = ONE_DAY
LONGEST_OF_DAYS: Final = timedelta(hours=1)  # corrected after the close, and by splits and dividends before the open


def bars_until(bars: Sequence[Bar], *, interval_s: int, at: datetime, calendar: Calendar) -> datetime:
    """Until when these bars are the last completed ones, as asked for at that moment: until the next one closes.

    Where that one should be there already, they are good for as long again as it is late, at least five seconds and at
    most a minute, so that a provider's pause costs few calls. Bars of days are kept for an hour at most.
    """
    due = _next_close(bars[-1], timedelta(seconds=interval_s), calendar) if bars else None
    if due is None:
        return at + LATE
    if due > at:
        return min(due, at + (LONGEST if interval_s < DAY_S else LONGEST_OF_DAYS))
    return at + min(max(at - due, SOON), LATE)


def _next_close(last: Bar, interval: timedelta, calendar: Calendar) -> datetime | None:
    """When the bar after that one is complete; None where the calendar does not reach.

    The last one of a session may be shorter than the others, and after it the next session's first one follows.
    """
    day, start = last.start.astimezone(calendar.zone).date(), last.start + interval
    try:
        if interval < ONE_DAY:
            hours = calendar.hours(day)
            if hours is not None and start < hours.closes_at:
                return min(start + interval, hours.closes_at)
        hours = calendar.hours(sessions.session_on_or_after(day + ONE_DAY, calendar))
    except MarketDataUnavailable:
        return start + interval if interval < ONE_DAY else None
    if hours is None:
        return None
    return hours.closes_at if interval >= ONE_DAY else min(hours.opens_at + interval, hours.closes_at)
