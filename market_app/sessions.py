"""Whether a market is open: calendar rows, an operator's overrides, and arithmetic on trading days.

The calendar comes from exchange_calendars once, by seed_sessions; at run time only rows are read. Overrides are read at
every question, so that one counts from the next decision on. A day that no row reaches counts as closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max, Min

from domain.errors import MarketDataUnavailable
from domain.sessions import Phase, Product, SessionState
from market_app.interface import Calendar, Hours
from market_app.models import ALL_PRODUCTS, SessionOverride, TradingSession

NEW_YORK: Final = ZoneInfo("America/New_York")
UTC_ZONE: Final = ZoneInfo("UTC")
FIRST_DAY: Final = date(2013, 1, 1)
LATE_BY: Final = timedelta(minutes=15)  # ETF and index options close after the shares
REGULAR_CLOSE: Final = time(16, 0)
PRE_OPENS: Final = time(4, 0)
POST_CLOSES: Final = time(20, 0)
POST_CLOSES_EARLY: Final = time(17, 0)  # of a half day

_EXTRA: Final = {TradingSession.Calendar.XNYS: timedelta(), TradingSession.Calendar.LATE_OPTIONS: LATE_BY}
_HORIZON_DAYS: Final = 14  # the longest closure in a century, September 2001, was four sessions
_ROWS_KEPT_S: Final = 60.0
_SATURDAY: Final = 5
_OVERRIDES: Final = f"""
    SELECT date, closed, opens_at, closes_at, reason FROM {SessionOverride._meta.db_table}
    WHERE product IN (%s, %s) AND date BETWEEN %s AND %s ORDER BY product <> %s
