"""Whether a date in a provider's list of expirations can be one, and which: the list is asked for, never computed.

The rules are the exchanges' listing rules as far as they can be told from a date: a standard contract ends on the third
Friday of its month or, when that is a holiday, the trading day before; the weekly ones on the other Fridays, moved the
same way; some classes also on Mondays and Wednesdays, a few on every day; a Monday that is a holiday moves to the day
after. Until January 2015 standard contracts were dated on the Saturday after. Which classes have which days changes
from quarter to quarter, so a doubt is a reason to look, not proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

TradingDay = Callable[[date], bool | None]  # None: the calendar does not reach that day

SATURDAYS_UNTIL: Final = date(2015, 1, 31)
MONDAYS_AND_WEDNESDAYS_SINCE: Final = date(2026, 2, 2)
LEAPS_MONTHS: Final = (1, 6, 12)
LEAPS_DAYS: Final = 365
_ONE: Final = timedelta(days=1)
_MONDAY, _TUESDAY, _WEDNESDAY, _FRIDAY, _SATURDAY = 0, 1, 2, 4, 5


class Cadence(StrEnum):
    """The weekdays on which a class may expire, beside month and quarter ends."""

    FRIDAYS = "fridays"
    MONDAY_WEDNESDAY_FRIDAY = "monday_wednesday_friday"
    DAILY = "daily"


class ExpirationKind(StrEnum):
    MONTHLY = "monthly"
    LEAPS = "leaps"
    WEEKLY = "weekly"
    MONDAY = "monday"
    WEDNESDAY = "wednesday"
    DAILY = "daily"
    MONTH_END = "month_end"
    QUARTER_END = "quarter_end"
    SATURDAY = "saturday"


class Doubt(StrEnum):
    """Why a date cannot, or may not, be an expiration of the class."""

    PAST = "lies before today"
    HOLIDAY = "falls on a holiday"
    WEEKEND = "falls on a weekend"
    SATURDAY_AFTER_2015 = "falls on a Saturday later than January 2015"
    SATURDAY_NOT_MONTHLY = "falls on a Saturday that does not follow a third Friday"
    WEEKDAY = "falls on a weekday on which this class does not expire"
    BEYOND_CALENDAR = "lies beyond the calendar, so a holiday cannot be ruled out"


@dataclass(frozen=True, slots=True)
class Expiration:
    """A date with what it is. kind is None where it is nothing; beyond the calendar there are both kind and doubt."""

    date: date
    kind: ExpirationKind | None
    doubt: Doubt | None = None


_DAILY_CLASSES: Final = frozenset(["SPY", "QQQ", "IWM", "SPX", "SPXW", "XSP", "XSPW", "NDX", "NDXP", "RUT", "RUTW"])
_MONDAY_WEDNESDAY_CLASSES: Final = frozenset(["AAPL", "AMZN", "AVGO", "GOOGL", "IBIT", "META", "MSFT", "NVDA", "TSLA"])
_BY_WEEKDAY: Final = {_MONDAY: ExpirationKind.MONDAY, _WEDNESDAY: ExpirationKind.WEDNESDAY}


def cadence_of(underlying: str) -> Cadence:
    """What is known of a ticker or root as of February 2026; Fridays only for all others."""
    if underlying in _DAILY_CLASSES:
        return Cadence.DAILY
    return Cadence.MONDAY_WEDNESDAY_FRIDAY if underlying in _MONDAY_WEDNESDAY_CLASSES else Cadence.FRIDAYS


def judged(listed: Iterable[date], *, cadence: Cadence, today: date, is_trading_day: TradingDay) -> list[Expiration]:
    """Every date of a provider's list once, in order of time. today is the exchange's date.

    is_trading_day answers for any day: True, False, or None where it is not known.
    """
    days = sorted(set(listed))
    return [judge(day, cadence=cadence, today=today, is_trading_day=is_trading_day) for day in days]


def judge(day: date, *, cadence: Cadence, today: date, is_trading_day: TradingDay) -> Expiration:
    """One date as in judged."""
    if day < today:
        return Expiration(day, None, Doubt.PAST)
    if day.weekday() >= _SATURDAY:
        return _weekend(day)
    if is_trading_day(day) is False:
        return Expiration(day, None, Doubt.HOLIDAY)
    for kind, certain in _kinds(day, cadence, today, is_trading_day):
        if kind is not None:
            return Expiration(day, kind, None if certain else Doubt.BEYOND_CALENDAR)
    return Expiration(day, None, Doubt.WEEKDAY)


def third_friday(year: int, month: int) -> date:
    """The nominal day of a month's standard contracts, holiday or not."""
    first = date(year, month, 1)
    return first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