"""  # noqa: S608 the only part put in is the table's name
_ONE_DAY: Final = timedelta(days=1)
_Month = tuple[str, int, int]
_Reach = tuple[date, date] | None
_kept: dict[_Month, tuple[float, Mapping[date, Hours], _Reach]] = {}


def state(product: Product, *, at: datetime, calendar: Calendar) -> SessionState:
    """The session that runs at that moment, or the next one. Closed, with the cause as note, where nothing is known."""
    today = at.astimezone(calendar.zone).date()
    overrides = _overrides(product, today)
    note = ""
    for offset in range(_HORIZON_DAYS):
        day = today + timedelta(days=offset)
        try:
            hours, why = _effective(calendar, day, overrides.get(day))
        except MarketDataUnavailable as missing:
            return SessionState(product, at, False, at, at, missing.message)
        if day == today:
            note = why
        if hours is not None and at < hours.closes_at:
            opened = hours.opens_at <= at
            return SessionState(product, at, opened, hours.opens_at, hours.closes_at, why if opened else note or why)
    return SessionState(product, at, False, at, at, note or f"{calendar.name} has no session in {_HORIZON_DAYS} days")


def phase(product: Product, *, at: datetime, calendar: Calendar) -> Phase:
    """Which part of the trading day it is; closed where nothing is known.

    Shares trade from 04:00 to the open and from the close to 20:00 (17:00 after an early close) of the calendar's zone,
    and overnight from 20:00 on the eve of a session. Options and crypto know their regular session only: the few classes
    with extra hours are not told apart here.
    """
    local = at.astimezone(calendar.zone)
    today = local.date()
    overrides = _overrides(product, today)
    hours = _hours_or_none(calendar, today, overrides)
    if hours is not None and hours.opens_at <= at < hours.closes_at:
        return Phase.REGULAR
    if product is not Product.EQUITY:
        return Phase.CLOSED
    if hours is not None and at < hours.opens_at:
        return Phase.PRE if local.time() >= PRE_OPENS else Phase.OVERNIGHT
    if hours is not None and local.time() < _post_closes(hours, calendar):
        return Phase.POST
    if local.time() >= POST_CLOSES and _hours_or_none(calendar, today + _ONE_DAY, overrides) is not None:
        return Phase.OVERNIGHT
    return Phase.CLOSED


def _hours_or_none(calendar: Calendar, day: date, overrides: Mapping[date, _Override]) -> Hours | None:
    try:
        return _effective(calendar, day, overrides.get(day))[0]
    except MarketDataUnavailable:
        return None


def _post_closes(hours: Hours, calendar: Calendar) -> time:
    early = hours.closes_at.astimezone(calendar.zone).time() < REGULAR_CLOSE
    return POST_CLOSES_EARLY if early else POST_CLOSES


def is_trading_day(day: date, calendar: Calendar) -> bool | None:
    """Whether the calendar has a session that day, None where it does not reach; overrides do not count."""
    try:
        return calendar.hours(day) is not None
    except MarketDataUnavailable:
        return None


def session_on_or_before(day: date, calendar: Calendar) -> date:
    """The last day with a session up to and including that one; overrides do not count. Raises MarketDataUnavailable."""
    return _nearest_session(day, -_ONE_DAY, calendar)


def session_on_or_after(day: date, calendar: Calendar) -> date:
    """The first day with a session from that one on; overrides do not count. Raises MarketDataUnavailable."""
    return _nearest_session(day, _ONE_DAY, calendar)


def _nearest_session(day: date, step: timedelta, calendar: Calendar) -> date:
    for tried in range(_HORIZON_DAYS):
        if calendar.hours(day + tried * step) is not None:
            return day + tried * step
    raise MarketDataUnavailable(
        "calendar_missing", f"{calendar.name} has no session within {_HORIZON_DAYS} days of {day}"
    )


def hours_between(first: date, last: date, calendar: Calendar) -> list[Hours]:
    """Sessions from one day to another, both included, oldest first; overrides do not count.

    Raises MarketDataUnavailable.
    """
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [hours for day in days if (hours := calendar.hours(day)) is not None]


def trading_days_between(first: date, last: date, calendar: Calendar) -> int:
    """Sessions after ``first`` up to and including ``last``; 0 when last is not later. Overrides do not count."""
    return len(hours_between(first + _ONE_DAY, last, calendar))


def next_close(product: Product, *, at: datetime, calendar: Calendar) -> datetime:
    """End of the running session, or of the next one. Raises MarketDataUnavailable where the calendar knows none."""
    return _known(state(product, at=at, calendar=calendar)).closes_at


def next_open(product: Product, *, at: datetime, calendar: Calendar) -> datetime:
    """Start of the next session that has not begun. Raises MarketDataUnavailable where the calendar knows none."""
    found = _known(state(product, at=at, calendar=calendar))
    if not found.open:
        return found.opens_at
    return _known(state(product, at=found.closes_at, calendar=calendar)).opens_at


def _known(found: SessionState) -> SessionState:
    if found.opens_at >= found.closes_at:
        raise MarketDataUnavailable("calendar_missing", found.note)
    return found


@dataclass(frozen=True, slots=True)
class _Override:
    """What a decision needs of a SessionOverride row."""

    closed: bool
    opens_at: time | None
    closes_at: time | None
    reason: str


def _overrides(product: Product, today: date) -> dict[date, _Override]:
    """By day, from today on; a row of the product's own goes before one for all products."""
    last = today + timedelta(days=_HORIZON_DAYS - 1)
    with connection.cursor() as cursor:  # asked several times for each alert: the ORM would take ten times as long
        cursor.execute(_OVERRIDES, [product.value, ALL_PRODUCTS, today, last, ALL_PRODUCTS])
        return {day: _Override(*rest) for day, *rest in cursor.fetchall()}


def _effective(calendar: Calendar, day: date, override: _Override | None) -> tuple[Hours | None, str]:
    """Hours of a day after an override, and what is unusual about them."""
    if override is not None and override.closed:
        return None, f"closed by override: {override.reason}"
    regular = _regular(calendar, day, override)
    if override is None:
        if regular is None:
            return None, "weekend" if day.weekday() >= _SATURDAY else "holiday"
        return regular, regular.note
    opens_at = regular.opens_at if regular else None
    closes_at = regular.closes_at if regular else None
    if override.opens_at:
        opens_at = datetime.combine(day, override.opens_at, calendar.zone).astimezone(UTC)
    if override.closes_at:
        closes_at = datetime.combine(day, override.closes_at, calendar.zone).astimezone(UTC)
    if opens_at is None or closes_at is None or opens_at >= closes_at:
        return None, f"override leaves no session: {override.reason}"
    note = f"hours by override: {override.reason}"
    return Hours(opens_at, closes_at, note), note