def _weekend(day: date) -> Expiration:
    if day.weekday() != _SATURDAY:
        return Expiration(day, None, Doubt.WEEKEND)
    if day > SATURDAYS_UNTIL:
        return Expiration(day, None, Doubt.SATURDAY_AFTER_2015)
    if day - _ONE != third_friday(day.year, day.month):
        return Expiration(day, None, Doubt.SATURDAY_NOT_MONTHLY)
    return Expiration(day, ExpirationKind.SATURDAY)


def _kinds(
    day: date, cadence: Cadence, today: date, is_trading_day: TradingDay
) -> Iterator[tuple[ExpirationKind | None, bool]]:
    """What a trading day may be and whether that is certain, the most telling first: its own Friday or one moved to it,
    the end of a month where the class expires every day anyway, its own weekday, a moved one, the end of a month.
    """
    served = list(_stands_for(day, is_trading_day))
    end = _end_of_period(day, is_trading_day), served[0][1]
    yield from ((_series(nominal, cadence, today), sure) for nominal, sure in served if nominal.weekday() == _FRIDAY)
    if cadence is Cadence.DAILY:
        yield end
    yield from ((_series(nominal, cadence, today), sure) for nominal, sure in served)
    yield end


def _stands_for(day: date, is_trading_day: TradingDay) -> Iterator[tuple[date, bool]]:
    """Nominal days that this one would serve, itself first, with whether that is certain.

    The others are the closed days right after it up to Friday and, of a Tuesday, the closed Monday before it. Of days
    that are not known only the next one is taken to be perhaps closed: holidays seldom follow each other.
    """
    yield day, is_trading_day(day) is not None
    known, later = True, day + _ONE
    while known and later.weekday() <= _FRIDAY and (trades := is_trading_day(later)) is not True:
        known = trades is not None
        yield later, known
        later += _ONE
    if day.weekday() == _TUESDAY and (trades := is_trading_day(day - _ONE)) is not True:
        yield day - _ONE, trades is not None


def _series(nominal: date, cadence: Cadence, today: date) -> ExpirationKind | None:
    """The series of a class that ends on a weekday when nothing moves it."""
    weekday = nominal.weekday()
    if weekday == _FRIDAY:
        if nominal != third_friday(nominal.year, nominal.month):
            return ExpirationKind.WEEKLY
        far = nominal.month in LEAPS_MONTHS and (nominal - today).days > LEAPS_DAYS
        return ExpirationKind.LEAPS if far else ExpirationKind.MONTHLY
    if cadence is Cadence.DAILY:
        return _BY_WEEKDAY.get(weekday, ExpirationKind.DAILY)
    if cadence is Cadence.MONDAY_WEDNESDAY_FRIDAY and nominal >= MONDAYS_AND_WEDNESDAYS_SINCE:
        return _BY_WEEKDAY.get(weekday)
    return None


def _end_of_period(day: date, is_trading_day: TradingDay) -> ExpirationKind | None:
    """Whether no weekday that trades, or may trade, is left in the day's month."""
    later = day + _ONE
    while later.month == day.month:
        if later.weekday() <= _FRIDAY and is_trading_day(later) is not False:
            return None
        later += _ONE
    return ExpirationKind.QUARTER_END if day.month % 3 == 0 else ExpirationKind.MONTH_END