def _regular(calendar: Calendar, day: date, override: _Override | None) -> Hours | None:
    """An override that gives both times stands by itself, even beyond the calendar's last row."""
    try:
        return calendar.hours(day)
    except MarketDataUnavailable:
        if override is not None and override.opens_at and override.closes_at:
            return None
        raise


def exchange_calendar(product: Product) -> Calendar:
    """The calendar of rows that a product follows; crypto never closes."""
    if product is Product.CRYPTO:
        return always_open("crypto")
    late = product in (Product.ETF_OPTION, Product.INDEX_OPTION)
    return _from_rows((TradingSession.Calendar.LATE_OPTIONS if late else TradingSession.Calendar.XNYS).value)


@cache
def _from_rows(name: str) -> Calendar:
    return Calendar(name, NEW_YORK, lambda day: _hours_from_rows(name, day))


@cache
def always_open(name: str, note: str = "") -> Calendar:
    """Every day from midnight to midnight UTC."""

    def hours(day: date) -> Hours:
        opens_at = datetime.combine(day, time(), UTC)
        return Hours(opens_at, opens_at + timedelta(days=1), note)

    return Calendar(name, UTC_ZONE, hours)


def _hours_from_rows(name: str, day: date) -> Hours | None:
    rows, reach = _month(name, day)
    if day in rows:
        return rows[day]
    if reach is None or not reach[0] <= day <= reach[1]:
        raise MarketDataUnavailable("calendar_missing", f"{name} has no rows for {day}: run manage.py seed")
    return None


def _month(name: str, day: date) -> tuple[Mapping[date, Hours], _Reach]:
    """Rows of the month around a day, and the first and last day that the calendar reaches."""
    key = (name, day.year, day.month)
    kept = _kept.get(key)
    if kept is not None and monotonic() - kept[0] < _ROWS_KEPT_S:
        return kept[1], kept[2]
    rows = TradingSession.objects.filter(calendar=name, date__year=day.year, date__month=day.month)
    month = {row.date: Hours(row.opens_at, row.closes_at, row.note) for row in rows}
    ends = TradingSession.objects.filter(calendar=name).aggregate(first=Min("date"), last=Max("date"))
    reach = None if ends["first"] is None else (ends["first"], ends["last"])
    if reach is not None and day <= reach[1]:  # an empty answer is asked again: rows may be seeded any moment
        _kept[key] = (monotonic(), month, reach)
    return month, reach


def forget() -> None:
    """Drop the rows kept by this process: after seeding, and between tests."""
    _kept.clear()


def seed_sessions(start: date = FIRST_DAY, end: date | None = None, *, today: date) -> int:
    """Write the sessions of both calendars from start to end (one year ahead); rows that exist stay. Returns new ones.

    Imports exchange_calendars, and pandas with it: for commands, never for a web or worker process.
    """
    last = end or today + timedelta(days=365)
    before = TradingSession.objects.count()
    TradingSession.objects.bulk_create(_from_library(start, last), ignore_conflicts=True, batch_size=2_000)
    forget()
    return TradingSession.objects.count() - before


def _from_library(start: date, end: date) -> Iterator[TradingSession]:
    import exchange_calendars

    calendar = exchange_calendars.get_calendar("XNYS", start=start.isoformat(), end=end.isoformat())
    early = {stamp.date() for stamp in calendar.early_closes}
    for stamp, row in calendar.schedule.iterrows():
        day, opens_at, closes_at = stamp.date(), row["open"].to_pydatetime(), row["close"].to_pydatetime()
        for name, extra in _EXTRA.items():
            closing = closes_at + extra
            note = f"early close at {closing.astimezone(NEW_YORK):%H:%M} New York" if day in early else ""
            yield TradingSession(
                calendar=name, date=day, opens_at=opens_at, closes_at=closing, early_close=day in early, note=note
            )
